internal import Synchronization

/// What changed of a metric since it was last reported.
struct MetricChange: Sendable {
    /// The host's handle.
    let handle: UInt64
    /// What to add to a counter or to the sum of a histogram; the value of a gauge.
    let value: Double
    /// What to add to each bucket of a histogram; else empty.
    let buckets: [UInt64]
}

/// Reports the metrics of a service to the host now and then: the service itself changes them here, at the cost of an atomic addition.
final class MetricsRelay: Sendable {
    private struct Entry {
        let metric: Metric
        let handle: UInt64
        var value = 0.0
        var buckets: [UInt64] = []
    }
    private let entries = Mutex<[Entry]>([])
    private let host: RemoteHost

    init(host: RemoteHost) { self.host = host }

    /// From now on reports `metric` as the host's `handle`.
    func add(_ metric: Metric, handle: UInt64) {
        entries.withLock { entries in
            if !entries.contains(where: { $0.metric === metric }) { entries.append(Entry(metric: metric, handle: handle)) }
        }
    }

    func report() {
        let changes = entries.withLock { entries in entries.indices.compactMap { Self.change(of: &entries[$0]) } }
        if !changes.isEmpty { host.report(changes) }
    }

    private static func change(of entry: inout Entry) -> MetricChange? {
        let (value, buckets) = (entry.metric.value, entry.metric.bucketCounts)
        guard value != entry.value || buckets != entry.buckets else { return nil }
        let isGauge = entry.metric.kind == .gauge
        let differences = buckets.indices.map { buckets[$0] - (entry.buckets.isEmpty ? 0 : entry.buckets[$0]) }
        defer { (entry.value, entry.buckets) = (value, buckets) }
        return MetricChange(handle: entry.handle, value: isGauge ? value : value - entry.value, buckets: differences)
    }
}
