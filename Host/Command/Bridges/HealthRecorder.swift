internal import Logging
internal import NIOPosix
internal import Runtime
internal import Storage

/// Stores the platform's own metrics, so that dashboards show its health over time beside what it measures: measurement `platform`, a series for the
/// host and one for each service (tag `service`), a field a metric.
struct HealthRecorder: Sendable {
    let metrics: MetricsBridge
    let store: any StorageDriver
    let database: String
    let every: Duration
    let clock: any ServiceClock
    /// The store may wait for the disk, which no event loop and no task should.
    let threads: NIOThreadPool
    let logger: Logger

    static let measurement = "platform"
    /// The tag's value of metrics that are of no service.
    static let host = "host"

    /// Records until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let text = await metrics.prometheusText()
            do {
                try await threads.runIfActive { try record(text, at: clock.now()) }
            } catch {
                logger.warning("the platform's health is not stored: \(error)")
            }
            try? await Task.sleep(for: every)
        }
    }

    /// Stores one sample of each metric.
    func record(_ text: String, at time: Int64) throws(StorageError) {
        var handles: [ColumnHandle] = [], values: [Double] = []
        for sample in Self.samples(of: text) {
            let identity = ColumnIdentity(
                database: database, measurement: Self.measurement, tags: [Tag("service", sample.service)], field: sample.field)
            handles.append(try store.resolve(identity, type: .float))
            values.append(sample.value)
        }
        _ = try store.write(PointColumns(handles: handles, times: [Int64](repeating: time, count: handles.count), values: .float(values)))
    }

    /// Metrics of the host and of services in Prometheus' text format; those with other labels than `service` are left away.
    static func samples(of text: String) -> [(service: String, field: String, value: Double)] {
        text.split(separator: "\n").compactMap { line in
            guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]), value.isFinite else { return nil }
            var name = line[..<space], service = Substring(host)
            if let brace = name.firstIndex(of: "{") {
                let labels = name[name.index(after: brace)...].dropLast()
                guard labels.hasPrefix("service=\""), labels.hasSuffix("\""), !labels.dropFirst(9).dropLast().contains("\"") else { return nil }
                service = labels.dropFirst(9).dropLast()
                name = name[..<brace]
            }
            let field = name.hasPrefix("dsotp_") ? name.dropFirst(6) : name
            return (String(service), String(field), value)
        }
    }
}
