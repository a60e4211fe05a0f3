import Estimation
import Grid

/// What is connected at a node of the calculation model, and who measures it.
struct InjectionTerms {
    var loads: [Int] = []
    var generators: [Int] = []
    /// Whether the grid beyond feeds in here.
    var hasExternalGrid = false

    var isEmpty: Bool { loads.isEmpty && generators.isEmpty && !hasExternalGrid }

    /// The terms of each node.
    static func all(_ grid: FollowedGrid) -> [InjectionTerms] {
        var terms = [InjectionTerms](repeating: InjectionTerms(), count: grid.assembly.grid.nodeCount)
        for (position, load) in grid.network.loads.enumerated() {
            if let node = grid.assembly.index.node(of: load.terminal) { terms[node].loads.append(position) }
        }
        for (position, generator) in grid.network.generators.enumerated() {
            if let node = grid.assembly.index.node(of: generator.terminal) { terms[node].generators.append(position) }
        }
        for external in grid.network.externalGrids {
            if let node = grid.assembly.index.node(of: external.terminal) { terms[node].hasExternalGrid = true }
        }
        return terms
    }
}
