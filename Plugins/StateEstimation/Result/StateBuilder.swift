import Estimation
import Grid
import PluginAPI

/// Makes the account of a grid out of the voltages of its calculation model.
struct StateBuilder {
    let grid: FollowedGrid
    let settings: EstimationSettings
    /// Per unit, by node of the calculation model.
    let voltages: [Complex]

    private var model: BalancedGrid { grid.assembly.grid }

    /// Angles are told against the source's.
    private var reference: Complex {
        guard let source = model.sources.first else { return .one }
        return Complex(magnitude: 1, angle: voltages[Int(source.node)].angle - source.voltage.angle)
    }

    /// Fills nodes, branches, losses and violations.
    func fill(_ state: inout GridState, estimate: Estimate? = nil) {
        if let threePhase = grid.threePhase {
            state.calculation = .threePhase
            return PhaseStateBuilder(grid: grid, assembly: threePhase, settings: settings, voltages: voltages).fill(&state, estimate: estimate)
        }
        let flows = BranchFlows(model, voltages: voltages, isKnown: estimate?.grades.map { $0 != .notEstimable })
        state.revision = grid.revision
        state.nodes = grid.drawn.nodes.map { node($0, flows, estimate) }
        state.branches = grid.drawn.branches.map { branch($0, flows) }
        state.lossesWatts = flows.losses.real * model.basePowerVA
        state.violations = violations(&state)
    }

    private func node(_ drawn: DrawnGrid.Node, _ flows: BranchFlows, _ estimate: Estimate?) -> GridState.Node {
        var node = GridState.Node()
        guard let position = grid.node(drawn.node) else { return node }
        node.isEnergised = true
        if let estimate {
            node.source = GridState.Source(estimate.grades[position])
            guard node.source != .notEstimable else { return node }
            node.sigmaVolts = estimate.magnitudeSigmas[position] * model.nominalVolts[position]
        } else {
            node.source = .computed
        }
        node.perUnit = voltages[position].magnitude
        node.volts = node.perUnit * model.nominalVolts[position]
        node.angleRadians = (voltages[position] / reference).angle
        node.power = flows.injections[position] * model.basePowerVA
        return node
    }

    private func branch(_ drawn: DrawnGrid.Branch, _ flows: BranchFlows) -> GridState.Branch {
        var branch = GridState.Branch()
        guard let from = end(drawn.fromEnd, flows), let to = end(drawn.toEnd, flows) else { return branch }
        branch.isEnergised = true
        guard from.power.isFinite, to.power.isFinite else { return branch }
        branch.lossesWatts = from.branch == to.branch ? (from.power + to.power).real : nil
        (branch.fromPower, branch.fromAmperes) = (from.power, from.amperes)
        (branch.toPower, branch.toAmperes) = (to.power, to.amperes)
        branch.amperes = max(from.amperes, to.amperes)
        let loadings = [from, to].compactMap { end in end.rating.isFinite ? end.amperes / end.rating : nil }
        branch.loadingPercent = loadings.max().map { 100 * $0 }
        branch.ratedAmperes = from.rating.isFinite ? from.rating : nil
        return branch
    }

    private func end(_ end: EquipmentEnd, _ flows: BranchFlows) -> (branch: Int32, power: Complex, amperes: Double, rating: Double)? {
        guard let (branch, isFirst) = grid.assembly.index.branch(at: end) else { return nil }
        let flow = flows.branches[Int(branch)]
        let node = Int(isFirst ? model.branches[Int(branch)].from : model.branches[Int(branch)].to)
        let base = model.basePowerVA / (3.0.squareRoot() * model.nominalVolts[node])
        let rating = grid.assembly.index.ratings[Int(branch)]
        return (
            branch, (isFirst ? flow.fromPower : flow.toPower) * model.basePowerVA, (isFirst ? flow.fromCurrent : flow.toCurrent).magnitude * base,
            isFirst ? rating.first : rating.second
        )
    }

    private func violations(_ state: inout GridState) -> [GridState.Violation] {
        var violations: [GridState.Violation] = []
        for index in state.nodes.indices where state.nodes[index].perUnit.isFinite {
            guard let side = side(state.nodes[index].perUnit) else { continue }
            state.nodes[index].violation = side
            violations.append(voltageViolation(grid.drawn.nodes[index], state.nodes[index], side))
        }
        for (drawn, branch) in zip(grid.drawn.branches, state.branches) {
            guard let loading = branch.loadingPercent, loading > settings.limits.warningLoading else { continue }
            let isOver = loading > settings.limits.loading
            let sentence =
                "\(drawn.identity.name) carries \(rounded(branch.amperes, 1)) A, \(rounded(loading, 0)) % of its rating"
                + (isOver ? "" : " (told from \(rounded(settings.limits.warningLoading, 0)) %)")
            violations.append(GridState.Violation(severity: isOver ? .error : .warning, mRID: drawn.identity.mRID, sentence: sentence))
        }
        return violations
    }

    private func side(_ perUnit: Double) -> String? {
        if perUnit < settings.limits.voltageBand.lowerBound { return "low" }
        return perUnit > settings.limits.voltageBand.upperBound ? "high" : nil
    }

    private func voltageViolation(_ drawn: DrawnGrid.Node, _ node: GridState.Node, _ side: String) -> GridState.Violation {
        let band = settings.limits.voltageBand
        let limit = side == "low" ? "below \(band.lowerBound)" : "above \(band.upperBound)"
        let doubt = node.sigmaVolts.isFinite ? " ± \(rounded(node.sigmaVolts / 1_000, 3))" : ""
        return GridState.Violation(
            severity: .error, mRID: drawn.identity.mRID,
            sentence: "\(drawn.identity.name) has \(rounded(node.volts / 1_000, 3))\(doubt) kV, \(rounded(node.perUnit, 3)) pu, \(limit)")
    }
}

/// A number for a sentence.
func rounded(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (value * scale).rounded() / scale
    return digits == 0 && abs(scaled) < 1e15 ? String(Int(scaled)) : String(scaled)
}
