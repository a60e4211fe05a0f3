/// Why a grid or its injections can't be calculated at all. What does not converge is no error but a ``PowerFlowReport``.
public struct PowerFlowError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: Hashable, Sendable {
        case invalidGrid
        case invalidInjections
        case unsourcedIsland
        case floatingNode
    }

    let code: Code
    /// One sentence.
    public let description: String
    /// The node (or conductor) that it is about, where it is about one.
    public let node: Int?

    static func invalidGrid(_ reason: String, node: Int? = nil) -> PowerFlowError {
        PowerFlowError(code: .invalidGrid, description: "the grid can't be calculated: \(reason)", node: node)
    }

    static func invalidInjections(_ reason: String, node: Int? = nil) -> PowerFlowError {
        PowerFlowError(code: .invalidInjections, description: "the injections do not fit the grid: \(reason)", node: node)
    }

    static func unsourcedIsland(node: Int) -> PowerFlowError {
        PowerFlowError(
            code: .unsourcedIsland, description: "node \(node) is in an island without a source: leave it out or give it a source", node: node)
    }

    static func floatingNode(_ node: Int) -> PowerFlowError {
        PowerFlowError(
            code: .floatingNode, description: "node \(node) has no admittance to the rest of its island: look for a branch of zero admittance",
            node: node)
    }
}
