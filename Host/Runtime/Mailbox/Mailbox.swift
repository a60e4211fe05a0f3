internal import CPluginAPI
internal import Synchronization

/// The queue between the databus and a service, bounded in messages and bytes.
///
/// One producer (the databus's thread) copies each message once, into a segment; one consumer (the service's thread) hands stretches
/// of segments to the service in place. Neither locks or allocates for a message: a lock is taken once a batch by the consumer, and
/// by the producer once a segment and when it has to drop the oldest messages. The bounds are on messages that wait; the batch that
/// the service works on, at most one segment, comes on top.
final class Mailbox: @unchecked Sendable {
    // @unchecked: members under "producer" are touched by the producer's thread alone, `head` is a Mutex, the rest is atomic.

    private let limits: QueueLimits
    private let clock: any ServiceClock
    /// Wakes the thread that takes the messages.
    private let consumer: Mutex<WorkSignal>
    private let counters: ServiceCounters
    private let segmentMessages: Int
    private let segmentBytes: Int

    // The producer's.
    private var tail: MailboxSegment
    private var tailCount = 0
    private var tailBytes = 0
    private var appendedMessages = 0
    private var appendedBytes = 0
    private var knownRemovedMessages = 0
    private var knownRemovedBytes = 0
    private var sequence: UInt64 = 0
    private var burstTime: Int64 = 0
    /// `limits.messages`, or less than none while messages have to go behind what is spilled.
    private var messageBound: Int
    /// Acknowledgements that are due at the end of the burst.
    private var receipts: [UInt64] = []
    /// Whether something is to be done for the spill or for receipts at the end of the burst.
    private var hasDuties = false

    // Set before the first delivery.
    private(set) var spill: Spill?
    /// For each subscription whether its messages are acknowledged when the host has them, though the databus leaves that to us.
    private var owesReceipt: [Bool] = []
    private var givesReceipts = false
    private var acknowledgeReceived: @Sendable ([UInt64]) -> Void = { _ in }
    private var match: @Sendable (UnsafeRawBufferPointer) -> Int? = { _ in nil }

    // Shared.
    private struct Head {
        var segment: MailboxSegment
        /// The first message of `segment` that nobody took.
        var index = 0
        var spare: [MailboxSegment] = []
    }
    private let head: Mutex<Head>
    private let publishedMessages = Atomic<Int>(0)
    private let publishedBytes = Atomic<Int>(0)
    private let removedMessages = Atomic<Int>(0)
    private let removedBytes = Atomic<Int>(0)
    private let isBlocked = Atomic<Bool>(false)
    private let closing = Atomic<UInt8>(Closing.open)
    private let droppedSinceBatch = Atomic<UInt64>(0)

    private enum Closing {
        static let open: UInt8 = 0, dropping: UInt8 = 1, blocking: UInt8 = 2
    }

    /// Messages that the service may read until ``finish(_:)``.
    struct Claim: Sendable {
        let segment: MailboxSegment
        let range: Range<Int>
        /// Messages dropped since the last claim.
        let dropped: UInt64
    }

    init(limits: QueueLimits, clock: any ServiceClock, signal: WorkSignal, counters: ServiceCounters) {
        self.limits = limits
        self.clock = clock
        consumer = Mutex(signal)
        self.counters = counters
        segmentMessages = min(1_024, limits.messages)
        segmentBytes = min(256 << 10, max(4_096, limits.bytes))
        tail = MailboxSegment(messageCapacity: segmentMessages, byteCapacity: segmentBytes)
        messageBound = limits.messages
        head = Mutex(Head(segment: tail))
    }

