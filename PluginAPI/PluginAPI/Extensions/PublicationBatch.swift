import CPluginAPI

/// Messages to publish together. Copies topics and payloads into one buffer that it keeps: reused, it allocates nothing.
public struct PublicationBatch: Sendable {
    private struct Entry {
        var topic: Range<Int>
        var payload: Range<Int>
        var qos: UInt8
        var retain: Bool
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    /// Holds nothing yet.
    public init() {}

    /// Whether there is nothing to publish.
    public var isEmpty: Bool { entries.isEmpty }
    /// How many messages wait to be published.
    public var count: Int { entries.count }

    /// Adds a message.
    public mutating func append(
        topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8 = 0, retain: Bool = false
    ) {
        entries.append(Entry(topic: copy(topic), payload: copy(payload), qos: qos, retain: retain))
    }

    /// Adds a message.
    public mutating func append(_ topic: String, _ payload: [UInt8], qos: UInt8 = 0, retain: Bool = false) {
        topic.withPluginBytes { topic in
            payload.withUnsafeBytes { append(topic: topic.buffer, payload: $0, qos: qos, retain: retain) }
        }
    }

    /// Empties the batch, keeping its memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    /// Gives up the first messages.
    public mutating func removeFirst(_ count: Int = 1) {
        entries.removeFirst(min(count, entries.count))
    }

    /// Calls `body` with the messages as the C table takes them.
    func withPublications<Result>(_ body: (UnsafeBufferPointer<dsotp_publication>) -> Result) -> Result {
        bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: dsotp_publication.self, capacity: entries.count) { publications in
                for (index, entry) in entries.enumerated() {
                    publications.initializeElement(
                        at: index,
                        to: dsotp_publication(
                            topic: UnsafeRawBufferPointer(rebasing: bytes[entry.topic]),
                            payload: UnsafeRawBufferPointer(rebasing: bytes[entry.payload]), qos: entry.qos, retain: entry.retain))
                }
                return body(UnsafeBufferPointer(publications))
            }
        }
    }

    private mutating func copy(_ buffer: UnsafeRawBufferPointer) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: buffer)
        return start..<bytes.count
    }
}
