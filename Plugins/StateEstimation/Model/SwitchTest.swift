import Estimation
import Grid
import LiveGrid

/// Tries whether a switch that is not where it is said to be explains measurements that contradict the grid.
///
/// Every hypothesis is an estimate of the grid with one switch thrown, from the same measurements: which makes the objective one that a
/// correct grid would have, and leaves no dead part in which something is measured, is told by name.
struct SwitchTest {
    /// How well the grid explains the measurements with one switch thrown, or as it is.
    struct Verdict {
        /// Position in `Network.switches`; nil: as it is.
        let position: Int?
        /// Not a number where there is no estimate.
        let objective: Double
        let degreesOfFreedom: Int
        /// Why it can't be so; empty where it may.
        var contradiction = ""

        /// The probability that a correct grid gives so large an objective.
        var plausibility: Double {
            guard objective.isFinite, contradiction.isEmpty else { return 0 }
            return degreesOfFreedom > 0 ? 1 - ChiSquare.probability(below: objective, degrees: degreesOfFreedom) : 0
        }
    }

    private(set) var suspicions: [String] = []
    private let settings: EstimationSettings
    private var misfits = 0
    private var tested = -Double.infinity

    /// Seconds until the next test: a test costs an estimate a switch, and what explains nothing now may when more devices have reported.
    private var wait = Self.leastWait

    /// Frames in a row that must not fit.
    private static let patience = 2
    private static let leastWait = 5.0
    private static let mostWait = 300.0
    /// Nodes times hypotheses of a test within a frame.
    private static let budget = 60_000
    /// Below the first the grid as it is can't be right, above the second another may be.
    private static let implausible = 1e-4
    private static let plausible = 0.01

    init(_ settings: EstimationSettings) { self.settings = settings }

    /// Takes the outcome of a frame, and tests where several measurements in a row of frames do not fit.
    /// - Parameter leftOut: measurements that a search for gross errors took out.
    mutating func note(
        _ estimate: Estimate, leftOut: Int, _ grid: FollowedGrid, _ board: ChannelBoard, active: Set<Int>, scores: [Double], now: Double
    ) {
        guard settings.suspectsSwitches else { return }
        let isMisfit = leftOut >= 2 || (estimate.degreesOfFreedom > 0 && estimate.objective > 2 * estimate.chiSquare99)
        misfits = isMisfit ? misfits + 1 : 0
        if misfits == 0 { (suspicions, wait) = ([], Self.leastWait) }
        guard misfits >= Self.patience, now - tested >= wait || now < tested else { return }
        tested = now
        wait = min(2 * wait, Self.mostWait)
        let count = max(1, Self.budget / max(1, grid.assembly.grid.nodeCount))
        let candidates = Self.candidates(grid, scores: scores, limit: count)
        suspicions = Self.sentences(Self.verdicts(candidates, grid, board, active: active, settings, now: now), grid)
    }

    /// The switches nearest to what fits worst.
    private static func candidates(_ grid: FollowedGrid, scores: [Double], limit: Int) -> [Int] {
        let scored = grid.drawn.switches.map { device -> (position: Int, score: Double) in
            var nodes = [device.node]
            if let branch = device.branch { nodes += [grid.drawn.branches[branch].from, grid.drawn.branches[branch].to] }
            let score = nodes.compactMap { grid.node(grid.drawn.nodes[$0].node) }.map { scores.indices.contains($0) ? scores[$0] : 0 }.max() ?? 0
            return (device.position, score)
        }
        return scored.sorted { ($1.score, $0.position) < ($0.score, $1.position) }.prefix(limit).map(\.position)
    }

