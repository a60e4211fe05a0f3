internal import Synchronization

/// All metrics of the host and its services, rendered for Prometheus (text format 0.0.4).
public final class MetricsRegistry: Sendable {
    private struct Family {
        let kind: MetricKind
        let help: String
        var metrics: [Metric] = []
    }
    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// A metric of the host, for example `dsotp_databus_messages_total`; the same name and labels give the same metric.
    public func metric(
        _ kind: MetricKind, _ name: String, help: String, labels: [(name: String, value: String)] = []
    ) throws(MetricsError) -> Metric {
        guard Self.isMetricName(name) else {
            throw .invalid("the metric name '\(name.prefix(80))' is malformed (expected [a-z_][a-z0-9_]*, at most 200 bytes)")
        }
        let rendered = try Self.render(labels)
        return try families.withLock { families throws(MetricsError) in
            var family = families[name] ?? Family(kind: kind, help: help)
            guard family.kind == kind else {
                throw .invalid("the metric '\(name)' exists with another kind (expected \(family.kind.word); got \(kind.word))")
            }
            if let metric = family.metrics.first(where: { $0.labels == rendered }) { return metric }
            let metric = Metric(kind: kind, labels: rendered)
            family.metrics.append(metric)
            families[name] = family
            return metric
        }
    }

    /// All metrics, sorted by name.
    public func render() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += Self.heading(name: name, kind: family.kind, help: family.help)
            for metric in family.metrics { metric.render(name: name, to: &text) }
        }
        return text
    }

    static func heading(name: String, kind: MetricKind, help: String) -> String {
        let escaped = help.flatMap { character -> String in
            switch character {
            case "\\": "\\\\"
            case "\n": "\\n"
            default: String(character)
            }
        }
        return "# HELP \(name) \(String(escaped))\n# TYPE \(name) \(kind.word)\n"
    }

    private static func render(_ labels: [(name: String, value: String)]) throws(MetricsError) -> String {
        var parts: [String] = []
        var names: Set<String> = []
        for label in labels {
            guard isLabelName(label.name), names.insert(label.name).inserted else {
                throw .invalid(
                    "the label '\(label.name.prefix(80))' is malformed, reserved or given twice (expected [a-zA-Z_][a-zA-Z0-9_]*)")
            }
            parts.append("\(label.name)=\"\(escape(label.value))\"")
        }
        return parts.joined(separator: ",")
    }

    /// A label's value with what would end it escaped.
    static func escape(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func isMetricName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 200, first == UInt8(ascii: "_") || isLowerCase(first) else { return false }
        return name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || isLowerCase($0) || isDigit($0) }
    }

    private static func isLabelName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 200, !isDigit(first), !name.hasPrefix("__"), name != "le" else {
            return false
        }
        return name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || isLowerCase($0 | 0x20) || isDigit($0)
        }
    }

    private static func isLowerCase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

/// Why a metric can't be declared; `description` is a sentence for a person.
public struct MetricsError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code { case invalid, limitReached }
    let code: Code
    public let description: String

    static func invalid(_ sentence: String) -> MetricsError { MetricsError(code: .invalid, description: sentence) }
    static func limitReached(_ sentence: String) -> MetricsError { MetricsError(code: .limitReached, description: sentence) }
}

/// The metrics of one service, by handle. They outlive a restart of the service: a counter goes on where it was.
final class ServiceMetrics: @unchecked Sendable {
    // @unchecked: a slot is written once, under the lock and before `count` covers it, and read only below `count`.

    static let limit = 1_000

    private let service: String
    private let registry: MetricsRegistry
    private let slots: UnsafeMutablePointer<Metric?>
    private let count = Atomic<Int>(0)
    private let lock = Mutex<Void>(())
    /// Calls with a handle that was never given.
    let wrongHandles = Atomic<UInt64>(0)

    init(service: String, registry: MetricsRegistry) {
        self.service = service
        self.registry = registry
        slots = .allocate(capacity: Self.limit)
        slots.initialize(repeating: nil, count: Self.limit)
    }

    deinit {
        slots.deinitialize(count: Self.limit)
        slots.deallocate()
    }

    /// The handle of a metric, from 1.
    func declare(
        _ kind: MetricKind, _ name: String, help: String, labels: [(name: String, value: String)]
    ) throws(MetricsError) -> UInt64 {
        guard !labels.contains(where: { $0.name == "service" }) else {
            throw .invalid("the label 'service' is the host's own: leave it out")
        }
        return try lock.withLock { _ throws(MetricsError) in
            let used = count.load(ordering: .relaxed)
            guard used < Self.limit else { throw .limitReached("a service may declare \(Self.limit) metrics: use fewer label values") }
            let labels = [(name: "service", value: service)] + labels
            let metric = try registry.metric(kind, "dsotp_service_\(name)", help: help, labels: labels)
            for index in 0..<used where slots[index] === metric { return UInt64(index + 1) }
            slots[used] = metric
            count.store(used + 1, ordering: .releasing)
            return UInt64(used + 1)
        }
    }

    /// The metric of a handle; a wrong handle is counted.
    func metric(_ handle: UInt64) -> Metric? {
        guard handle >= 1, handle <= UInt64(count.load(ordering: .acquiring)) else {
            wrongHandles.wrappingAdd(1, ordering: .relaxed)
            return nil
        }
        return slots[Int(handle) - 1]
    }
}
