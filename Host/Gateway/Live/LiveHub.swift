import FoundationEssentials
import Glibc
import Synchronization
public import Topics

/// Gives messages of the databus to the readers of `GET /api/live`.
///
/// `publish` may be called from any thread and never waits. Without readers it costs one atomic load. Each reader has a bounded
/// buffer: what a slow reader does not take is dropped, oldest first.
public final class LiveHub: LiveFeed, Sendable {
    private struct Reader {
        let filters: [TopicFilter]
        let interval: Int64
        let continuation: AsyncStream<[UInt8]>.Continuation
        /// When each topic's last event was given; only kept when there is an interval, and then bounded.
        var lastEvent: [String: Int64] = [:]

        /// Whether the reader wants this event; notes that it was given.
        mutating func wants(_ topic: String, at time: Int64, tracking limit: Int) -> Bool {
            guard filters.contains(where: { $0.matches(topic) }) else { return false }
            guard interval > 0 else { return true }
            if let last = lastEvent[topic], time - last < interval, time >= last { return false }
            if lastEvent.count >= limit { lastEvent.removeAll(keepingCapacity: true) }
            lastEvent[topic] = time
            return true
        }
    }

    private let readers = Mutex<[Int: Reader]>([:])
    private let readerCount = Atomic(0)
    private let nextReader = Atomic(0)
    private let capacity: Int
    private let bufferedEvents: Int
    private let demandChanged: @Sendable ([TopicFilter]) -> Void
    private static let trackedTopics = 10_000

    /// A hub for at most `capacity` readers with `bufferedEvents` events each.
    ///
    /// `demandChanged` is told the filters that the readers want, whenever a reader comes or goes; with none, nobody reads. The host
    /// can so subscribe only to what is wanted. It may be called from any thread, for different readers at once.
    public init(
        capacity: Int = 64, bufferedEvents: Int = 1024, demandChanged: @escaping @Sendable ([TopicFilter]) -> Void = { _ in }
    ) {
        self.capacity = capacity
        self.bufferedEvents = bufferedEvents
        self.demandChanged = demandChanged
    }

    /// Whether anybody reads.
    public var hasReaders: Bool { readerCount.load(ordering: .relaxed) > 0 }

    /// Gives a message to the readers that want its topic.
    public func publish(topic: String, payload: UnsafeRawBufferPointer, millisecondsSince1970: Int64) {
        guard hasReaders else { return }
        readers.withLock { readers in
            var event: [UInt8]?
            for key in readers.keys where readers[key]?.wants(topic, at: millisecondsSince1970, tracking: Self.trackedTopics) == true {
                let encoded = event ?? Self.encode(topic: topic, payload: payload, time: millisecondsSince1970)
                event = encoded
                readers[key]?.continuation.yield(encoded)
            }
        }
    }

    public func events(filters: [String], minimumIntervalMilliseconds: Int) throws(GatewayError) -> AsyncStream<[UInt8]> {
        let parsed: [TopicFilter]
        do {
            parsed = try (filters.isEmpty ? ["#"] : filters.prefix(64)).map { try TopicFilter($0) }
        } catch {
            throw .badRequest("\(error)")
        }
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingNewest(bufferedEvents))
        let key = nextReader.wrappingAdd(1, ordering: .relaxed).newValue
        let isAdmitted = readers.withLock { readers in
            guard readers.count < capacity else { return false }
            readers[key] = Reader(filters: parsed, interval: Int64(minimumIntervalMilliseconds), continuation: continuation)
            return true
        }
        guard isAdmitted else { throw .unavailable("there are \(capacity) readers of the live stream already: try again later") }
        readerCount.wrappingAdd(1, ordering: .relaxed)
        continuation.onTermination = { [weak self] _ in self?.remove(key) }
        tellDemand()
        return stream
    }

    /// Ends all streams; for shut-down.
    public func finish() {
        for reader in readers.withLock({ Array($0.values) }) { reader.continuation.finish() }
    }

    private func remove(_ key: Int) {
        guard readers.withLock({ $0.removeValue(forKey: key) != nil }) else { return }
        readerCount.wrappingSubtract(1, ordering: .relaxed)
        tellDemand()
    }

    private func tellDemand() {
        let wanted = readers.withLock { readers in Set(readers.values.flatMap(\.filters)) }
        demandChanged(wanted.sorted { $0.description < $1.description })
    }

    /// The event as JSON without line feeds: a payload that is JSON stands in it as it was published (line feeds between its tokens
    /// become spaces), any other as base64.
    static func encode(topic: String, payload: UnsafeRawBufferPointer, time: Int64) -> [UInt8] {
        var event: [UInt8] = []
        event.reserveCapacity(payload.count + topic.utf8.count + 64)
        event += Array(#"{"topic":"#.utf8)
        event += Array(JSONValue.string(topic).text.utf8)
        event += Array(",\"time\":\(time),".utf8)
        if JSONCheck.isJSON(payload) {
            event += Array("\"payload\":".utf8)
            let start = event.count
            event.append(contentsOf: payload)
            // Few payloads are written on several lines.
            if payload.contains(where: { $0 == 0x0a || $0 == 0x0d }) {
                for index in start..<event.count where event[index] == 0x0a || event[index] == 0x0d { event[index] = 0x20 }
            }
        } else {
            event += Array("\"payload_base64\":\"".utf8)
            event += Array(Data(payload).base64EncodedString().utf8)
            event.append(UInt8(ascii: "\""))
        }
        event.append(UInt8(ascii: "}"))
        return event
    }
}
