internal import CPluginAPI
internal import Synchronization

/// A piece of a mailbox: room for a number of messages and, behind each other, their topics and payloads.
///
/// The producer fills it from front to back and publishes progress by `committed`; the consumer reads what is committed, in place.
final class MailboxSegment: @unchecked Sendable {
    // @unchecked: the memory below `committed` is written before that is raised and read after; `next` is written before `isClosed`
    // is set and read after; `isClaimed` and `isPassed` are guarded by the mailbox's lock.

    let messages: UnsafeMutablePointer<dsotp_message>
    /// The acknowledgement of each message, or `noToken`.
    let tokens: UnsafeMutablePointer<UInt64>
    let arena: UnsafeMutableRawPointer
    let messageCapacity: Int
    let byteCapacity: Int
    /// How many messages the consumer may read.
    let committed = Atomic<Int>(0)
    /// Whether nothing more will be written here and `next` is set.
    let isClosed = Atomic<Bool>(false)
    var next: MailboxSegment?
    /// Whether the service is reading it now.
    var isClaimed = false
    /// Whether the head of the queue has gone past it.
    var isPassed = false

    /// Where the spill is when the service is done with what is here, which was read back from there; else `nil`.
    var spilled: Spill.Position?

    static let noToken = UInt64.max

    init(messageCapacity: Int, byteCapacity: Int) {
        self.messageCapacity = messageCapacity
        self.byteCapacity = byteCapacity
        messages = .allocate(capacity: messageCapacity)
        tokens = .allocate(capacity: messageCapacity)
        arena = .allocate(byteCount: max(byteCapacity, 1), alignment: 64)
    }

    deinit {
        messages.deallocate()
        tokens.deallocate()
        arena.deallocate()
    }

    /// Makes it as new, for the producer.
    func reset() {
        committed.store(0, ordering: .relaxed)
        isClosed.store(false, ordering: .relaxed)
        next = nil
        isPassed = false
    }

    /// Bytes of the messages `range`, which lie behind each other without gaps.
    func bytes(of range: Range<Int>) -> Int {
        guard !range.isEmpty, let first = messages[range.lowerBound].topic.data, let last = messages[range.upperBound - 1].payload.data
        else { return 0 }
        return last - first + Int(messages[range.upperBound - 1].payload.count)
    }
}
