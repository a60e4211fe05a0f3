internal import PluginAPI
internal import PluginTestKit
internal import Recording
internal import Runtime

/// Runs a service in the in-memory host on virtual time, and gives it a recording at the recorded times. Timers fire in between, in the order
/// in which they are due. Messages received at the same nanosecond come as one batch.
struct ServiceReplay {
    /// How often a batch comes again when the service asks for that, one virtual second apart.
    private static let attempts = 3

    private let harness: ServiceHarness
    private let reader: RecordingReader
    private let permissions: Permissions
    private let lines: ReplayLines
    private let place: ReplayPlace
    private let write: (String) -> Void
    private var batch: [RecordedMessage] = []
    private var batches = 0
    private var messages = 0
    private var unsubscribed = 0

    /// - Parameters:
    ///   - place: where the replay stands, for whoever looks on.
    ///   - write: takes each line, without a line feed.
    /// - Throws: what makes the library or the recording unusable.
    init(_ subject: ValidationSubject, recording: String, place: ReplayPlace, write: @escaping (String) -> Void) throws {
        reader = try RecordingReader(recording)
        let began = Timestamp(nanoseconds: reader.began)
        permissions = subject.permissions
        place.enter(.entry)
        harness = try ServiceHarness(
            library: try subject.library(), name: subject.manifest?.service ?? "replay", permissions: permissions, time: began, starts: false)
        lines = ReplayLines(began: began)
        self.place = place
        self.write = write
        harness.keepEvents()
        place.enter(.configure)
        try harness.configure(subject.configuration.json)
        place.enter(.start)
        try harness.start()
        tell()
    }

    /// - Parameter tail: how long virtual time goes on after the last message, for what timers still do.
    mutating func run(tail: Duration) throws {
        while let block = try reader.next() {
            for message in block {
                if let first = batch.first, first.time != message.time { try deliver() }
                messages += 1
                guard permissions.subscription(of: message.topic) != nil else {
                    unsubscribed += 1
                    continue
                }
                batch.append(message)
            }
        }
        try deliver()
        advance(to: harness.now + tail)
        end()
    }

    private mutating func deliver() throws {
        guard let first = batch.first else { return }
        advance(to: Timestamp(nanoseconds: reader.began &+ first.time))
        batches += 1
        for attempt in 1...Self.attempts {
            let taken = batch.map {
                TestMessage($0.topic, $0.payload, qos: $0.qos, retained: $0.isRetained, duplicate: attempt > 1)
            }
            place.enter(.messages, batch: batches, time: first.time)
            do {
                try harness.deliver(taken)
                break
            } catch let error as ServiceError {
                tell()
                write(lines.failed("on_messages", error, at: harness.now))
                guard error.isRetryable else { break }
                advance(to: harness.now + .seconds(1))
            }
        }
        tell()
        batch = []
    }

    private func advance(to end: Timestamp) {
        while harness.now < end {
            place.enter(.timer, batch: batches, time: (end - lines.began).nanoseconds)
            do { try harness.advance(by: end - harness.now) } catch let error as ServiceError {
                tell()
                write(lines.failed("on_timer", error, at: harness.now))
            } catch {
                write(lines.failed("on_timer", .internal("\(error)"), at: harness.now))
                return
            }
        }
        tell()
    }

    private func end() {
        place.enter(.stop)
        for (name, step) in [("drain", { _ = try harness.drain() }), ("stop", { _ = try harness.stop() })] as [(String, () throws -> Void)] {
            do { try step() } catch let error as ServiceError { write(lines.failed(name, error, at: harness.now)) } catch {
                // What broke the rules of the ABI is told below.
            }
            tell()
        }
        let (messages, unsubscribed, batches, violations) = (messages, unsubscribed, batches, harness.violations)
        write(
            lines.object("ended", at: harness.now) { writer in
                writer.member("messages", messages)
                writer.member("unsubscribed", unsubscribed)
                writer.member("batches", batches)
                writer.key("violations")
                writer.beginArray()
                for violation in violations { writer.value(violation) }
                writer.endArray()
            })
    }

    private func tell() {
        for event in harness.takeEvents() { write(lines.line(event)) }
    }
}
