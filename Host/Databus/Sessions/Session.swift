import NIOCore

/// What the broker knows of a client beyond one connection (MQTT 3.1.1, section 3.1.2.4).
final class Session {
    let clientIdentifier: String
    let isClean: Bool
    /// As authenticated by the latest CONNECT.
    var user: String?
    /// Filters with the granted QoS.
    var subscriptions: [[UInt8]: UInt8] = [:]
    /// nil while the client is away.
    var connection: Connection?
    var queue = DeliveryQueue()
    /// QoS 0 messages (retained ones, and live ones behind them) waiting for room in the output buffer.
    private var backlog = CircularBuffer<(message: Message, retain: Bool)>()
    private var backlogBytes = 0
    /// QoS 2 packet identifiers received and not released.
    var receivedIdentifiers: Set<UInt16> = []
    /// Publishers held back until this session's queue has room.
    var waiting: [Publisher] = []
    /// Sweep at which the first of them began to wait.
    var waitedForSince: UInt64 = 0
    /// QoS 0 messages dropped because the client reads too slowly.
    var dropped: UInt64 = 0
    /// Marks of `Route.resolve`.
    var routeEpoch: UInt64 = 0
    var routeIndex = 0

    private let limits: BrokerOptions
    /// Output beyond this waits in the queue, where acknowledged-delivery limits apply.
    private static let pumpThreshold = 256 << 10

    init(clientIdentifier: String, isClean: Bool, limits: BrokerOptions) {
        self.clientIdentifier = clientIdentifier
        self.isClean = isClean
        self.limits = limits
    }

    /// Whether the queue is at its limit in messages or bytes.
    var isFull: Bool { queue.waiting >= limits.maximumQueuedMessages || queue.byteCount >= limits.maximumQueuedBytes }

    private var hasRoom: Bool {
        queue.waiting <= limits.maximumQueuedMessages / 2 && queue.byteCount <= limits.maximumQueuedBytes / 2
    }

    /// Messages waiting, of any QoS.
    var queued: Int { queue.waiting + backlog.count }

    /// Sends or queues one message, as the session's state allows.
    /// - Parameter shared: the stored copy of this message, made by the first session that needs one.
    /// - Returns: false when a QoS 0 message was dropped.
    @inline(__always)
    func deliver(_ packet: PublishPacket, qos: UInt8, retain: Bool, shared: inout Message?) -> Bool {
        if qos == 0 { return deliverAtMostOnce(packet, retain: retain, shared: &shared) }
        if isClean, let connection, connection.output.readableBytes < Self.pumpThreshold,
            let identifier = queue.appendSent(qos: qos, window: limits.maximumInFlight)
        {
            connection.send(packet, qos: qos, retain: retain, packetIdentifier: identifier)
            return true
        }
        queue.append(Self.stored(packet, &shared), qos: qos, retain: retain)
        pump()
        return true
    }

    @inline(__always)
    private func deliverAtMostOnce(_ packet: PublishPacket, retain: Bool, shared: inout Message?) -> Bool {
        // MQTT allows to queue QoS 0 for an absent client; like its peers this broker does not (3.1.2.4).
        guard let connection else { return true }
        if backlog.isEmpty, connection.output.readableBytes < limits.maximumOutputBytes {
            connection.send(packet, qos: 0, retain: retain, packetIdentifier: 0)
            return true
        }
        return deliverBehindBacklog(packet, retain: retain, shared: &shared)
    }

    @inline(never)
    private func deliverBehindBacklog(_ packet: PublishPacket, retain: Bool, shared: inout Message?) -> Bool {
        guard !backlog.isEmpty, backlogBytes < limits.maximumOutputBytes else {
            dropped += 1
            return false
        }
        queueAtMostOnce(Self.stored(packet, &shared), retain: retain)
        return true
    }

    private static func stored(_ packet: PublishPacket, _ shared: inout Message?) -> Message {
        if let shared { return shared }
        let message = Message.copy(packet)
        shared = message
        return message
    }

    /// Queues a retained message for a new subscription; all of them arrive, however many there are, because only
    /// references to the retained store wait here.
    func deliverRetained(_ message: Message, qos: UInt8) {
        if qos == 0 {
            queueAtMostOnce(message, retain: true)
        } else {
            queue.append(message, qos: qos, retain: true)
        }
    }

    private func queueAtMostOnce(_ message: Message, retain: Bool) {
        backlog.append((message, retain))
        backlogBytes += message.byteCount
    }

    /// Whether `pump` would find something once the output buffer has room.
    var hasUnsent: Bool { queue.hasUnsent || !backlog.isEmpty }

    /// Sends what waits, as far as the output buffer and the window allow, and lets publishers go on.
    func pump() {
        guard let connection else { return }
        while connection.output.readableBytes < Self.pumpThreshold, let next = backlog.popFirst() {
            backlogBytes -= next.message.byteCount
            next.message.withPacket { connection.send($0, qos: 0, retain: next.retain, packetIdentifier: 0) }
        }
        while connection.output.readableBytes < Self.pumpThreshold,
            let next = queue.next(window: limits.maximumInFlight, keepingBytes: !isClean)
        {
            send(next, on: connection)
        }
        if !waiting.isEmpty, hasRoom { releaseWaiting() }
    }

    private func send(_ next: DeliveryQueue.Next, on connection: Connection) {
        guard let message = next.entry.message else {
            if next.entry.state == .awaitingPubcomp {
                connection.sendAcknowledgement(.pubrel, packetIdentifier: next.packetIdentifier)
            }
            return
        }
        message.withPacket {
            connection.send(
                $0, qos: next.entry.state == .awaitingPubrec ? 2 : 1, retain: next.entry.retain,
                duplicate: next.duplicate, packetIdentifier: next.packetIdentifier)
        }
    }

    /// Lets the publishers that waited for this session go on.
    func releaseWaiting() {
        let released = waiting
        waiting = []
        for publisher in released { publisher.sessionHasRoom() }
    }

    /// The client is gone: QoS 0 messages go with it.
    func detach() {
        connection = nil
        backlog.removeAll()
        backlogBytes = 0
        queue.rewind()
        releaseWaiting()
    }
}
