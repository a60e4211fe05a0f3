import Estimation
import Glibc
import Grid
import PluginAPI

/// Makes the account of a grid out of the voltages of its conductors.
///
/// What a node or branch says as a whole is of its worst phase: the voltage farthest from nominal, the highest loading, the least certain
/// source of knowledge. An operator who looks at one number must not miss the phase that is in trouble. Powers are sums, the angle is that
/// of the positive sequence.
struct PhaseStateBuilder {
    let grid: FollowedGrid
    let assembly: UnbalancedAssembly
    let settings: EstimationSettings
    /// Per unit, by conductor.
    let voltages: [Complex]

    private var model: UnbalancedGrid { assembly.grid }

    /// Angles are told against the source's.
    private var reference: Complex {
        guard let source = model.sources.first else { return .one }
        return Complex(magnitude: 1, angle: voltages[Int(source.conductor)].angle - source.voltage.angle)
    }

    func fill(_ state: inout GridState, estimate: Estimate?) {
        let flows = PhaseFlows(assembly, voltages: voltages, isKnown: estimate?.grades.map { $0 != .notEstimable })
        let reference = reference
        state.revision = grid.revision
        state.nodes = grid.drawn.nodes.map { node($0, flows, estimate, reference) }
        state.branches = grid.drawn.branches.map { branch($0, flows) }
        state.lossesWatts = flows.losses.real * model.basePowerVA
        state.violations = violations(&state)
    }

    private func node(_ drawn: DrawnGrid.Node, _ flows: PhaseFlows, _ estimate: Estimate?, _ reference: Complex) -> GridState.Node {
        var node = GridState.Node()
        let conductors = assembly.conductors(atNode: drawn.node)
        guard !conductors.isEmpty else { return node }
        node.isEnergised = true
        node.phases = conductors.map { phase($0.conductor, $0.phase, flows, estimate, reference) }
        node.source = node.phases.map(\.source).max { $0.doubt < $1.doubt } ?? .notEstimable
        let known = node.phases.filter { $0.source != .notEstimable }
        guard let worst = known.max(by: { abs($0.perUnit - 1) < abs($1.perUnit - 1) }) else { return node }
        node.shownPhase = worst.name
        node.perUnit = worst.perUnit
        node.volts = worst.volts * 3.0.squareRoot()
        node.sigmaVolts = worst.sigmaVolts * 3.0.squareRoot()
        node.power = node.phases.reduce(.zero) { $0 + $1.power }
        let turned = zip(conductors, node.phases).map { pair, known in
            Complex(magnitude: known.perUnit, angle: known.angleRadians + ChannelPhase(pair.phase).lag)
        }
        node.angleRadians = turned.filter(\.isFinite).reduce(.zero, +).angle
        if known.count == 3, conductors.allSatisfy({ $0.phase.rawValue <= Phase.c.rawValue }) {
            node.unbalancePercent = Self.unbalance(turned)
        }
        return node
    }

    private func phase(
        _ conductor: Int, _ phase: Phase, _ flows: PhaseFlows, _ estimate: Estimate?, _ reference: Complex
    ) -> GridState.NodePhase {
        var result = GridState.NodePhase(name: phase.name)
        if let estimate {
            result.source = GridState.Source(estimate.grades[conductor])
            guard result.source != .notEstimable else { return result }
            result.sigmaVolts = estimate.magnitudeSigmas[conductor] * model.nominalVolts[conductor]
        } else {
            result.source = .computed
        }
        result.perUnit = voltages[conductor].magnitude
        result.volts = result.perUnit * model.nominalVolts[conductor]
        result.angleRadians = (voltages[conductor] / reference).angle
        result.power = flows.injections[conductor] * model.basePowerVA
        return result
    }

