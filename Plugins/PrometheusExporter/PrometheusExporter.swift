import PluginAPI
import Readings

/// Shows the latest readings, estimates and forecasts as metrics for Prometheus, by the mappings of the manifest.
final class PrometheusExporter: Service {
    private let host: Host
    private let name: String
    private var settings = ExporterSettings()
    private var board = SeriesBoard(limit: 0)
    /// The series of readings, by the mapping and their names; none for readings that no metric can be called after.
    private var numbers = ReadingTable<Int>()
    private var parser = MessageParser()
    private var parsed = ParsedMessage()
    private var counters: ExporterCounters?
    /// The last message that could not be read, and why.
    private var refusal: (topic: String, reason: String)?

    private static let metricsRoute: UInt32 = 1
    private static let statusRoute: UInt32 = 2
    private static let sweepTimer: UInt64 = 1
    private static let noSeries = -1
    /// Names that lead to no series are remembered too, but not without end.
    private static let mostNames = 1_000_000

    init(host: Host, name: String) {
        self.host = host
        self.name = name
    }

    func validate(_ configuration: Configuration) throws { _ = try ExporterSettings(configuration) }

    func configure(_ configuration: Configuration) throws {
        settings = try ExporterSettings(configuration)
        board = SeriesBoard(limit: settings.seriesLimit)
        numbers = ReadingTable()
    }

    func start() throws {
        counters = try ExporterCounters(host.metrics)
        try host.http.add(Self.metricsRoute, "GET", "/metrics", operation: ExporterStatus.metricsOperation)
        try host.http.add(Self.statusRoute, "GET", "/status", operation: ExporterStatus.operation(service: name))
        try host.http.setSchemas(ExporterStatus.schemas(service: name))
        let period = max(.seconds(1), settings.expiry / 2)
        try host.timers.set(Self.sweepTimer, first: host.clock.now + period, every: period)
    }

    func process(_ batch: MessageBatch) throws {
        let now = host.clock.now
        var (values, refused) = (0, 0)
        for message in batch {
            do throws(MessageRefusal) {
                values += try take(message, now: now)
            } catch {
                refused += 1
                refusal = (message.topicText, error.reason)
            }
        }
        counters?.add(messages: batch.count, values: values, refused: refused, series: board.series.count)
    }

    func respond(to request: Request) throws {
        let response: Response
        if request.route == Self.metricsRoute {
            let text = Exposition.text(board, since: host.clock.now - settings.expiry, showsTime: settings.showsTime)
            response = Response(contentType: Exposition.contentType, body: text)
        } else {
            response = .json(ExporterStatus(board: board, limit: settings.seriesLimit, counters: counters, refusal: refusal).json)
        }
        try host.http.respond(to: request.number, with: response)
    }

    func timer(_ timer: UInt64, at now: Timestamp) throws {
        // Numbers change when series go: readings find theirs anew.
        if board.removeExpired(before: now - settings.expiry) { numbers = ReadingTable() }
        counters?.add(messages: 0, values: 0, refused: 0, series: board.series.count)
    }

    func health() -> Health {
        board.isFull ? .degraded("the limit of \(settings.seriesLimit) series is reached, others are not shown: raise limits.series") : .well
    }

    func stop() throws { parser.release() }

    /// Takes a message; returns how many values of it are shown.
    private func take(_ message: Message, now: Timestamp) throws(MessageRefusal) -> Int {
        let topic = message.topic
        if let mapping = settings.readings.firstIndex(where: { $0.form.matches(topic) }) {
            return try takeReadings(message, mapping: mapping, now: now)
        }
        if let mapping = settings.documents.first(where: { $0.topics.contains { $0.matches(topic) } }) {
            return try takeDocument(message, mapping, now: now)
        }
        throw MessageRefusal("no mapping has this topic: add it to the topics of one")
    }

    private func takeReadings(_ message: Message, mapping: Int, now: Timestamp) throws(MessageRefusal) -> Int {
        let form = settings.readings[mapping].form
        try parser.parse(message.payload, form, into: &parsed)
        let device = form.device(of: parsed, topic: message.topic)
        var count = 0
        for reading in parsed.readings {
            var named: NamedReading?
            if let reason = form.name(reading, of: parsed, device: device, into: &named) {
                parsed.refusals.append(Refusal(index: reading.index, reason: reason))
                continue
            }
            guard let named, !named.quality.contains(.invalid), let number = number(of: named, mapping: mapping) else { continue }
            board.set(number, named.value, time: named.time, seen: now)
            count += 1
        }
        if let first = parsed.refusals.first {
            refusal = (message.topicText, "reading number \(first.index) \(first.reason)")
        }
        return count
    }

    /// The series of a reading; nil if there is none and can be none.
    private func number(of reading: NamedReading, mapping: Int) -> Int? {
        let key = ReadingKey(reading, variant: mapping)
        if let known = numbers.find(key) { return known == Self.noSeries ? nil : known }
        guard let metric = MetricName.of(measurand: reading.measurand, prefix: settings.readings[mapping].prefix) else {
            if numbers.count < Self.mostNames { numbers.insert(key, Self.noSeries) }
            return nil
        }
        let labels = [
            ("device", String(decoding: reading.device, as: UTF8.self)), ("component", String(decoding: reading.component, as: UTF8.self)),
            ("phase", String(decoding: reading.phase, as: UTF8.self)),
        ]
        guard
            let number = board.number(
                metric: metric.name, help: metric.help, kind: .gauge, labels: Exposition.labels(labels + settings.readings[mapping].constants))
        else { return nil }
        numbers.insert(key, number)
        return number
    }

    private func takeDocument(_ message: Message, _ mapping: DocumentMapping, now: Timestamp) throws(MessageRefusal) -> Int {
        let document: JSONValue
        do throws(JSONError) { document = try JSONValue(message.payload) } catch {
            throw MessageRefusal("the payload is not the JSON expected, \(error)")
        }
        let levels = message.topicText.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        var count = 0
        for metric in mapping.metrics {
            for sample in metric.samples(of: document, topicLevels: levels) {
                guard let number = board.number(metric: metric.name, help: metric.help, kind: metric.kind, labels: sample.labels) else { continue }
                board.set(number, sample.value, time: message.received, seen: now)
                count += 1
            }
        }
        return count
    }
}
