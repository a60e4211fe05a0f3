import Estimation
import Grid

/// What is connected at a node of the calculation model, or at a conductor of it, and who measures it.
struct InjectionTerms {
    /// Positions in the network.
    var loads: [Int] = []
    var generators: [Int] = []
    /// Of the power of each of `loads`, of each of `generators`, the part that is drawn or fed in here.
    var loadShares: [Complex] = []
    var generatorShares: [Complex] = []
    /// Of a conductor its phase.
    var phase = ChannelPhase.all
    /// Whether the grid beyond feeds in here.
    var hasExternalGrid = false
    /// Channels of the whole injection, where they may come and go.
    var activeMeters: [Int] = []
    var reactiveMeters: [Int] = []

    var isEmpty: Bool { loads.isEmpty && generators.isEmpty && !hasExternalGrid }

    func meters(_ isReactive: Bool) -> [Int] { isReactive ? reactiveMeters : activeMeters }

    mutating func add(load position: Int, share: Complex) {
        loads.append(position)
        loadShares.append(share)
    }

    mutating func add(generator position: Int, share: Complex) {
        generators.append(position)
        generatorShares.append(share)
    }

    /// The terms of each node of the positive sequence.
    static func all(_ grid: FollowedGrid) -> [InjectionTerms] {
        var terms = [InjectionTerms](repeating: InjectionTerms(), count: grid.assembly.grid.nodeCount)
        for (position, load) in grid.network.loads.enumerated() {
            if let node = grid.assembly.index.node(of: load.terminal) { terms[node].add(load: position, share: .one) }
        }
        for (position, generator) in grid.network.generators.enumerated() {
            if let node = grid.assembly.index.node(of: generator.terminal) { terms[node].add(generator: position, share: .one) }
        }
        for external in grid.network.externalGrids {
            if let node = grid.assembly.index.node(of: external.terminal) { terms[node].hasExternalGrid = true }
        }
        return terms
    }
}
