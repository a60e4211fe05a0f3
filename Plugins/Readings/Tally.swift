public import PluginAPI

/// What a service counts of one kind since its start: a metric of the host, and a number for its own status.
public struct Tally {
    public private(set) var count: UInt64 = 0
    private let metric: Counter

    public init(_ metrics: Metrics, _ name: String, help: String) throws(ServiceError) { metric = try metrics.counter(name, help: help) }

    public mutating func add(_ more: Int) {
        guard more > 0 else { return }
        count += UInt64(more)
        metric.add(Double(more))
    }
}
