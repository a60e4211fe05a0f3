import NIOCore

/// Messages to publish, gathered in one byte arena. Reuse one per thread: `removeAll` keeps its memory.
public struct PublicationBatch: Sendable {
    /// Bytes in front of each message's topic: flags, payload length.
    private static let prefix = 5

    private(set) var arena = ByteBuffer()
    /// Messages held.
    public private(set) var count = 0
    /// Publications of one source stay in order; a source whose receiver has no room does not hold up the others.
    public var source: UInt32
    private let rules: TopicRules

    /// An empty batch.
    /// - Parameter source: identifies the publishing service; 0 is shared by those that do not care.
    public init(source: UInt32 = 0) {
        self.source = source
        rules = TopicRules()
    }

    /// Whether it holds no message.
    public var isEmpty: Bool { count == 0 }

    /// Bytes held, including about ten per message of bookkeeping.
    public var byteCount: Int { arena.readableBytes }

    /// Copies one message into the batch.
    /// - Parameters:
    ///   - topic: UTF-8 of a topic name without wildcards.
    ///   - qos: 0, 1 or 2.
    /// - Throws: when the topic is no valid topic name, or the message is larger than MQTT can carry.
    public mutating func append(
        topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8 = 0, retain: Bool = false
    ) throws(DatabusError) {
        if let fault = rules.fault(inName: topic) {
            throw .invalidTopic(String(decoding: topic, as: UTF8.self), fault)
        }
        let size = topic.count + payload.count + 4
        guard size <= FixedHeader.maximumRemainingLength else { throw .messageTooLarge(bytes: size) }
        arena.writeInteger(min(qos, 2) | (retain ? 4 : 0))
        arena.writeInteger(UInt32(payload.count))
        arena.writeInteger(UInt16(topic.count))
        arena.writeBytes(topic)
        arena.writeBytes(payload)
        count += 1
    }

    /// Copies one message into the batch.
    /// - Throws: as above.
    public mutating func append(
        topic: String, payload: some Collection<UInt8>, qos: UInt8 = 0, retain: Bool = false
    ) throws(DatabusError) {
        var topic = topic
        let bytes = ContiguousArray(payload)
        let result: Result<Void, DatabusError> = topic.withUTF8 { topic in
            bytes.withUnsafeBytes { payload in
                do throws(DatabusError) {
                    return .success(
                        try append(topic: UnsafeRawBufferPointer(topic), payload: payload, qos: qos, retain: retain))
                } catch { return .failure(error) }
            }
        }
        try result.get()
    }

    /// Empties the batch and keeps its memory, unless the broker still reads from it.
    public mutating func removeAll() {
        arena.clear()
        count = 0
    }

    /// Reads the message at `offset` of an arena and moves the offset behind it; nil at the end.
    @inline(__always)
    static func next(in arena: UnsafeRawBufferPointer, at offset: inout Int) -> PublishPacket? {
        guard offset < arena.count else { return nil }
        let flags = arena[offset]
        let payloadCount = Int(UInt32(bigEndian: arena.loadUnaligned(fromByteOffset: offset + 1, as: UInt32.self)))
        let topicCount = Int(UInt16(bigEndian: arena.loadUnaligned(fromByteOffset: offset + prefix, as: UInt16.self)))
        let topicStart = offset + prefix + 2
        let payloadStart = topicStart + topicCount
        offset = payloadStart + payloadCount
        return PublishPacket(
            topic: UnsafeRawBufferPointer(rebasing: arena[topicStart..<payloadStart]),
            payload: UnsafeRawBufferPointer(rebasing: arena[payloadStart..<offset]), qos: flags & 3,
            retain: flags & 4 != 0)
    }
}
