import Estimation
import Grid
import PluginAPI

/// Estimates the followed grid frame after frame, and keeps the last state while none succeeds.
final class LiveEstimate {
    private let settings: EstimationSettings
    private(set) var current: EstimationCase?
    private(set) var state: GridState
    /// With statistics, of the last frame that succeeded.
    private(set) var estimate: Estimate?
    private(set) var frames: UInt64 = 0
    private(set) var failures: UInt64 = 0
    /// The state of the last frame that succeeded, with the uncertainty that it had then.
    private var lastGood: GridState?
    private var switchTest: SwitchTest

    init(_ settings: EstimationSettings) {
        self.settings = settings
        switchTest = SwitchTest(settings)
        state = GridState(time: Timestamp(nanoseconds: 0), status: .waiting, detail: "no estimate yet")
    }

    /// The estimator of the last frame, for questions about it.
    var estimator: Estimator? { current?.estimator }

    /// A sentence on what a measurement of the estimator is.
    func describe(measurement index: Int, _ board: ChannelBoard, _ grid: FollowedGrid) -> String {
        guard let current, current.origins.indices.contains(index) else { return "measurement \(index)" }
        switch current.origins[index] {
        case .channel(let channel, let phase, _), .angle(let channel, let phase):
            return "\(board.channels[channel].kind.measurand) of \(board.channels[channel].label)\(phase.suffix)"
        case .phasor(let channels):
            let quantity = board.channels[channels.magnitude].kind == .voltageMagnitude ? "voltage" : "current"
            return "\(channels.isImaginary ? "imaginary" : "real") part of the \(quantity) phasor of "
                + "\(board.channels[channels.magnitude].label)\(channels.phase.suffix)"
        case .sourceVoltage: return "voltage of the external grid"
        case .injection(let terms, let isReactive):
            let names = terms.loads.map { grid.network.loads[$0].identity.name } + terms.generators.map { grid.network.generators[$0].identity.name }
            return "\(isReactive ? "reactivepower" : "activepower") of \(names.joined(separator: ", "))\(terms.phase.suffix)"
        }
    }

    /// Makes the estimate of now.
    func update(_ grid: FollowedGrid, _ board: ChannelBoard, now: Timestamp) {
        frames += 1
        let seconds = Double(now.nanoseconds) / 1e9
        do throws(EstimationError) {
            let current = try currentCase(grid, board, seconds)
            current.follow(grid)
            let metered = current.apply(board, now: seconds, changed: grid.changedSeconds, stepped: grid.steppedSeconds)
            let estimate = try self.estimate(current, board, grid, seconds)
            self.estimate = estimate
            var next = GridState(time: now, status: .converged)
            next.meteredValues = metered
            next.suspects = current.suspects
            next.iterations = estimate.outcome.iterations
            next.objective = estimate.objective
            next.chiSquare95 = estimate.chiSquare95
            StateBuilder(grid: grid, settings: settings, voltages: estimate.voltages).fill(&next, estimate: estimate)
            addMeasured(&next, grid, board, seconds, estimate)
            try addAccuracy(&next, grid, board, seconds, estimate)
            switchTest.note(
                estimate, leftOut: current.leftOutCount, grid, board, active: current.active, scores: grid.threePhase == nil ? misfits(estimate) : [], now: seconds)
            next.switchSuspicions = switchTest.suspicions
            judge(&next, estimate)
            (state, lastGood) = (next, next)
        } catch {
            failures += 1
            fail(error.description, now: now)
        }
    }

    private func currentCase(_ grid: FollowedGrid, _ board: ChannelBoard, _ now: Double) throws(EstimationError) -> EstimationCase {
        let order = PhaseOrder(board, grid, now: now)
        let active = board.active(now: now).subtracting(order.channels)
        if let current, current.revision == grid.revision, current.channelCount == board.channels.count, current.active == active,
            current.order.channels == order.channels
        {
            return current
        }
        let fresh = try EstimationCase(grid, board, active: active, order: order, settings)
        if let current, estimate != nil, state.status == .converged { fresh.begin(at: current) }
        current = fresh
        return fresh
    }

