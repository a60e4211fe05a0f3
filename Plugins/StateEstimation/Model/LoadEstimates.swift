import Estimation
import Grid

/// What an estimate says of the loads, of what nobody measures too: their part of what their nodes draw.
struct LoadEstimates {
    /// A part of an injection before the estimate, fed in, per unit.
    struct Part {
        let isLoad: Bool
        /// In `Network.loads` or `Network.generators`.
        let position: Int
        var value: Double
        var variance: Double
        var isMetered: Bool
    }

    /// Watt and var, drawn, with standard deviations; by position in `Network.loads`, nil where a load is not in operation.
    private(set) var loads: [GridState.Load?]

    init(_ network: Network) { loads = Array(repeating: nil, count: network.loads.count) }

    /// Divides what an injection is estimated at among its parts: each bears of the difference what it is uncertain by, of all of them.
    ///
    /// With the sum's prior variance R = Σ sᵢ² and its estimate S ± √V, part i is at mᵢ + sᵢ²/R·(S − Σm) with the variance
    /// sᵢ² − sᵢ⁴/R + (sᵢ²/R)²·V: the posterior of independent parts given their sum.
    mutating func add(_ parts: [Part], isReactive: Bool, sum: Double, sigma: Double, basePowerVA: Double, _ supposed: [SupposedPowers.Supposition]) {
        let prior = parts.reduce(0) { $0 + $1.variance }
        guard prior > 0, sigma.isFinite, sum.isFinite else { return }
        let difference = sum - parts.reduce(0) { $0 + $1.value }
        for part in parts where part.isLoad {
            let share = part.variance / prior
            let value = part.value + share * difference
            let variance = max(0, part.variance * (1 - share) + share * share * sigma * sigma)
            var load = loads[part.position] ?? GridState.Load(basis: supposed[part.position].basis.rawValue, readingSeconds: supposed[part.position].seconds)
            load.add(-value * basePowerVA, variance: variance * basePowerVA * basePowerVA, isReactive: isReactive)
            if part.isMetered, !isReactive { (load.basis, load.readingSeconds) = (GridState.Load.metered, nil) }
            loads[part.position] = load
        }
    }
}

extension GridState.Load {
    static let metered = "metered"

    /// Adds a phase's part.
    fileprivate mutating func add(_ value: Double, variance: Double, isReactive: Bool) {
        if isReactive {
            power.imaginary += value
            reactiveSigma = (reactiveSigma * reactiveSigma + variance).squareRoot()
        } else {
            power.real += value
            activeSigma = (activeSigma * activeSigma + variance).squareRoot()
        }
    }
}

extension LiveEstimate {
    /// Puts loads with their uncertainty into the state, and that of the flows.
    func addAccuracy(_ next: inout GridState, _ grid: FollowedGrid, _ board: ChannelBoard, _ now: Double, _ estimate: Estimate) throws(EstimationError) {
        guard let current else { return }
        let estimator = current.estimator
        let injections = current.injections
        let ends = grid.threePhase == nil ? grid.drawn.branches.map { [$0.fromEnd, $0.toEnd].compactMap { grid.place(of: $0) } } : []
        let flows = try estimator.flowSigmas(at: ends.flatMap { $0 }, injectionsAt: injections.map(\.node))
        var loads = LoadEstimates(grid.network)
        for (injection, sigmas) in zip(injections, flows.injections) {
            loads.add(
                current.parts(injection.terms, injection.isReactive, board, now), isReactive: injection.isReactive,
                sum: estimator.measurement(injection.measurement).value - estimate.residuals[injection.measurement],
                sigma: injection.isReactive ? sigmas.reactive : sigmas.active, basePowerVA: current.basePowerVA, board.supposed.loads)
        }
        next.loads = loads.loads
        var index = 0
        for (position, places) in ends.enumerated() {
            defer { index += places.count }
            guard places.count == 2 else { continue }
            next.branches[position].take(flows.ends[index], flows.ends[index + 1], grid.amperesPerUnit(at: places))
        }
    }
}

extension FollowedGrid {
    /// The place of an end of a line or transformer in the estimator's model; nil where it is not in operation.
    fileprivate func place(of end: EquipmentEnd) -> Place? {
        assembly.index.branch(at: end).map { .branch($0.branch, $0.isFirstEnd ? .first : .second) }
    }

    fileprivate func amperesPerUnit(at places: [Place]) -> [(amperes: Double, voltAmperes: Double)] {
        places.map { place in
            guard case .branch(let branch, let end, _) = place else { return (.nan, .nan) }
            let port = assembly.grid.branches[Int(branch)]
            let volts = assembly.grid.nominalVolts[Int(end == .first ? port.from : port.to)]
            return (assembly.grid.basePowerVA / (3.0.squareRoot() * volts), assembly.grid.basePowerVA)
        }
    }
}

extension GridState.Branch {
    fileprivate mutating func take(_ from: FlowSigmas, _ to: FlowSigmas, _ scales: [(amperes: Double, voltAmperes: Double)]) {
        guard amperes.isFinite else { return }
        fromSigma = Complex(from.active * scales[0].voltAmperes, from.reactive * scales[0].voltAmperes)
        toSigma = Complex(to.active * scales[1].voltAmperes, to.reactive * scales[1].voltAmperes)
        // Of the end that carries more, which is the one that is told.
        sigmaAmperes = fromAmperes >= toAmperes ? from.current * scales[0].amperes : to.current * scales[1].amperes
    }
}
