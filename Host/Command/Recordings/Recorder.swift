internal import Databus
internal import Recording
internal import Synchronization

/// Writes what a databus says to a recording, as a client of it.
struct Recorder: Sendable {
    let options: MQTTClientOptions
    let filters: [String]
    let qos: UInt8
    /// When to end, whatever comes first; nil for never.
    var longest: Duration?
    var mostMessages: Int?
    var largestFile: Int?

    /// Records until a bound is reached or `stop` is set.
    /// - Returns: how many messages were recorded, and how many were lost because the disk was too slow.
    /// - Throws: `DatabusError` if the databus can't be reached at first or refuses; ``RecordingError``.
    func run(into writer: RecordingWriter, until stop: StopFlag, onReady: () -> Void) async throws -> (recorded: Int, lost: Int) {
        let intake = Intake(offset: max(writer.lastTime, wallClockNanoseconds() - writer.began))
        var client = try await connect(intake)
        onReady()
        let clock = ContinuousClock()
        let start = clock.now
        var recorded = 0
        var nextAttempt = start
        while !stop.isSet, longest.map({ clock.now - start < $0 }) ?? true {
            if !(try take(intake, writer, &recorded)) { break }
            if !client.isConnected, clock.now >= nextAttempt {
                nextAttempt = clock.now.advanced(by: .seconds(1))
                if let again = try? await connect(intake) {
                    Terminal.complain("dsotp record: the connection to the databus was lost for a while; recording goes on")
                    client = again
                }
            }
            try? await clock.sleep(for: .milliseconds(20))
        }
        await client.disconnect()
        _ = try take(intake, writer, &recorded)
        return (recorded, intake.lost)
    }

    private func connect(_ intake: Intake) async throws -> MQTTClient {
        let client = try await MQTTClient.connect(options) { intake.take($0) }
        try await client.subscribe(filters.map { ($0, qos) })
        return client
    }

    /// Writes what has come; false once a bound is reached.
    private func take(_ intake: Intake, _ writer: RecordingWriter, _ recorded: inout Int) throws -> Bool {
        for message in intake.drain() {
            if let mostMessages, recorded >= mostMessages { break }
            if let largestFile, writer.fileSize >= largestFile { break }
            try writer.append(message)
            recorded += 1
        }
        try writer.flush()
        return (mostMessages.map { recorded < $0 } ?? true) && (largestFile.map { writer.fileSize < $0 } ?? true)
    }
}

/// What has been received and not yet written; bounded.
private final class Intake: Sendable {
    private static let largest = 256 << 20
    private struct Content {
        var messages: [RecordedMessage] = []
        var bytes = 0
        var last: Int64 = 0
        var lost = 0
    }
    private let content = Mutex(Content())
    private let origin = ContinuousClock.now
    /// Time in the recording when it begins, or goes on.
    private let offset: Int64

    init(offset: Int64) { self.offset = offset }

    var lost: Int { content.withLock { $0.lost } }

    /// On the client's event loop.
    func take(_ message: MQTTMessage) {
        content.withLock { content in
            guard content.bytes < Self.largest else {
                content.lost += 1
                return
            }
            // Taken under the lock: the times of a recording never go back.
            content.last = max(content.last, offset + (ContinuousClock.now - origin).wholeNanoseconds)
            content.bytes += message.payload.count + 64
            content.messages.append(
                RecordedMessage(
                    time: content.last, topic: message.topic, payload: message.payload, qos: message.qos, isRetained: message.retained))
        }
    }

    func drain() -> [RecordedMessage] {
        content.withLock { content in
            defer {
                content.messages = []
                content.bytes = 0
            }
            return content.messages
        }
    }
}

/// Set when the person asks for the end.
final class StopFlag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}
