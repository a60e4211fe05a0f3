import PluginAPI
import Readings

/// Stores the readings of PMUs and meters as time series: messages → readings → points, by the mappings of the manifest.
///
/// The points of a batch are written in one call, before its dead letters are published: if either fails for now, the host
/// delivers the batch again, and writing a point twice changes nothing. If the store refuses them for good, the messages that it refuses are found,
/// so that a device whose clock is wrong costs no other device a reading.
final class DatabaseAdapter: Service {
    private let host: Host
    private let name: String
    private var settings = Settings()
    private var store: ReadingStore?
    private var counters: Counters?
    private var parser = MessageParser()
    private var parsed = ParsedMessage()
    private var letters: [DeadLetter] = []
    private var publications = PublicationBatch()
    /// Why the last dead letter could not be published, for the health of the service.
    private var letterFailure: String?

    private static let statusRoute: UInt32 = 1
    /// How often the parts of a batch are tried before the rest of what is refused is taken for refused as a whole.
    private static let mostSearches = 200

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
        letters.removeAll(keepingCapacity: true)
        var searches = Self.mostSearches
        let readings = try storeAll(batch[...], &searches)
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

    /// Stores messages. Those that would never succeed become letters.
    /// - Returns: how many readings were stored.
    /// - Throws: what may succeed later: the whole batch then comes again.
    private func storeAll(_ messages: Slice<MessageBatch>, _ searches: inout Int) throws(ServiceError) -> Int {
        do throws(ServiceError) {
            return try takeAll(messages)
        } catch {
            guard !error.isRetryable else { throw error }
            searches -= 1
            guard messages.count > 1, searches > 0 else {
                for message in messages where !isDeadLetter(message.topic) { refuse(message, "cannot be stored: \(error)") }
                return 0
            }
            let middle = messages.startIndex + messages.count / 2
            return try storeAll(messages[..<middle], &searches) + storeAll(messages[middle...], &searches)
        }
    }

    /// Stores messages; once more if columns have gone with their database, which may have been made anew.
    /// - Returns: how many readings were stored.
    private func takeAll(_ messages: Slice<MessageBatch>) throws(ServiceError) -> Int {
        do throws(ServiceError) {
            return try attempt(messages)
        } catch {
            guard error.status == .notFound, !error.isRetryable else { throw error }
            store?.forgetColumns()
            return try attempt(messages)
        }
    }

    /// Stores messages, or leaves nothing of them behind.
    private func attempt(_ messages: Slice<MessageBatch>) throws(ServiceError) -> Int {
        let now = host.clock.now, before = letters.count
        var readings = 0
        do throws(ServiceError) {
            for message in messages { readings += try add(message, now: now) }
            try store?.write()
            return readings
        } catch {
            store?.discard()
            letters.removeSubrange(before...)
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
        letters.append(DeadLetter(topic: message.topic, payload: message.payload, received: message.received, reason: reason))
    }

    private func refuseReadings(of message: Message, taken: Int) {
        parsed.refusals.sort { $0.index < $1.index }
        let count = parsed.refusals.count
        let first = parsed.refusals[0]
        let summary = "\(count) of \(taken + count) readings refused; number \(first.index) \(first.reason)"
        letters.append(
            DeadLetter(topic: message.topic, payload: message.payload, received: message.received, reason: summary, readings: parsed.refusals))
    }

    /// Publishes the dead letters of a batch. One that the host refuses for good is logged and given up.
    private func publishLetters() throws(ServiceError) {
        publications.removeAll()
        for letter in letters { letter.append(to: &publications, prefix: settings.deadLetter) }
        letters.removeAll(keepingCapacity: true)
        while !publications.isEmpty {
            do throws(ServiceError) {
                try host.databus.publish(&publications)
                letterFailure = nil
            } catch {
                guard !error.isRetryable else { throw error }
                letterFailure = error.description
                host.log.error("a dead letter cannot be published: \(error)")
                publications.removeFirst()
            }
        }
    }
}