    /// Before the first delivery: gives it the spill that it is to use, with what an earlier run left there.
    ///
    /// - Parameters:
    ///   - owesReceipt: for each subscription, whether a message is acknowledged as soon as the host has it safely.
    ///   - acknowledge: gives those acknowledgements; called on the databus's thread.
    ///   - match: the subscription that a topic belongs to.
    func use(
        _ spill: Spill, owesReceipt: [Bool], acknowledge: @escaping @Sendable ([UInt64]) -> Void,
        match: @escaping @Sendable (UnsafeRawBufferPointer) -> Int?
    ) {
        self.spill = spill
        self.owesReceipt = owesReceipt
        givesReceipts = owesReceipt.contains(true)
        acknowledgeReceived = acknowledge
        self.match = match
        sequence = UInt64(spill.recovered)
        if spill.recovered > 0 { messageBound = -1 }
    }

    /// Messages that wait, as far as the producer has handed them over.
    var depth: Int { max(0, publishedMessages.load(ordering: .relaxed) - removedMessages.load(ordering: .relaxed)) }
    /// Bytes of those messages.
    var depthBytes: Int { max(0, publishedBytes.load(ordering: .relaxed) - removedBytes.load(ordering: .relaxed)) }
    /// Whether the consumer would find a message.
    var hasMessages: Bool {
        publishedMessages.load(ordering: .acquiring) != removedMessages.load(ordering: .relaxed) || hasReadableSpill
    }

    private var hasReadableSpill: Bool { spill?.isReadable ?? false }

    /// When what can't be read back now is tried again, monotonic ns; `nil` if there is nothing of the kind.
    var nextAttempt: Int64? {
        let pause = spill?.readPause.load(ordering: .relaxed) ?? 0
        return pause == 0 ? nil : pause
    }

    /// From now on wakes another thread: that of the instance which takes the messages now.
    func wake(_ signal: WorkSignal) { consumer.withLock { $0 = signal } }

    /// Wakes the thread that takes the messages.
    func wakeConsumer() { signal.wake() }

    private var signal: WorkSignal { consumer.withLock { $0 } }

    /// From now on takes nothing: a delivery is blocked if the databus keeps what it can't deliver (`keeping`), else dropped.
    func close(keeping: Bool) {
        closing.store(keeping ? Closing.blocking : Closing.dropping, ordering: .sequentiallyConsistent)
    }
}

extension Mailbox: MessageSink {
    func deliver(
        subscription: Int, topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retained: Bool, duplicate: Bool,
        acknowledgement: UInt64?
    ) -> DeliveryOutcome {
        let state = closing.load(ordering: .relaxed)
        guard state == Closing.open else { return state == Closing.blocking ? .blocked : .dropped }
        let size = topic.count + payload.count
        if !hasRoom(for: size) {
            let message = Arrival(
                subscription: subscription, topic: topic, payload: payload, qos: qos, retained: retained, duplicate: duplicate,
                acknowledgement: acknowledgement)
            if let outcome = limits.overflow == .spill ? putAside(message) : makeRoom(for: size) { return outcome }
        }
        if burstTime == 0 { burstTime = clock.now() }
        append(
            subscription: subscription, topic: topic, payload: payload, qos: qos, retained: retained, duplicate: duplicate,
            received: burstTime, acknowledgement: acknowledgement)
        return .accepted
    }

    /// Copies a message behind the last one, whatever the bounds.
    @inline(__always)
    private func append(
        subscription: Int, topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retained: Bool, duplicate: Bool,
        received: Int64, acknowledgement: UInt64?
    ) {
        let size = topic.count + payload.count
        if tailCount == tail.messageCapacity || tailBytes + size > tail.byteCapacity { extend(for: size) }
        let bytes = tail.arena + tailBytes
        if let source = topic.baseAddress { bytes.copyMemory(from: source, byteCount: topic.count) }
        if let source = payload.baseAddress { (bytes + topic.count).copyMemory(from: source, byteCount: payload.count) }
        sequence += 1
        (tail.messages + tailCount).initialize(
            to: dsotp_message(
                size: UInt32(MemoryLayout<dsotp_message>.size), subscription: UInt32(truncatingIfNeeded: subscription),
                topic: dsotp_host_bytes(data: bytes, count: UInt64(topic.count)),
                payload: dsotp_host_bytes(data: bytes + topic.count, count: UInt64(payload.count)),
                received: received, sequence: sequence, qos: qos, retained: retained ? 1 : 0, duplicate: duplicate ? 1 : 0,
                reserved: (0, 0, 0, 0, 0)))
        tail.tokens[tailCount] = acknowledgement ?? MailboxSegment.noToken
        if givesReceipts { giveReceipt(subscription) }
        tailCount += 1
        tailBytes += size
        appendedMessages += 1
        appendedBytes += size
    }

