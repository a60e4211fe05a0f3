import Synchronization

/// Bytes of local publications handed in and not routed yet, counted across threads.
final class PendingBytes: Sendable {
    private let bytes = Atomic<Int>(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Claims room; an oversized batch is let in when nothing else is pending, or it could never be published.
    func claim(_ count: Int) -> Bool {
        let before = bytes.wrappingAdd(count, ordering: .acquiringAndReleasing).oldValue
        if before == 0 || before + count <= limit { return true }
        release(count)
        return false
    }

    func release(_ count: Int) { bytes.wrappingSubtract(count, ordering: .acquiringAndReleasing) }
}
