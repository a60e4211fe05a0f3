/// Why there is no plan.
public struct BalancingError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: Hashable, Sendable { case invalid, noPlan, solver }

    let code: Code
    /// One sentence.
    public let description: String

    static func invalid(_ sentence: String) -> BalancingError { BalancingError(code: .invalid, description: sentence) }

    static func noPlan(_ status: String, seconds: Double) -> BalancingError {
        BalancingError(code: .noPlan, description: "no plan was found within \(PlainNumber.text(seconds)) s (\(status)): allow more time, or fewer steps")
    }

    static func solver(_ reason: String) -> BalancingError { BalancingError(code: .solver, description: reason) }

    /// Whether the problem itself makes no sense, so that trying again changes nothing.
    public var isInvalidProblem: Bool { code == .invalid }
}