    /// The estimate, without gross errors where the objective says that there are some. What is found wrong stays out for a while, so that
    /// a lasting error does not cost a search in every frame.
    private func estimate(
        _ current: EstimationCase, _ board: ChannelBoard, _ grid: FollowedGrid, _ now: Double
    ) throws(EstimationError) -> Estimate {
        if let loss = settings.robustLoss { return try robustEstimate(loss, current, board, grid) }
        let first = try current.estimator.estimateWithStatistics()
        guard let threshold = settings.badDataThreshold, first.objective > first.chiSquare95, (first.largestResidual?.value ?? 0) > threshold
        else { return first }
        var options = BadDataOptions()
        options.threshold = threshold
        options.pseudoLead = 0.8
        do throws(EstimationError) {
            let report = try current.estimator.estimateWithoutBadData(options)
            for removal in report.removals {
                let reason = removal.suspicion.map { "; \(sentence(of: $0, for: removal.measurement, grid))" } ?? ""
                current.leaveOut(
                    removal.measurement, until: now + Self.leftOutSeconds,
                    "\(describe(measurement: removal.measurement, board, grid)) does not fit the rest "
                        + "(normalised residual \(rounded(removal.normalizedResidual, 1)), left out\(reason))")
            }
            return report.estimate
        } catch {
            // The search failed, the estimate with all measurements did not.
            current.estimator.restart()
            return first
        }
    }

    private static let leftOutSeconds = 30.0

    /// An estimate that gross errors hardly pull at: nothing is taken out, what has lost most of its weight is told.
    private func robustEstimate(
        _ loss: RobustLoss, _ current: EstimationCase, _ board: ChannelBoard, _ grid: FollowedGrid
    ) throws(EstimationError) -> Estimate {
        let robust = try current.estimator.estimateRobustly(loss, withStatistics: true)
        let doubted = robust.trust.indices.filter { robust.trust[$0] < Self.leastTrust(loss) && current.estimator.measurement($0).sigma.isFinite }
        current.doubts = doubted.map { index in
            let deviations = abs(robust.residuals[index]) / current.estimator.measurement(index).sigma
            return "\(describe(measurement: index, board, grid)) does not fit the rest (\(rounded(deviations, 1)) standard deviations off, "
                + "its weight is \(rounded(100 * robust.trust[index], 0)) % of what it was)"
        }
        guard let account = robust.account else { throw EstimationError("the robust estimate has no account of its state") }
        return account
    }

    /// The weight below which a measurement is told: at six standard deviations, for either loss.
    private static func leastTrust(_ loss: RobustLoss) -> Double {
        if case .huber(let threshold) = loss { return threshold / 6 }
        return 1.0 / 6
    }

    /// The state of before stays, says since when, and is trusted less as it ages.
    private func fail(_ reason: String, now: Timestamp) {
        guard let lastGood else {
            state.status = .notConverged
            state.detail = reason
            return
        }
        state = lastGood.aged(to: now)
        state.detail = "no estimate since \(lastGood.time): \(reason)"
    }

    private func judge(_ next: inout GridState, _ estimate: Estimate) {
        let unknown = next.nodes.filter { $0.isEnergised && $0.source == .notEstimable }.count
        if unknown > 0 {
            next.status = .partlyObservable
            next.detail = "\(unknown) of \(next.nodes.count) nodes can't be estimated: see observability"
        } else if let first = next.switchSuspicions.first {
            next.detail = first
        } else if !next.suspects.isEmpty {
            next.detail = next.suspects.count == 1 ? next.suspects[0] : "\(next.suspects.count) measurements do not fit and are left out"
        } else if next.meteredValues == 0 {
            next.detail = "no device reports: all of it comes from \(next.pseudoBases)"
        } else if estimate.objective > estimate.chiSquare99, estimate.degreesOfFreedom > 0 {
            next.detail = "the measurements contradict one another or the grid model: objective \(rounded(estimate.objective, 0)), "
                + "expected below \(rounded(estimate.chiSquare99, 0))"
        }
    }

    /// Puts the voltage that devices measure beside the estimated one.
    private func addMeasured(_ next: inout GridState, _ grid: FollowedGrid, _ board: ChannelBoard, _ now: Double, _ estimate: Estimate) {
        guard let current else { return }
        guard grid.threePhase == nil else { return addMeasuredPhases(&next, grid, board, now, estimate) }
        var byNode: [Int: (volts: Double, sigma: Double, residual: Double?)] = [:]
        for (index, origin) in current.origins.enumerated() {
            guard case .channel(let channel, _, _) = origin, board.channels[channel].kind == .voltageMagnitude,
                case .node(let node) = current.estimator.model.measurements[index].place, let value = board.value(of: channel, now: now),
                value.sigma < byNode[Int(node)]?.sigma ?? .infinity
            else { continue }
            let residual = estimate.normalizedResiduals[index]
            byNode[Int(node)] = (value.value * 3.0.squareRoot(), value.sigma, residual.isFinite ? residual : nil)
        }
        for (position, drawn) in grid.drawn.nodes.enumerated() {
            guard let node = grid.node(drawn.node), let measured = byNode[node] else { continue }
            next.nodes[position].measuredVolts = measured.volts
            next.nodes[position].residual = measured.residual
        }
    }
}
