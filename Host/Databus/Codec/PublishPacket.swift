/// A PUBLISH, seen in place (MQTT 3.1.1, section 3.3).
///
/// Every producer of one (the wire, a stored message, a local batch) lays the topic out behind its two-byte length, as
/// on the wire, so that forwarding copies both at once.
struct PublishPacket {
    /// UTF-8 of the topic name; the two bytes before it are its length, big-endian.
    let topic: UnsafeRawBufferPointer
    /// The application message.
    let payload: UnsafeRawBufferPointer
    /// 0 for QoS 0.
    let packetIdentifier: UInt16
    /// 0, 1 or 2.
    let qos: UInt8
    let retain: Bool
    let duplicate: Bool

    init(
        topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retain: Bool,
        duplicate: Bool = false, packetIdentifier: UInt16 = 0
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.duplicate = duplicate
        self.packetIdentifier = packetIdentifier
    }

    /// Reads the body of a PUBLISH. The topic's text is checked by whoever resolves it, once per topic.
    @inline(__always)
    init(flags: UInt8, body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        qos = flags >> 1 & 0b11
        retain = flags & 1 != 0
        duplicate = flags & 0b1000 != 0
        guard qos != 3 else { throw .qualityOfService }
        guard qos != 0 || !duplicate else { throw .duplicateFlag }
        guard body.count >= 2 else { throw .truncated("the topic name") }
        let topicCount = Int(body[0]) << 8 | Int(body[1])
        var payloadStart = 2 + topicCount
        if qos == 0 {
            guard body.count >= payloadStart else { throw .truncated("the topic name") }
            packetIdentifier = 0
        } else {
            guard body.count >= payloadStart + 2 else { throw .truncated("the packet identifier") }
            packetIdentifier = UInt16(body[payloadStart]) << 8 | UInt16(body[payloadStart + 1])
            guard packetIdentifier != 0 else { throw .packetIdentifier }
            payloadStart += 2
        }
        topic = UnsafeRawBufferPointer(rebasing: body[2..<2 + topicCount])
        payload = UnsafeRawBufferPointer(rebasing: body[payloadStart...])
    }

    /// The topic with its two-byte length in front.
    @inline(__always)
    var prefixedTopic: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: topic.baseAddress.map { $0 - 2 }, count: topic.count + 2)
    }

    /// Bytes that matter for queue limits.
    @inline(__always)
    var byteCount: Int { topic.count + payload.count }
}