    func deliveriesEnded() {
        burstTime = 0
        handOver()
        signal.wake()
        if hasDuties { fulfilDuties() }
    }

    private func hasRoom(for size: Int) -> Bool {
        let waiting = appendedMessages - knownRemovedMessages
        if waiting < messageBound, appendedBytes - knownRemovedBytes + size <= limits.bytes { return true }
        knownRemovedMessages = removedMessages.load(ordering: .sequentiallyConsistent)
        knownRemovedBytes = removedBytes.load(ordering: .sequentiallyConsistent)
        return fits(size)
    }

    /// Whether a message fits by what is known; into an empty mailbox fits any one message.
    private func fits(_ size: Int) -> Bool {
        let waiting = appendedMessages - knownRemovedMessages
        return messageBound > 0 && waiting == 0 || (waiting < messageBound && appendedBytes - knownRemovedBytes + size <= limits.bytes)
    }

    /// Makes room by the rule; else what becomes of the message.
    private func makeRoom(for size: Int) -> DeliveryOutcome? {
        switch limits.overflow {
        case .dropNewest:
            sequence += 1
            countDropped(1)
            return .dropped
        case .dropOldest:
            handOver()
            dropOldest(untilFits: size)
            return nil
        case .block, .spill:
            handOver()
            signal.wake()
            isBlocked.store(true, ordering: .sequentiallyConsistent)
            // The service may have made room before it could see the flag: then nobody would call `ready`.
            guard hasRoom(for: size) else { return .blocked }
            isBlocked.store(false, ordering: .sequentiallyConsistent)
            return nil
        }
    }

    /// A message on its way in.
    private struct Arrival {
        let subscription: Int
        let topic: UnsafeRawBufferPointer
        let payload: UnsafeRawBufferPointer
        let qos: UInt8
        let retained: Bool
        let duplicate: Bool
        let acknowledgement: UInt64?
    }

    /// Spills a message; `nil` if nothing is spilled any more and there is room here.
    private func putAside(_ message: Arrival) -> DeliveryOutcome? {
        let size = message.topic.count + message.payload.count
        guard let spill else { return makeRoom(for: size) }
        if !spill.isActive {
            messageBound = limits.messages
            if hasRoom(for: size) { return nil }
            // One that is larger than all that may be spilled waits until it fits here.
            if !spill.canHold(SpillRecord.size(topic: message.topic.count, payload: message.payload.count)) { return makeRoom(for: size) }
        }
        // What is here is older: the service has to see it before it sees anything of the spill.
        handOver()
        messageBound = -1
        hasDuties = true
        if burstTime == 0 { burstTime = clock.now() }
        let isReceipt = message.acknowledgement != nil && owesReceipt(message.subscription)
        let record = SpillRecord(
            length: UInt32(SpillRecord.size(topic: message.topic.count, payload: message.payload.count)), received: burstTime, sequence: sequence + 1,
            token: isReceipt ? MailboxSegment.noToken : message.acknowledgement ?? MailboxSegment.noToken, topicCount: UInt32(message.topic.count),
            payloadCount: UInt32(message.payload.count), subscription: UInt32(truncatingIfNeeded: message.subscription), qos: message.qos,
            retained: message.retained ? 1 : 0, duplicate: message.duplicate ? 1 : 0)
        guard spill.append(record, received: isReceipt ? message.acknowledgement : nil, topic: message.topic, payload: message.payload) else {
            spill.flush()
            return .blocked
        }
        sequence += 1
        counters.received.wrappingAdd(1, ordering: .relaxed)
        counters.spilled.wrappingAdd(1, ordering: .relaxed)
        return .accepted
    }

