import Hummingbird

/// Health for orchestrators, metrics for Prometheus, databus and store at a glance.
struct HealthRoutes: Sendable {
    let readiness: any ReadinessSource
    let metrics: any MetricsSource
    let databus: any DatabusStatistics
    let store: any StoreStatistics
    let clock: @Sendable () -> SiteTime
    let opensMetricsOnLoopback: Bool

    struct HealthReply: Encodable {
        let status: String
        var reason: String?
    }

    var routes: [Route] {
        [
            Route(
                method: .get, path: "/health/live", access: .open,
                documentation: RouteDocumentation(
                    tag: "Monitoring", summary: "Whether the process answers", success: (200, "It does.", .json("Health"))),
                handler: { _ in try Reply.json(HealthReply(status: "live")) }),
            Route(
                method: .get, path: "/health/ready", access: .open,
                documentation: RouteDocumentation(
                    tag: "Monitoring", summary: "Whether the platform takes measurements", success: (200, "It does; `degraded` when something outside is missing.", .json("Health")),
                    failures: [503]),
                handler: { _ in
                    if let reason = await readiness.reasonNotReady() { throw GatewayError.unavailable(reason) }
                    if let reason = await readiness.reasonDegraded() { return try Reply.json(HealthReply(status: "degraded", reason: reason)) }
                    return try Reply.json(HealthReply(status: "ready"))
                }),
            Route(
                method: .get, path: "/metrics", access: opensMetricsOnLoopback ? .roleUnlessLoopback(.viewer) : .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Monitoring", summary: "Metrics for Prometheus", success: (200, "Text format 0.0.4.", .text("text/plain"))),
                handler: { _ in Reply.text(await metrics.prometheusText(), type: "text/plain; version=0.0.4; charset=utf-8") }),
            Route(
                method: .get, path: "/api/clock", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Monitoring", summary: "The time that the site goes by, and how fast", success: (200, "The time.", .json("Clock"))),
                handler: { _ in try Reply.json(clock()) }),
            Route(
                method: .get, path: "/api/databus", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Databus", summary: "Clients and counters of the databus", success: (200, "The databus.", .json("Databus"))),
                handler: { _ in try Reply.json(await databus.databusStatus()) }),
            Route(
                method: .get, path: "/api/storage", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Monitoring", summary: "The store, and how it stands with an external engine", success: (200, "The store.", .json("Storage"))),
                handler: { _ in try Reply.json(await store.storeStatus()) }),
        ]
    }
}
