internal import PluginAPI

/// A service that a manifest alone makes of a library.
final class ForeignService: Service {
    private let host: Host
    private let part: ForeignModule.Part
    private var configuration = Value.object([])
    private var engine: Engine?
    private var points: PointWriter
    private var publications = PublicationBatch()
    private var fields: [[Value?]] = []
    /// The work for messages of each subscription.
    private var bySubscription: [[Int]] = []
    private var refused: Counter?
    private var refusalsInARow = 0
    private var latestRefusal = ""

    init(host: Host, name: String) throws {
        guard let part = ForeignModule.part(of: name) else { throw ServiceError.internal("the service '\(name)' has no foreign library") }
        self.host = host
        self.part = part
        points = PointWriter(host: host)
    }

    private var description: ForeignDescription { part.description }

    func validate(_ configuration: Configuration) throws { _ = try read(configuration) }

    func configure(_ configuration: Configuration) throws { self.configuration = try read(configuration) }

    private func read(_ configuration: Configuration) throws(ServiceError) -> Value {
        do {
            var reader = configuration.reader
            return try Value(try reader.next(), &reader)
        } catch {
            throw .invalidConfiguration("config is no JSON (expected an object; got something that is malformed \(error))")
        }
    }

    func start() throws {
        let engine: Engine
        do throws(ForeignFault) { engine = try Engine(description, library: part.library, host: host) } catch {
            throw ServiceError.invalidConfiguration(error.sentence)
        }
        for step in description.start { try begin(step, engine) }
        try GoldenCheck(engine: engine, configuration: configuration).run()
        self.engine = engine
        refused = try host.metrics.counter("refused_total", help: "Messages and timers for which the library's work could not be done.")
        fields = description.work.map { Array(repeating: nil, count: $0.fields.paths.count) }
        bySubscription = []
        for (index, work) in description.work.enumerated() {
            switch work.trigger {
            case .messages(let subscriptions):
                for subscription in subscriptions {
                    while bySubscription.count <= subscription { bySubscription.append([]) }
                    bySubscription[subscription].append(index)
                }
            case .timer(let period):
                try host.timers.set(UInt64(index), first: host.clock.now + .nanoseconds(period), every: .nanoseconds(period))
            }
        }
    }

    private func begin(_ step: ForeignDescription.Step, _ engine: Engine) throws(ServiceError) {
        do throws(ForeignFault) { try engine.perform(step, Circumstances(configuration: configuration)) } catch {
            throw .invalidConfiguration("\(description.file):\(step.line): a call at the start: \(error.sentence)")
        }
    }

    func process(_ batch: MessageBatch) throws {
        points.removeAll()
        publications.removeAll()
        for message in batch where bySubscription.indices.contains(message.subscription) {
            for index in bySubscription[message.subscription] {
                var now = Circumstances(topic: message.topic, payload: message.payload, time: message.received, configuration: configuration)
                if let reason = try attempt(index, { try self.work(index, &now, document: message.payload) }) {
                    ForeignLetter.append(message, reason: reason, prefix: description.deadLetterPrefix, to: &publications)
                }
            }
        }
        try flush()
    }

    func timer(_ timer: UInt64, at time: Timestamp) throws {
        guard description.work.indices.contains(Int(clamping: timer)) else { return }
        points.removeAll()
        publications.removeAll()
        var now = Circumstances(time: time, configuration: configuration)
        if let reason = try attempt(Int(timer), { try self.work(Int(timer), &now, document: nil) }) {
            host.log.warning("the work that begins at line \(description.work[Int(timer)].line) of the manifest could not be done: \(reason)")
        }
        try flush()
    }

    /// Does some work; returns why it could not be done for this message, if that is so.
    private func attempt(_ index: Int, _ work: () throws -> Void) throws -> String? {
        do {
            try work()
            refusalsInARow = 0
            return nil
        } catch let fault as ForeignFault {
            if fault.kind == .memory { try part.corrupted(fault.sentence) }
            return refuse(fault.sentence)
        } catch let error as JSONError {
            return refuse("the message is no JSON: \(error)")
        }
    }

    private func refuse(_ reason: String) -> String {
        refused?.add()
        refusalsInARow += 1
        latestRefusal = reason
        return reason
    }

    func stop() throws {
        guard let engine else { return }
        for step in description.stop {
            do throws(ForeignFault) { try engine.perform(step, Circumstances(configuration: configuration)) } catch {
                host.log.warning("a call at the end failed: \(error.sentence)")
            }
        }
        self.engine = nil
    }