    private func owesReceipt(_ subscription: Int) -> Bool { owesReceipt.indices.contains(subscription) && owesReceipt[subscription] }

    /// Notes that the message just put at the tail is acknowledged at the end of the burst, where that is all it waits for.
    @inline(never)
    private func giveReceipt(_ subscription: Int) {
        guard tail.tokens[tailCount] != MailboxSegment.noToken, owesReceipt(subscription) else { return }
        receipts.append(tail.tokens[tailCount])
        tail.tokens[tailCount] = MailboxSegment.noToken
        hasDuties = true
    }

    @inline(never)
    private func fulfilDuties() {
        hasDuties = false
        spill?.flush()
        if !receipts.isEmpty { acknowledgeReceived(receipts) }
        receipts.removeAll(keepingCapacity: true)
    }

    private func countDropped(_ count: UInt64) {
        droppedSinceBatch.wrappingAdd(count, ordering: .relaxed)
        counters.dropped.wrappingAdd(count, ordering: .relaxed)
    }

    /// Makes visible what was appended.
    private func handOver() {
        guard publishedMessages.load(ordering: .relaxed) != appendedMessages else { return }
        tail.committed.store(tailCount, ordering: .releasing)
        publishedBytes.store(appendedBytes, ordering: .relaxed)
        let count = UInt64(appendedMessages - publishedMessages.load(ordering: .relaxed))
        counters.received.wrappingAdd(count, ordering: .relaxed)
        publishedMessages.store(appendedMessages, ordering: .releasing)
    }

    /// Begins a new segment, one of its own for a message that is large beside a usual segment.
    private func extend(for size: Int) {
        handOver()
        let fresh: MailboxSegment
        if size > segmentBytes / 4 {
            fresh = MailboxSegment(messageCapacity: segmentMessages, byteCapacity: max(size, segmentBytes))
        } else {
            let spare = head.withLock { $0.spare.popLast() }
            fresh = spare ?? MailboxSegment(messageCapacity: segmentMessages, byteCapacity: segmentBytes)
        }
        tail.next = fresh
        tail.isClosed.store(true, ordering: .releasing)
        tail = fresh
        tailCount = 0
        tailBytes = 0
    }

    private func dropOldest(untilFits size: Int) {
        var dropped: UInt64 = 0
        head.withLock { head in
            knownRemovedMessages = removedMessages.load(ordering: .relaxed)
            knownRemovedBytes = removedBytes.load(ordering: .relaxed)
            while !fits(size), let available = nextAvailable(&head) {
                let bytes = head.segment.bytes(of: available.lowerBound..<available.lowerBound + 1)
                head.index += 1
                dropped += 1
                knownRemovedMessages += 1
                knownRemovedBytes += bytes
            }
            removedMessages.store(knownRemovedMessages, ordering: .sequentiallyConsistent)
            removedBytes.store(knownRemovedBytes, ordering: .sequentiallyConsistent)
        }
        countDropped(dropped)
    }
}

extension Mailbox {
    /// The next messages for the service, at most one segment, or `nil` if none wait. Call ``finish(_:)`` before the next.
    func claim() -> Claim? {
        // Asked before: what is in memory then is older than all that is spilled.
        let hasSpilled = hasReadableSpill
        return claimMemory() ?? (hasSpilled ? claimSpilled() : nil)
    }

    private func claimSpilled() -> Claim? {
        while let spill, let batch = spill.next(match: match) {
            counters.replayed.wrappingAdd(UInt64(batch.replayed), ordering: .relaxed)
            countDropped(UInt64(batch.skipped))
            if batch.count > 0 {
                return Claim(segment: batch.segment, range: 0..<batch.count, dropped: droppedSinceBatch.exchange(0, ordering: .relaxed))
            }
            if let position = batch.segment.spilled { spill.finish(position) }
        }
        return nil
    }

