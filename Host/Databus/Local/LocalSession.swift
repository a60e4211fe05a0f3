import NIOCore

/// What the broker knows of a local subscriber, also while it is away.
final class LocalSession {
    private struct Queued {
        let message: Message
        var subscription: Int
        let qos: UInt8
        let isRetained: Bool
        /// Names the publication when its publisher is to be answered only once it is stored.
        var acknowledgement: LocalAcknowledgement?
    }

    let id: Int
    let name: String
    private(set) var kind: LocalSessionKind
    private(set) var filters: [LocalFilter]
    /// Its own session at the external broker; nil where it gets the messages of the host's.
    var own: OwnSession?
    /// nil while the subscriber of a persistent session is away.
    private(set) var subscriber: (any LocalSubscriber)?
    private unowned let core: BrokerCore
    private var queue = CircularBuffer<Queued>()
    private var queuedBytes = 0
    /// The subscriber said it has no room and has not said that it is ready.
    private var isBlocked = false
    private var isTouched = false
    /// Publishers held back until the subscriber is ready.
    private var waiting: [Publisher] = []
    private(set) var delivered: UInt64 = 0
    private(set) var dropped: UInt64 = 0

    init(id: Int, name: String, kind: LocalSessionKind, core: BrokerCore, filters: [LocalFilter] = []) {
        self.id = id
        self.name = name
        self.kind = kind
        self.core = core
        self.filters = filters
    }

    /// Whether the queue of an absent subscriber is at its limit.
    var isFullOffline: Bool {
        subscriber == nil
            && (queue.count >= core.options.maximumQueuedMessages || queuedBytes >= core.options.maximumQueuedBytes)
    }

    var queued: Int { queue.count }

    /// The subscriber is here (again). What was queued is matched against its present filters; what none of them
    /// wants any more is dropped.
    func attach(_ subscriber: any LocalSubscriber, filters: [LocalFilter]) {
        self.subscriber = subscriber
        self.filters = filters
        isBlocked = false
        var kept = CircularBuffer<Queued>()
        for var item in queue {
            let index = item.message.withPacket { packet in lowestMatch(packet.topic, before: filters.count) }
            guard let index else {
                dropped += 1
                queuedBytes -= item.message.byteCount
                acknowledge(item)
                continue
            }
            item.subscription = index
            kept.append(item)
        }
        queue = kept
    }

    /// The session goes on as another kind.
    func become(_ kind: LocalSessionKind) { self.kind = kind }

    func detach() {
        subscriber = nil
        isBlocked = false
        releaseWaiting()
    }

    /// Nobody wants what is queued any more, so it is acknowledged as what nobody subscribed to.
    func discardQueue() {
        let discarded = queue
        queue.removeAll()
        queuedBytes = 0
        for item in discarded { acknowledge(item) }
        releaseWaiting()
    }

    /// Index of the first filter that matches, among those before `end`.
    private func lowestMatch(_ topic: UnsafeRawBufferPointer, before end: Int) -> Int? {
        filters[..<end].firstIndex { entry in
            var filter = entry.filter
            return filter.withUTF8 { TopicRules.filter(UnsafeRawBufferPointer($0), matches: topic) }
        }
    }

    /// Queues the retained messages that the filters match, each once; not those of filters in `known`.
    func queueRetained(from store: any RetainedStore, except known: [LocalFilter] = []) {
        for (index, entry) in filters.enumerated() where !known.contains(where: { $0.filter == entry.filter }) {
            var filter = entry.filter
            filter.withUTF8 { bytes in
                store.forEachMatch(UnsafeRawBufferPointer(bytes)) { message in
                    let isFirst = message.withPacket { lowestMatch($0.topic, before: index) } == nil
                    guard isFirst else { return }
                    enqueue(message, subscription: index, qos: min(message.header.qos, entry.qos), isRetained: true)
                }
            }
        }
    }

