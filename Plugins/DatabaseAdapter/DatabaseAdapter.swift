import PluginAPI
import Readings

/// Stores the readings of PMUs and meters as time series: messages → readings → points, by the mappings of the manifest.
///
/// The points of a batch are written in one call, before its dead letters are published: if either fails for now, the host
/// delivers the batch again, and writing a point twice changes nothing.
final class DatabaseAdapter: Service {
    private let host: Host
    private let name: String
    private var settings = Settings()
    private var store: ReadingStore?
    private var counters: Counters?
    private var parser = MessageParser()
    private var parsed = ParsedMessage()
    private var letters = PublicationBatch()
    /// Why the last dead letter could not be published, for the health of the service.
    private var letterFailure: String?

    private static let statusRoute: UInt32 = 1

    init(host: Host, name: String) {
        self.host = host
        self.name = name
    }

    func validate(_ configuration: Configuration) throws { _ = try SettingsReader.read(configuration) }

    func configure(_ configuration: Configuration) throws { settings = try SettingsReader.read(configuration) }

    func start() throws {
        store = ReadingStore(host: host, settings: settings)
        counters = try Counters(host.metrics)
        letterFailure = nil
        try host.http.add(DatabaseAdapter.statusRoute, "GET", "/status", operation: StatusReport.operation(service: name))
        try host.http.setSchemas(StatusReport.schemas(service: name))
    }

    func process(_ batch: MessageBatch) throws {
        var readings = 0
        do throws(ServiceError) {
            readings = try takeAll(batch)
        } catch {
            // Either the whole batch comes again, or it would never succeed.
            guard !error.isRetryable else { throw error }
            for message in batch where !isDeadLetter(message.topic) { refuse(message, "cannot be stored: \(error)") }
        }
        let letterCount = letters.count
        try publishLetters()
        counters?.add(messages: batch.count, readings: readings, deadLetters: letterCount, columns: store?.columnCount ?? 0)
    }

    func respond(to request: Request) throws {
        let report = StatusReport(settings: settings, counters: counters, columns: store?.columnCount ?? 0)
        try host.http.respond(to: request.number, with: .json(report.json))
    }

    func health() -> Health {
        if let letterFailure { return .degraded("dead letters cannot be published: \(letterFailure)") }
        if store?.isFull ?? false {
            return .degraded("the limit of \(settings.columnLimit) columns is reached: raise limits.columns")
        }
        return .well
    }

    func stop() throws {
        store = nil
        parser.release()
    }

    /// Stores a batch; once more if columns have gone with their database, which may have been made anew.
    /// - Returns: how many readings were stored.
    private func takeAll(_ batch: MessageBatch) throws(ServiceError) -> Int {
        do throws(ServiceError) {
            return try attempt(batch)
        } catch {
            guard error.status == .notFound, !error.isRetryable else { throw error }
            store?.forgetColumns()
            return try attempt(batch)
        }
    }

    /// Stores a batch, or leaves nothing of it behind.
    private func attempt(_ batch: MessageBatch) throws(ServiceError) -> Int {
        let now = host.clock.now
        var readings = 0
        do throws(ServiceError) {
            for message in batch { readings += try add(message, now: now) }
            try store?.write()
            return readings
        } catch {
            store?.discard()
            letters.removeAll()
            throw error
        }
    }

    /// Takes one message; returns how many readings of it will be stored.
    private func add(_ message: Message, now: Timestamp) throws(ServiceError) -> Int {
        let topic = message.topic
        // Letters of our own, which a filter such as `#` brings back, would beget letters for ever.
        guard !isDeadLetter(topic) else { return 0 }
        guard let index = settings.mappings.firstIndex(where: { $0.form.matches(topic) }) else {
            refuse(message, "no mapping has this topic: add it to the topics of one")
            return 0
        }
        do throws(MessageRefusal) {
            try parser.parse(message.payload, settings.mappings[index].form, into: &parsed)
            try parsed.keep(settings.window, now: now)
        } catch {
            refuse(message, error.reason)
            return 0
        }
        let taken = try store?.add(&parsed, mapping: index, topic: topic) ?? 0
        if !parsed.refusals.isEmpty { refuseReadings(of: message, taken: taken) }
        return taken
    }

    private func isDeadLetter(_ topic: UnsafeRawBufferPointer) -> Bool {
        let prefix = settings.deadLetter.utf8
        guard topic.starts(with: prefix) else { return false }
        return topic.count == prefix.count || topic[prefix.count] == UInt8(ascii: "/")
    }

    private func refuse(_ message: Message, _ reason: String) {
        DeadLetter(topic: message.topic, payload: message.payload, received: message.received, reason: reason)
            .append(to: &letters, prefix: settings.deadLetter)
    }

    private func refuseReadings(of message: Message, taken: Int) {
        parsed.refusals.sort { $0.index < $1.index }
        let count = parsed.refusals.count
        let first = parsed.refusals[0]
        let summary = "\(count) of \(taken + count) readings refused; number \(first.index) \(first.reason)"
        DeadLetter(
            topic: message.topic, payload: message.payload, received: message.received, reason: summary, readings: parsed.refusals
        ).append(to: &letters, prefix: settings.deadLetter)
    }

    /// Publishes the dead letters of a batch. One that the host refuses for good is logged and given up.
    private func publishLetters() throws(ServiceError) {
        while !letters.isEmpty {
            do throws(ServiceError) {
                try host.databus.publish(&letters)
                letterFailure = nil
            } catch {
                guard !error.isRetryable else {
                    letters.removeAll()
                    throw error
                }
                letterFailure = error.description
                host.log.error("a dead letter cannot be published: \(error)")
                letters.removeFirst()
            }
        }
    }
}
