internal import Synchronization

/// Kinds of metrics, numbered as in `dsotp.metrics/1`.
public enum MetricKind: UInt32, Sendable {
    case counter = 1
    case gauge, histogram

    var word: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

/// One number, or one distribution, that Prometheus may ask for. Any thread may change it; a change is one atomic operation or two.
public final class Metric: @unchecked Sendable {
    // @unchecked: the pointer never changes, and leads to atomics.

    public let kind: MetricKind
    /// `a="1",b="2"`, as rendered.
    let labels: String
    /// The bit pattern of the value, or of the sum of a histogram's observations.
    private let bits = Atomic<UInt64>(0)
    private let buckets: UnsafeMutablePointer<Atomic<UInt64>>

    /// Upper bounds of the buckets of a histogram: from 1 µs to 100 s, three a decade.
    static let bounds: [Double] = [
        1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100,
    ]
    private static let bucketCount = 26

    init(kind: MetricKind, labels: String) {
        self.kind = kind
        self.labels = labels
        let count = kind == .histogram ? Self.bucketCount : 0
        buckets = .allocate(capacity: max(count, 1))
        for index in 0..<count { (buckets + index).initialize(to: Atomic(0)) }
    }

    deinit {
        buckets.deinitialize(count: kind == .histogram ? Self.bucketCount : 0)
        buckets.deallocate()
    }

    /// Adds to a counter (what is negative is ignored) or a gauge.
    public func add(_ amount: Double) {
        guard kind != .histogram, amount.isFinite, kind == .gauge || amount >= 0 else { return }
        addToBits(amount)
    }

    /// Sets a gauge.
    public func set(_ value: Double) {
        guard kind == .gauge else { return }
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds an observation to a histogram.
    public func observe(_ value: Double) {
        guard kind == .histogram, !value.isNaN else { return }
        let index = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
        buckets[index].wrappingAdd(1, ordering: .relaxed)
        addToBits(value)
    }

    /// The value of a counter or a gauge, or the sum of a histogram.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    /// The observations in each bucket of a histogram; else empty.
    var bucketCounts: [UInt64] { kind == .histogram ? (0..<Self.bucketCount).map { buckets[$0].load(ordering: .relaxed) } : [] }

    /// Takes over what changed of the same metric in a runner, as far as it makes sense: `value` to add (a gauge: to set), and what to
    /// add to each bucket.
    func merge(_ value: Double, buckets added: [UInt64]) {
        switch kind {
        case .gauge: set(value)
        case .counter: add(value)
        case .histogram:
            guard added.count == Self.bucketCount, value.isFinite else { return }
            for (index, count) in added.enumerated() { buckets[index].wrappingAdd(count, ordering: .relaxed) }
            addToBits(value)
        }
    }

    private func addToBits(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    /// Writes the samples in Prometheus' text format.
    func render(name: String, to text: inout String) {
        guard kind == .histogram else {
            text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(value))\n"
            return
        }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total: UInt64 = 0
        for index in 0..<Self.bucketCount {
            total += buckets[index].load(ordering: .relaxed)
            let bound = index < Self.bounds.count ? Self.number(Self.bounds[index]) : "+Inf"
            text += "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(total)\n"
        }
        let own = labels.isEmpty ? "" : "{\(labels)}"
        text += "\(name)_sum\(own) \(Self.number(value))\n\(name)_count\(own) \(total)\n"
    }

    /// A number as Prometheus writes it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }
}