    func health() -> Health {
        refusalsInARow < 10 ? .well : .degraded("the last \(refusalsInARow) messages and timers could not be worked on: \(latestRefusal)")
    }
}

/// One piece of work.
extension ForeignService {
    private func work(_ index: Int, _ now: inout Circumstances, document: UnsafeRawBufferPointer?) throws {
        guard let engine else { throw ServiceError.invalidState("the library is not started") }
        let work = description.work[index]
        if let document, !work.fields.paths.isEmpty {
            try work.fields.read(document, into: &fields[index])
            now.fields = fields[index]
        }
        for use in work.series { now.series[use.index] = try read(use, engine, now) }
        for step in work.steps { try engine.perform(step, now) }
        // Everything is computed before anything is added: a message is worked on as a whole, or is a dead letter.
        var messages: [(topic: String, payload: [UInt8], publication: Int)] = []
        for (number, publication) in work.publications.enumerated() { messages.append(try compose(publication, number, engine, now)) }
        var pending: [PointWriter.Pending] = []
        for (number, output) in work.points.enumerated() { try compute(output, index << 16 | number, engine, now, into: &pending) }
        for point in pending { try points.append(point) }
        for message in messages {
            let publication = work.publications[message.publication]
            message.topic.withUTF8Bytes { topic in
                message.payload.withUnsafeBytes { payload in
                    publications.append(topic: topic, payload: payload, qos: publication.qos, retain: publication.isRetained)
                }
            }
        }
    }

    private func read(_ use: ForeignDescription.SeriesUse, _ engine: Engine, _ now: Circumstances) throws -> SeriesPoints {
        try SeriesReader(host: host).read(description.series[use.index], tags: try texts(of: use.tags, engine, now), until: now.time)
    }

    private func texts(
        of tags: [(key: String, source: Source)], _ engine: Engine, _ now: Circumstances
    ) throws(ForeignFault) -> [(key: String, value: String)] {
        var texts: [(key: String, value: String)] = []
        for tag in tags {
            let value = try engine.evaluate(tag.source, now)
            texts.append((tag.key, try value.plainText.orFault("the tag '\(tag.key)': expected a text or a number; got \(value.shown)")))
        }
        return texts
    }

    private func compose(
        _ publication: ForeignDescription.Publication, _ number: Int, _ engine: Engine, _ now: Circumstances
    ) throws(ForeignFault) -> (topic: String, payload: [UInt8], publication: Int) {
        let topic = try engine.evaluate(publication.topic, now)
        guard let text = topic.plainText, !text.isEmpty, !text.contains("+"), !text.contains("#") else {
            throw .input("expected a topic without + and #; got \(topic.shown)")
        }
        var json = JSONWriter()
        try engine.evaluate(publication.payload, now).write(to: &json)
        return (text, json.bytes, number)
    }

    private func compute(
        _ output: ForeignDescription.PointOutput, _ number: Int, _ engine: Engine, _ now: Circumstances, into pending: inout [PointWriter.Pending]
    ) throws(ForeignFault) {
        let tags = try texts(of: output.tags, engine, now)
        var time = now.time
        if let source = output.time {
            let value = try engine.evaluate(source, now)
            time = try Self.time(value).orFault("the time of a point: expected ISO 8601 or an epoch of the years 2000 … 2100; got \(value.shown)")
        }
        for (field, source) in output.fields {
            let value = try engine.evaluate(source, now)
            switch value {
            case .number, .integer, .boolean, .text: break
            default: throw .input("the field '\(field)': expected a number, a text or a truth value; got \(value.shown)")
            }
            pending.append(
                PointWriter.Pending(
                    output: number, database: output.database, measurement: output.measurement, tags: tags, field: field, value: value, time: time,
                    quality: output.quality))
        }
    }

    /// A time as devices send it; texts without a zone are in UTC.
    private static func time(_ value: Value) -> Timestamp? {
        guard let text = value.plainText else { return nil }
        return text.withUTF8Bytes { bytes in
            if let number = JSONNumber(bytes) { return Timestamp(epoch: number) }
            return Timestamp(iso8601: bytes, offsetIfMissing: 0)
        }
    }

    /// Writes, then publishes. What can succeed later fails the batch, which then comes again; what can't is told and left out.
    private func flush() throws {
        try points.flush()
        while !publications.isEmpty {
            do throws(ServiceError) { try host.databus.publish(&publications) } catch {
                guard !error.isRetryable else { throw error }
                host.log.warning("a message could not be published: \(error.sentence)")
                publications.removeFirst()
            }
        }
    }
}

extension String {
    /// Lends the text's UTF-8.
    fileprivate func withUTF8Bytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var text = self
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
