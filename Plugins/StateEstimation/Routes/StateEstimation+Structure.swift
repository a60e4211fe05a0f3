import Estimation
import Grid
import PluginAPI

extension StateEstimation {
    /// Pairs of measurements of which either may be wrong, and nothing tells which: among those of devices, as many as a request may cost.
    func writePairs(_ json: inout JSONWriter, _ live: LiveEstimate, _ board: ChannelBoard, _ grid: FollowedGrid) {
        var pairs: [(Int, Int)] = []
        if let estimator = live.estimator {
            let metered = estimator.model.measurements.indices.filter {
                estimator.model.measurements[$0].origin == .meter && estimator.measurement($0).sigma.isFinite
            }
            pairs = (try? estimator.criticalPairs(among: Array(metered.prefix(Self.mostPaired)))) ?? []
        }
        json.key("critical_pairs")
        json.beginArray()
        for pair in pairs {
            json.beginArray()
            for measurement in [pair.0, pair.1] { json.value(live.describe(measurement: measurement, board, grid)) }
            json.endArray()
        }
        json.endArray()
    }

    /// Each costs a solve, and a product with every other.
    private static let mostPaired = 400

    /// Tries every switch, as far as a request may cost.
    func topologyTest(_ live: LiveEstimate, _ board: ChannelBoard, _ grid: FollowedGrid, _ now: Timestamp) throws(ServiceError) -> JSONWriter {
        guard let settings, let active = live.current?.active else { throw .invalidState("no estimate yet: ask again in a moment") }
        let switches = grid.drawn.switches.map(\.position)
        guard switches.count * grid.assembly.grid.nodeCount <= Self.testBudget else {
            throw .unsupported(
                "the grid has \(switches.count) switches and \(grid.assembly.grid.nodeCount) nodes, too many to try each within a request: "
                    + "see switch_suspicions of the state, which tries those nearest to what does not fit")
        }
        let verdicts = SwitchTest.verdicts(switches, grid, board, active: active, settings, now: now.seconds)
        var json = JSONWriter()
        json.beginObject()
        json.key("as_it_is")
        json.beginObject()
        if let asItIs = verdicts.first { asItIs.write(&json) }
        json.endObject()
        json.list("hypotheses", verdicts.dropFirst()) { json, verdict in
            guard let position = verdict.position else { return }
            json.member("switch", grid.network.switches[position].identity.mRID)
            json.member("name", grid.network.switches[position].identity.name)
            json.member("position", grid.assembly.topology.isSwitchClosed(position) ? "open" : "closed")
            verdict.write(&json)
            if !verdict.contradiction.isEmpty { json.member("contradiction", verdict.contradiction) }
        }
        json.endObject()
        return json
    }

    /// Switches times nodes.
    private static let testBudget = 500_000
}

extension SwitchTest.Verdict {
    fileprivate func write(_ json: inout JSONWriter) {
        json.member("objective", objective)
        json.member("degrees_of_freedom", degreesOfFreedom)
        json.member("plausibility", plausibility)
    }
}