    /// As ``claim()``, and leaves what is spilled where it is.
    func claimMemory() -> Claim? {
        let claimed: (MailboxSegment, Range<Int>)? = head.withLock { head in
            guard let range = nextAvailable(&head) else { return nil }
            head.index = range.upperBound
            head.segment.isClaimed = true
            let bytes = head.segment.bytes(of: range)
            removedBytes.wrappingAdd(bytes, ordering: .sequentiallyConsistent)
            removedMessages.wrappingAdd(range.count, ordering: .sequentiallyConsistent)
            return (head.segment, range)
        }
        guard let (segment, range) = claimed else { return nil }
        return Claim(segment: segment, range: range, dropped: droppedSinceBatch.exchange(0, ordering: .relaxed))
    }

    /// Gives back what ``claim()`` gave.
    func finish(_ claim: Claim) {
        if let position = claim.segment.spilled {
            spill?.finish(position)
            return
        }
        head.withLock { head in
            claim.segment.isClaimed = false
            if claim.segment.isPassed { recycle(claim.segment, &head) }
        }
    }

    /// Whether the databus was told to wait and there is enough room again: true once for each time.
    func takeRoomAnnouncement() -> Bool {
        guard isBlocked.load(ordering: .sequentiallyConsistent), depth <= limits.messages / 2, depthBytes <= limits.bytes / 2 else {
            return false
        }
        return isBlocked.exchange(false, ordering: .sequentiallyConsistent)
    }

    /// The messages at the head that were handed over and not taken, with the head moved past exhausted segments; call it with
    /// the lock held.
    private func nextAvailable(_ head: inout Head) -> Range<Int>? {
        while true {
            let segment = head.segment
            // Closed is read first: what is committed after it was seen closed is final.
            let isClosed = segment.isClosed.load(ordering: .acquiring)
            let committed = segment.committed.load(ordering: .acquiring)
            if head.index < committed { return head.index..<committed }
            guard isClosed, let next = segment.next else { return nil }
            segment.isPassed = true
            head.segment = next
            head.index = 0
            if !segment.isClaimed { recycle(segment, &head) }
        }
    }

    private func recycle(_ segment: MailboxSegment, _ head: inout Head) {
        segment.reset()
        if head.spare.count < 8, segment.byteCapacity == segmentBytes { head.spare.append(segment) }
    }
}

extension Mailbox {
    /// Takes what waits in the mailbox of an instance that has ended, before anything else is delivered here; call it on the databus's
    /// thread. Their subscriptions are found anew.
    ///
    /// - Parameters:
    ///   - held: a batch that the instance was to get again.
    ///   - subscription: the index of the subscription that a topic matches, or `nil` if nobody wants it any more.
    /// - Returns: the acknowledgements of messages that nobody wants any more.
    func takeOver(_ held: Claim?, from other: Mailbox, subscription: (UnsafeRawBufferPointer) -> Int?) -> [UInt64] {
        var unwanted: [UInt64] = []
        let before = appendedMessages
        var claim = held ?? other.claim()
        while let present = claim {
            for index in present.range {
                let message = present.segment.messages[index]
                let token = present.segment.tokens[index]
                let topic = UnsafeRawBufferPointer(start: message.topic.data, count: Int(message.topic.count))
                guard let number = subscription(topic) else {
                    counters.dropped.wrappingAdd(1, ordering: .relaxed)
                    if token != MailboxSegment.noToken { unwanted.append(token) }
                    continue
                }
                append(
                    subscription: number, topic: topic,
                    payload: UnsafeRawBufferPointer(start: message.payload.data, count: Int(message.payload.count)), qos: message.qos,
                    retained: message.retained == 1, duplicate: message.duplicate == 1, received: message.received,
                    acknowledgement: token == MailboxSegment.noToken ? nil : token)
            }
            other.finish(present)
            claim = other.claim()
        }
        // They were counted when they came.
        counters.received.wrappingSubtract(UInt64(appendedMessages - before), ordering: .relaxed)
        handOver()
        return unwanted
    }
}