    /// The negative sequence in per cent of the positive (IEC 61000-4-30, section 5.7) of voltages that were turned by their phases' lag:
    /// they would be alike in a symmetrical system.
    private static func unbalance(_ turned: [Complex]) -> Double {
        let positive = turned.reduce(.zero, +)
        let negative = turned.enumerated().reduce(Complex.zero) {
            // By the lag once more: a²·V for B, a·V for C.
            $0 + $1.element * Complex(magnitude: 1, angle: [ChannelPhase.a, .b, .c][$1.offset].lag)
        }
        return 100 * negative.magnitude / positive.magnitude
    }

    private func branch(_ drawn: DrawnGrid.Branch, _ flows: PhaseFlows) -> GridState.Branch {
        var branch = GridState.Branch()
        let ends = [drawn.fromEnd, drawn.toEnd].map { end in
            assembly.allConductorEnds(of: end, grid.index).map { self.end($0, flows) }
        }
        guard !ends[0].isEmpty, !ends[1].isEmpty else { return branch }
        branch.isEnergised = true
        guard ends.joined().allSatisfy({ $0.power.isFinite }) else { return branch }
        branch.phases = Phase.allCases.compactMap { phase in
            let here = ends.map { $0.filter { $0.phase == phase } }
            return here.allSatisfy(\.isEmpty) ? nil : Self.phase(phase, here[0], here[1])
        }
        func sum(_ end: [End]) -> Complex { end.reduce(.zero) { $0 + $1.power } }
        (branch.fromPower, branch.toPower) = (sum(ends[0]), sum(ends[1]))
        branch.fromAmperes = ends[0].map(\.current.magnitude).max() ?? .nan
        branch.toAmperes = ends[1].map(\.current.magnitude).max() ?? .nan
        branch.amperes = branch.phases.map(\.amperes).max() ?? .nan
        branch.loadingPercent = branch.phases.compactMap(\.loadingPercent).max()
        branch.ratedAmperes = ends[0].map(\.rating).filter(\.isFinite).max()
        let isWhole = drawn.fromEnd.equipment.kind != .transformer
            || grid.network.transformers[drawn.fromEnd.equipment.index].windings.count == 2
        branch.lossesWatts = isWhole ? (branch.fromPower + branch.toPower).real : nil
        return branch
    }

    private struct End {
        let phase: Phase
        let power: Complex
        let current: Complex
        let rating: Double
    }

    private func end(_ place: UnbalancedAssembly.ConductorEnd, _ flows: PhaseFlows) -> End {
        let element = Int(place.element)
        let terminal = place.offset + (place.isFirst ? 0 : model.elements[element].firstEndCount)
        let rating = assembly.index.ratings[element]
        return End(
            phase: place.phase, power: flows.powers[element][terminal] * model.basePowerVA,
            current: flows.currents[element][terminal] * (model.basePowerVA / model.nominalVolts[place.conductor]),
            rating: place.isFirst ? rating.first : rating.second)
    }

    /// Several tanks may share a conductor: their currents add up.
    private static func phase(_ phase: Phase, _ from: [End], _ to: [End]) -> GridState.BranchPhase {
        var result = GridState.BranchPhase(name: phase.name)
        let currents = [from, to].filter { !$0.isEmpty }.map { $0.reduce(Complex.zero) { $0 + $1.current }.magnitude }
        result.amperes = currents.max() ?? .nan
        if !from.isEmpty {
            result.fromPower = from.reduce(.zero) { $0 + $1.power }
            result.fromAmperes = currents[0]
        }
        if !to.isEmpty { result.toPower = to.reduce(.zero) { $0 + $1.power } }
        result.loadingPercent = (from + to).filter(\.rating.isFinite).map { 100 * $0.current.magnitude / $0.rating }.max()
        return result
    }
}

extension GridState.Source {
    /// What is known worse is larger.
    fileprivate var doubt: Int {
        switch self {
        case .computed, .measured: 0
        case .estimated: 1
        case .pseudoOnly: 2
        case .notEstimable: 3
        }
    }
}
