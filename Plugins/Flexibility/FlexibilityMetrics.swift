import FlexibilityMarket
import PluginAPI

/// How the service fares, as metrics.
struct FlexibilityMetrics {
    private let open: Gauge
    private let active: Gauge
    private let deviating: Gauge
    private let congestions: Gauge
    private let cost: Gauge
    private let transitions: Counter
    private let setPoints: Counter
    private let check: Histogram

    init(_ metrics: Metrics) throws(ServiceError) {
        open = try metrics.gauge("requests_open", help: "Requests that have not ended.")
        active = try metrics.gauge("requests_active", help: "Requests that are carried out.")
        deviating = try metrics.gauge("resources_deviating", help: "Communities and assets that do not do what they were told.")
        congestions = try metrics.gauge("congestions_foreseen", help: "Limits of lines, transformers and nodes that the forecasts exceed.")
        cost = try metrics.gauge("cure_cost", help: "What the cheapest flexibility costs that cures them.")
        transitions = try metrics.counter("transitions_total", help: "Changes of requests' states.")
        setPoints = try metrics.counter("set_points_total", help: "Set-points told to communities and assets.")
        check = try metrics.histogram("check_seconds", help: "Time of a check against the grid.")
    }

    func note(_ book: RequestBook, _ resources: [Resource]) {
        open.set(Double(book.records.values.count { !$0.state.isFinal }))
        active.set(Double(book.records.values.count { $0.state == .activating || $0.state == .active }))
        deviating.set(Double(resources.count { $0.isDeviationTold || ($0.told != nil && $0.isOfflineTold) }))
    }

    func note(checkSeconds: Double) { check.observe(checkSeconds) }

    func note(congestions count: Int, cost amount: Double) {
        congestions.set(Double(count))
        cost.set(amount)
    }

    func noteTransition() { transitions.add(1) }
    func noteSetPoint() { setPoints.add(1) }
}
