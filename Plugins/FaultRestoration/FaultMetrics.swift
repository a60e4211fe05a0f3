import PluginAPI
import Restoration

/// How the service fares, as metrics.
struct FaultMetrics {
    private let faults: Gauge
    private let attention: Gauge
    private let unserved: Gauge

    init(_ metrics: Metrics) throws(ServiceError) {
        faults = try metrics.gauge("faults_open", help: "Faults that are not repaired.")
        attention = try metrics.gauge("faults_needing_attention", help: "Faults that wait for a person.")
        unserved = try metrics.gauge("unserved_watts", help: "Power that stays without voltage by the plans of open faults.")
    }

    func note(_ desk: IncidentDesk) {
        let open = desk.incidents.filter(\.holdsSectionDead)
        faults.set(Double(open.count))
        attention.set(Double(open.count { $0.severity == .alarm }))
        unserved.set(open.compactMap { $0.plan?.unservedWatts }.max() ?? 0)
    }
}
