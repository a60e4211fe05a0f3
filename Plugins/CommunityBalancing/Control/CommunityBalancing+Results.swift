import Balancing
import PluginAPI

extension CommunityBalancing {
    /// The present state of a community, retained, so that who comes later sees it.
    func publishState(_ community: Community, _ now: Timestamp) {
        outgoing.append(communityTopic(community, "state"), BalancingJSON.state(community, now).bytes, retain: true)
    }

    /// Publishes the events that are new.
    func tellEvents(_ community: Community) {
        guard community.untold > 0 else { return }
        for event in community.events.suffix(community.untold) {
            outgoing.append(communityTopic(community, "events"), BalancingJSON.event(event).bytes, qos: 1)
            if event.kind != "mode" { host.log.notice("\(community.settings.name): \(event.sentence)") }
        }
        community.untold = 0
    }

    func storeLive(_ community: Community, _ now: Timestamp) {
        guard let step = community.step, let exchange = community.exchange else { return }
        store("balancing", community, now, tags: [], [
            ("exchange_kw", exchange.powerKW), ("target_kw", community.targetKW ?? 0), ("residual_kw", step.residualKW), ("up_kw", step.upKW), ("down_kw", step.downKW),
            ("stored_kwh", community.flexibility.storedKWh),
        ])
    }

    func storeRun(_ run: RunList.Run, _ community: Community, _ now: Timestamp) {
        store("balancing_run", community, now, tags: [("mode", run.mode.name)], run.indicators.lines.compactMap { line in line.value.map { (line.key, $0) } })
    }

    private func store(_ measurement: String, _ community: Community, _ now: Timestamp, tags: [(key: String, value: String)], _ values: [(String, Double)]) {
        guard columns != nil else { return }
        do throws(ServiceError) {
            var points = Points<Double>()
            for (field, value) in values where value.isFinite {
                guard let column = try columns?.column(host.timeseries, measurement, [(key: "community", value: community.settings.name)] + tags, field) else { return }
                points.append(column, now, value)
            }
            try host.timeseries.write(points)
        } catch {
            host.log.warning("the results of \(community.settings.name) can't be stored: \(error)")
        }
    }
}

/// Columns of the store, each resolved once.
struct BalancingColumns {
    let database: String
    private var columns: [String: Column<Double>] = [:]

    init(database: String) { self.database = database }

    mutating func column(
        _ timeseries: TimeSeries, _ measurement: String, _ tags: [(key: String, value: String)], _ field: String
    ) throws(ServiceError) -> Column<Double> {
        let name = "\(measurement) \(tags.map(\.value).joined(separator: " ")) \(field)"
        if let column = columns[name] { return column }
        let column = try timeseries.column(database: database, measurement: measurement, tags: tags, field: field, of: Double.self)
        columns[name] = column
        return column
    }
}

/// How balancing fares, as metrics.
struct BalancingMetrics {
    private let plans: Counter
    private let planTime: Histogram
    private let loopTime: Histogram
    private let commands: Counter
    private let missed: Counter

    init(_ metrics: Metrics) throws(ServiceError) {
        plans = try metrics.counter("plans_total", help: "Plans that were made.")
        planTime = try metrics.histogram("plan_seconds", help: "Time of a plan.")
        loopTime = try metrics.histogram("loop_seconds", help: "Time of a turn of the fast loop's calculation.")
        commands = try metrics.counter("set_points_total", help: "Set-points given to the arbiter.")
        missed = try metrics.counter("unacknowledged_total", help: "Set-points that an asset did not acknowledge in time.")
    }

    func note(planSeconds: Double) {
        plans.add(1)
        planTime.observe(planSeconds)
    }

    func note(loopSeconds: Double) { loopTime.observe(loopSeconds) }
    func note(commands count: Int) { commands.add(Double(count)) }
    func noteMissed() { missed.add(1) }
}
