/// What a stored message knows beside its bytes.
struct MessageHeader {
    let topicCount: Int
    let payloadCount: Int
    let qos: UInt8
}

/// A message that outlives its packet: retained, queued or in flight. One allocation, shared by all its receivers.
///
/// The bytes are the topic behind its two-byte length, then the payload.
final class Message: ManagedBuffer<MessageHeader, UInt8> {
    /// Copies the packet's bytes.
    static func copy(_ packet: PublishPacket) -> Message {
        let topic = packet.prefixedTopic
        let buffer = Message.create(minimumCapacity: topic.count + packet.payload.count) { _ in
            MessageHeader(topicCount: packet.topic.count, payloadCount: packet.payload.count, qos: packet.qos)
        }
        // `create` on a subclass returns an instance of that subclass.
        let message = unsafeDowncast(buffer, to: Message.self)
        message.withUnsafeMutablePointerToElements { elements in
            let target = UnsafeMutableRawPointer(elements)
            if let source = topic.baseAddress { target.copyMemory(from: source, byteCount: topic.count) }
            if let source = packet.payload.baseAddress {
                (target + topic.count).copyMemory(from: source, byteCount: packet.payload.count)
            }
        }
        return message
    }

    /// Bytes that count against queue and retained limits.
    var byteCount: Int { header.topicCount + header.payloadCount }

    /// Whether the payload has these bytes.
    func hasPayload(_ payload: UnsafeRawBufferPointer) -> Bool {
        withPacket { $0.payload.elementsEqual(payload) }
    }

    /// Shows the message as a packet; the pointers are valid during the call.
    @inline(__always)
    func withPacket<Result>(_ body: (PublishPacket) -> Result) -> Result {
        withUnsafeMutablePointers { header, elements in
            let base = UnsafeRawPointer(elements)
            let topicCount = header.pointee.topicCount
            return body(
                PublishPacket(
                    topic: UnsafeRawBufferPointer(start: base + 2, count: topicCount),
                    payload: UnsafeRawBufferPointer(start: base + 2 + topicCount, count: header.pointee.payloadCount),
                    qos: header.pointee.qos, retain: false))
        }
    }
}
