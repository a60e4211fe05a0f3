import Grid

/// Whether the phases are calculated each for itself.
enum Calculation: String, CaseIterable {
    /// One phase stands for three: for grids that are built and loaded symmetrically.
    case positiveSequence = "positive-sequence"
    case threePhase = "three-phase"

    /// What a grid model asks for, and why: three phases where something in it tells them apart.
    static func suitable(for network: Network) -> (Calculation, reason: String) {
        if let line = network.lines.first(where: { $0.hasPhases }) { return (.threePhase, "line '\(line.identity.name)' is given phase by phase") }
        if let unit = network.transformers.first(where: { $0.isSinglePhase }) {
            return (.threePhase, "transformer '\(unit.identity.name)' has a single phase")
        }
        if let load = network.loads.first(where: { !$0.phases.isEmpty }) {
            return (.threePhase, "load '\(load.identity.name)' is given phase by phase")
        }
        return (.positiveSequence, "nothing in the grid model tells the phases apart")
    }
}

extension Line {
    fileprivate var hasPhases: Bool {
        if case .phases = parameters { return true }
        return from.phases.withoutNeutral != .abc
    }
}
