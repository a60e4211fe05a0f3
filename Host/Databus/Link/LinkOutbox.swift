import NIOCore

/// What local publishers say, on its way to the external broker: QoS 1 until it is acknowledged, QoS 0 until it is sent.
struct LinkOutbox {
    /// Identifiers beyond these are for SUBSCRIBE and UNSUBSCRIBE, which share the numbers of one connection (MQTT 3.1.1, 2.3.1).
    static let publicationIdentifiers = 65_471

    private let options: LinkOptions
    private var queue = DeliveryQueue(identifiers: LinkOutbox.publicationIdentifiers)
    /// QoS 0.
    private var backlog = CircularBuffer<(message: Message, retain: Bool)>()
    private var backlogBytes = 0

    init(_ options: LinkOptions) { self.options = options }

    /// Sent and not acknowledged.
    var inFlight: Int { queue.inFlight }
    /// Not sent yet, ever.
    var waiting: Int { queue.waiting + backlog.count }
    var byteCount: Int { queue.byteCount + backlogBytes }
    /// Whether nothing is left to send or to be acknowledged.
    var isEmpty: Bool { queue.isEmpty && backlog.isEmpty }
    /// Whether a QoS 0 message may be sent at once without overtaking another.
    var hasNoBacklog: Bool { backlog.isEmpty }

    var isFull: Bool { isAbove(messages: options.maximumQueuedMessages, bytes: options.maximumQueuedBytes) }
    /// Whether those who wait for room may go on.
    var hasRoom: Bool { !isHalfFull }
    var isHalfFull: Bool { isAbove(messages: options.maximumQueuedMessages / 2, bytes: options.maximumQueuedBytes / 2) }

    /// Topic of the oldest message that is not acknowledged.
    var oldestTopic: String? { queue.front?.withPacket { String(decoding: $0.topic, as: UTF8.self) } }

    private func isAbove(messages: Int, bytes: Int) -> Bool { waiting + inFlight >= messages || byteCount >= bytes }

    /// Keeps a copy of a message; QoS 2 becomes QoS 1.
    mutating func append(_ packet: PublishPacket) {
        let message = Message.copy(packet)
        if packet.qos > 0 {
            queue.append(message, qos: 1, retain: packet.retain)
        } else {
            backlog.append((message, packet.retain))
            backlogBytes += message.byteCount
        }
    }

    /// Encodes the next message: first what an earlier connection left unacknowledged, with DUP.
    /// - Returns: false when there is none, or the window is full.
    mutating func writeNext(to output: inout ByteBuffer) -> Bool {
        if let (message, retain) = backlog.popFirst() {
            backlogBytes -= message.byteCount
            message.withPacket { output.writePublish($0, qos: 0, retain: retain, packetIdentifier: 0) }
            return true
        }
        guard let next = queue.next(window: options.maximumInFlight, keepingBytes: true) else { return false }
        // An entry without its message is acknowledged and waits for earlier ones to be.
        next.entry.message?.withPacket {
            output.writePublish($0, qos: 1, retain: next.entry.retain, duplicate: next.duplicate, packetIdentifier: next.packetIdentifier)
        }
        return true
    }

    /// PUBACK.
    /// - Returns: false when no such message is in flight.
    mutating func complete(_ packetIdentifier: UInt16) -> Bool { queue.complete(packetIdentifier, expected: .awaitingPuback) }

    /// A new connection: what is not acknowledged is to be sent again, in its order.
    mutating func rewind() { queue.rewind() }
}