    /// The grid as it is first, then the hypotheses, the most plausible first.
    static func verdicts(
        _ candidates: [Int], _ grid: FollowedGrid, _ board: ChannelBoard, active: Set<Int>, _ settings: EstimationSettings, now: Double
    ) -> [Verdict] {
        let asItIs = verdict(nil, grid, board, active: active, settings, now: now)
        let thrown = candidates.map { position in
            var changed = grid
            changed.suppose(switch: position, isOpen: grid.assembly.topology.isSwitchClosed(position))
            var verdict = verdict(position, changed, board, active: active, settings, now: now, changedSeconds: grid.changedSeconds)
            verdict.contradiction = contradiction(grid, changed, board, now: now)
            return verdict
        }
        return [asItIs] + thrown.sorted { ($0.plausibility, -$0.rank) > ($1.plausibility, -$1.rank) }
    }

    private static func verdict(
        _ position: Int?, _ grid: FollowedGrid, _ board: ChannelBoard, active: Set<Int>, _ settings: EstimationSettings, now: Double,
        changedSeconds: Double? = nil
    ) -> Verdict {
        do throws(EstimationError) {
            let trial = try EstimationCase(grid, board, active: active, settings)
            _ = trial.apply(board, now: now, changed: changedSeconds ?? grid.changedSeconds, stepped: grid.steppedSeconds)
            if trial.estimator.estimate().isConverged {
                return Verdict(position: position, objective: trial.estimator.objective, degreesOfFreedom: trial.estimator.degreesOfFreedom)
            }
        } catch {
            // A grid in which nothing is left to be estimated explains nothing.
        }
        return Verdict(position: position, objective: .nan, degreesOfFreedom: 0)
    }

    /// A device that measures a voltage or a flow where the hypothesis leaves nothing energised.
    private static func contradiction(_ grid: FollowedGrid, _ changed: FollowedGrid, _ board: ChannelBoard, now: Double) -> String {
        for (position, channel) in board.channels.enumerated() {
            guard channel.kind == .voltageMagnitude || channel.kind == .currentMagnitude || channel.kind == .activePower,
                let node = grid.networkNode(at: channel.place), grid.node(node) != nil, changed.node(node) == nil,
                let value = board.value(of: position, now: now), value.sigma.isFinite,
                abs(value.value) > max(5 * value.sigma, 0.05 * channel.full)
            else { continue }
            return "\(channel.label) measures \(channel.kind.measurand) where nothing would be energised"
        }
        return ""
    }

    private static func sentences(_ verdicts: [Verdict], _ grid: FollowedGrid) -> [String] {
        guard let asItIs = verdicts.first, asItIs.plausibility < implausible else { return [] }
        return verdicts.dropFirst().filter { $0.plausibility > plausible }.prefix(3).compactMap { verdict in
            guard let position = verdict.position else { return nil }
            let isClosed = grid.assembly.topology.isSwitchClosed(position)
            return "the switch \(grid.network.switches[position].identity.name) is likely \(isClosed ? "open, not closed" : "closed, not open"): "
                + "so the measurements fit, with an objective of \(rounded(verdict.objective, 0)) instead of \(rounded(asItIs.objective, 0))"
        }
    }
}

extension SwitchTest.Verdict {
    /// Estimates before none.
    fileprivate var rank: Double { objective.isFinite ? objective : .infinity }
}

extension LiveEstimate {
    /// How badly measurements and zero injections fit at each node: what is left out, and what is far off.
    func misfits(_ estimate: Estimate) -> [Double] {
        guard let current else { return [] }
        var scores = [Double](repeating: 0, count: estimate.voltages.count)
        func add(_ score: Double, at place: Place) {
            switch place {
            case .node(let node): scores[Int(node)] = max(scores[Int(node)], score)
            case .branch(let branch, _, _):
                for node in current.nodes(ofBranch: branch) { scores[Int(node)] = max(scores[Int(node)], score) }
            }
        }
        for (index, measurement) in current.estimator.model.measurements.enumerated() {
            let residual = estimate.normalizedResiduals[index]
            add(current.isLeftOut(index) ? 10 : residual.isFinite ? residual : 0, at: measurement.place)
        }
        for zero in estimate.zeroInjections where zero.normalizedMultiplier.isFinite { add(zero.normalizedMultiplier, at: .node(zero.conductor)) }
        return scores
    }
}
