import Estimation
import Grid
import LiveGrid
import PluginAPI

extension StateEstimation {
    func respond(to request: Request) throws {
        guard let route = EstimationRoutes(rawValue: request.route), let grid, let board, let live, let settings else {
            throw ServiceError.invalidState("the service is not running")
        }
        let now = host.clock.now
        let answer: JSONWriter
        switch route {
        case .grid: answer = grid.drawn.json(name: settings.grid) { settings.commandTopic?.topic(of: $0) }
        case .state: answer = live.state.json(grid.drawn, grid, name: settings.grid, now: now)
        case .violations: answer = violations(live.state)
        case .residuals: answer = residuals(live, board, grid)
        case .observability: answer = try observability(live, board, grid)
        case .topologyTest: answer = try topologyTest(live, board, grid, now)
        case .whatIf:
            let (changed, state) = try WhatIf(request.body).solve(grid, live.estimate == nil ? nil : live.state, settings: settings, now: now)
            answer = state.json(changed.drawn, changed, name: settings.grid, now: now)
        }
        try host.http.respond(to: request.number, with: .json(answer))
    }

    private func violations(_ state: GridState) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("time", state.time.description)
        json.list("violations", state.violations) { json, violation in
            json.member("severity", violation.severity.rawValue)
            json.member("id", violation.mRID)
            json.member("sentence", violation.sentence)
        }
        json.endObject()
        return json
    }

    private func residuals(_ live: LiveEstimate, _ board: ChannelBoard, _ grid: FollowedGrid) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        guard let estimator = live.estimator, let estimate = live.estimate, estimate.residuals.count == estimator.model.measurements.count else {
            json.list("measurements", [Int]()) { _, _ in }
            json.endObject()
            return json
        }
        let taking = estimate.residuals.indices.filter { estimator.measurement($0).sigma.isFinite }
        let ordered = taking.sorted { Self.rank(estimate.normalizedResiduals[$0]) > Self.rank(estimate.normalizedResiduals[$1]) }
        json.list("measurements", ordered) { json, index in
            let (value, sigma) = estimator.measurement(index)
            json.member("name", live.describe(measurement: index, board, grid))
            json.member("measured", value)
            json.member("estimated", value - estimate.residuals[index])
            json.member("sigma", sigma)
            json.member("normalized_residual", estimate.normalizedResiduals[index])
            json.member("unit", estimator.model.measurements[index].quantity == .voltageAngle ? "rad" : "pu")
        }
        json.endObject()
        return json
    }

    /// What has no redundancy comes last.
    private static func rank(_ residual: Double) -> Double { residual.isFinite ? residual : -1 }

    private func observability(_ live: LiveEstimate, _ board: ChannelBoard, _ grid: FollowedGrid) throws(ServiceError) -> JSONWriter {
        guard let estimator = live.estimator else { throw .invalidState("no estimate yet: ask again in a moment") }
        let names = (0..<Int32(estimator.model.conductorCount)).map { nodeName($0, grid) }
        let all = estimator.observability(names: names)
        let metered = estimator.observability(withPseudo: false, names: names)
        var json = JSONWriter()
        json.beginObject()
        json.member("observable", metered.isObservable)
        json.member("with_profiles", all.isObservable)
        write(&json, "unobservable", metered.unobservable.map { nodeName($0, grid) })
        json.key("islands")
        json.beginArray()
        for island in metered.islands {
            json.beginArray()
            for node in island { json.value(nodeName(node, grid)) }
            json.endArray()
        }
        json.endArray()
        write(&json, "reasons", all.isObservable ? metered.reasons : all.reasons)
        write(&json, "critical_measurements", live.estimate?.criticalMeasurements.map { live.describe(measurement: $0, board, grid) } ?? [])
        json.list("parts", metered.parts) { json, part in
            write(&json, "nodes", part.nodes.map { names[Int($0)] })
            json.member("missing", part.missing)
            json.member("reason", part.reason)
        }
        writePairs(&json, live, board, grid)
        writeProposals(&json, estimator, grid)
        json.endObject()
        return json
    }

    func write(_ json: inout JSONWriter, _ key: String, _ texts: [String]) {
        json.key(key)
        json.beginArray()
        for text in texts { json.value(text) }
        json.endArray()
    }

    private func nodeName(_ node: Int32, _ grid: FollowedGrid) -> String { grid.nodeName(node) }
}