    private func enqueue(
        _ message: Message, subscription: Int, qos: UInt8, isRetained: Bool,
        acknowledgement: LocalAcknowledgement? = nil
    ) {
        queuedBytes += message.byteCount
        queue.append(
            Queued(
                message: message, subscription: subscription, qos: qos, isRetained: isRetained,
                acknowledgement: acknowledgement))
    }

    /// Keeps a publication while the subscriber is away. It is acknowledged once queued, unless the options withhold that:
    /// the queue is in memory, and its publisher would not send again what a crash takes away.
    @inline(never)
    private func enqueueOffline(_ packet: PublishPacket, subscription: Int, qos: UInt8, from publisher: Publisher) {
        if qos == 0 { return }
        let acknowledgement =
            core.options.withholdsForAbsentServices && filters[subscription].acknowledge == .stored
            ? publisher.openAcknowledgement(of: packet) : nil
        if acknowledgement != nil { publisher.expectAcknowledgement(from: nil) }
        enqueue(
            Message.copy(packet), subscription: subscription, qos: qos, isRetained: publisher.isRetained,
            acknowledgement: acknowledgement)
    }

    /// Offers one publication, or queues it while the subscriber is away.
    @inline(__always)
    func offer(_ packet: PublishPacket, subscription: Int, from publisher: Publisher) -> LocalDelivery {
        let filter = filters[subscription]
        let qos = min(packet.qos, filter.qos)
        guard let subscriber else {
            enqueueOffline(packet, subscription: subscription, qos: qos, from: publisher)
            return .accepted
        }
        if isBlocked || !queue.isEmpty { return .blocked }
        let acknowledgement =
            filter.acknowledge == .stored && qos > 0 ? publisher.openAcknowledgement(of: packet) : nil
        let outcome = subscriber.deliver(
            subscription: subscription, topic: packet.topic, payload: packet.payload, qos: qos, retained: publisher.isRetained,
            duplicate: packet.duplicate, acknowledgement: acknowledgement)
        if outcome == .accepted, acknowledgement != nil { publisher.expectAcknowledgement(from: id) }
        record(outcome)
        return outcome
    }

    @inline(__always)
    private func record(_ outcome: LocalDelivery) {
        switch outcome {
        case .accepted: delivered &+= 1
        case .dropped: dropped &+= 1
        case .blocked: isBlocked = true
        }
        if isTouched { return }
        isTouched = true
        core.endDeliveriesLater(self)
    }

    /// Keeps a publisher back until the subscriber is ready.
    func keepWaiting(_ publisher: Publisher) {
        waiting.append(publisher)
        publisher.hold(.localSubscriber)
    }

    /// The subscriber has room again.
    func ready() {
        isBlocked = false
        drain()
    }

    /// Delivers what is queued, then lets the publishers go on.
    func drain() {
        guard let subscriber else { return }
        while !isBlocked, let item = queue.first {
            let acknowledgement = filters[item.subscription].acknowledge == .stored ? item.acknowledgement : nil
            let outcome = item.message.withPacket { packet in
                subscriber.deliver(
                    subscription: item.subscription, topic: packet.topic, payload: packet.payload, qos: item.qos,
                    retained: item.isRetained, duplicate: false, acknowledgement: acknowledgement)
            }
            record(outcome)
            if outcome == .blocked { return }
            queue.removeFirst()
            queuedBytes -= item.message.byteCount
            if let acknowledgement, outcome == .accepted {
                core.handOver(acknowledgement, to: id)
            } else {
                acknowledge(item)
            }
        }
        if !isBlocked { releaseWaiting() }
    }

    private func acknowledge(_ item: Queued) {
        if let acknowledgement = item.acknowledgement { core.acknowledge(CollectionOfOne(acknowledgement)) }
    }

    private func releaseWaiting() {
        let released = waiting
        waiting = []
        for publisher in released { publisher.release(.localSubscriber) }
    }

    /// The tick is over.
    func endDeliveries() {
        isTouched = false
        subscriber?.deliveriesEnded()
    }
}
