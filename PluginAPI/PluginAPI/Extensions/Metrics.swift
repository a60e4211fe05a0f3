import CPluginAPI

/// `dsotp.metrics/1`: numbers about the service itself, served on the host's `/metrics` as `dsotp_service_<name>`. Names follow
/// Prometheus: `[a-z_][a-z0-9_]*`, a unit as suffix (`_seconds`, `_bytes`, `_total` for counters). Any thread. The same name and
/// labels give the same metric again.
public struct Metrics: Sendable {
    let table: HostTable<dsotp_metrics>

    /// A number that only ever grows.
    public func counter(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) throws(ServiceError) -> Counter {
        Counter(metric: try declare(DSOTP_METRIC_COUNTER, name, help, labels))
    }

    /// A number that goes up and down.
    public func gauge(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) throws(ServiceError) -> Gauge {
        Gauge(metric: try declare(DSOTP_METRIC_GAUGE, name, help, labels))
    }

    /// Observations in buckets from 1 µs to 100 s: for durations in seconds.
    public func histogram(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) throws(ServiceError)
        -> Histogram
    {
        Histogram(metric: try declare(DSOTP_METRIC_HISTOGRAM, name, help, labels))
    }

    private func declare(
        _ kind: Int, _ name: String, _ help: String, _ labels: KeyValuePairs<String, String>
    ) throws(ServiceError) -> DeclaredMetric {
        let functions = try table.required()
        var texts = TextArena()
        defer { texts.release() }
        let (name, help, pairs) = (texts.copy(name), texts.copy(help), texts.copy(labels))
        var handle: UInt64 = 0
        try ServiceError.check { error in
            functions.declare(table.host, UInt32(kind), name, help, pairs, UInt64(labels.count), &handle, error)
        }
        return DeclaredMetric(host: table.host, functions: functions, handle: handle)
    }
}

/// A metric with what is needed to call the host. Sendable: the pointers are the host's and constant, its functions [any-thread].
struct DeclaredMetric: @unchecked Sendable {
    let host: UnsafePointer<dsotp_host>
    let functions: dsotp_metrics
    let handle: UInt64
}

/// A number that only ever grows.
public struct Counter: Sendable {
    let metric: DeclaredMetric
    /// Adds `amount`, which is not negative. Costs an atomic addition.
    public func add(_ amount: Double = 1) { metric.functions.add(metric.host, metric.handle, amount) }
}

/// A number that goes up and down.
public struct Gauge: Sendable {
    let metric: DeclaredMetric
    /// Adds `amount`, which may be negative.
    public func add(_ amount: Double) { metric.functions.add(metric.host, metric.handle, amount) }
    /// Replaces the value.
    public func set(_ value: Double) { metric.functions.set(metric.host, metric.handle, value) }
}

/// Observations in buckets.
public struct Histogram: Sendable {
    let metric: DeclaredMetric
    /// Adds an observation, in seconds for durations.
    public func observe(_ value: Double) { metric.functions.observe(metric.host, metric.handle, value) }
}
