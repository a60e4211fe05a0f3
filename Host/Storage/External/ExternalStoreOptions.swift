/// How an ``ExternalStore`` keeps and sends its points.
public struct ExternalStoreOptions: Sendable {
    /// Milliseconds between group commits to the spool while nobody waits for one.
    public var commitIntervalMilliseconds: UInt64 = 100
    /// Bytes that the spool may have on this disk; writes beyond are refused with ``StorageError/Code/quotaExceeded``.
    public var largestSpoolBytes: Int64 = 1 << 30
    /// Points of one write to the engine.
    public var batchPoints: Int = 10_000
    /// Milliseconds that an accepted point waits for others to be sent with.
    public var flushIntervalMilliseconds: UInt64 = 1_000
    /// Milliseconds between tries while the engine is away: the first, and the longest after doubling.
    public var firstBackoffMilliseconds: UInt64 = 250
    public var longestBackoffMilliseconds: UInt64 = 10_000
    /// Milliseconds after which the catalogue is compared with the engine's when it is asked for: other hosts may write there.
    public var catalogueLifetimeMilliseconds: UInt64 = 30_000
    /// Milliseconds until what the engine has taken is on its disk; `nil`: what the product needs.
    var settlingMilliseconds: UInt64?
    /// Bytes of one spool file.
    var spoolFileBytes: Int64 = 8 << 20
    /// Milliseconds for which a closing store goes on sending.
    var farewellMilliseconds: UInt64 = 3_000
    /// Points that may wait for the spool; when there are more, writers wait, and are refused if the disk refuses too.
    var largestBacklog: Int = 4_000_000
    var largestTextBacklogBytes: Int = 128 << 20
    /// Bytes of texts that one record should not exceed.
    var largestRecordTextBytes: Int = 4 << 20
    /// Bytes of the file with points that the engine refuses.
    var largestRejectedBytes: Int64 = 64 << 20

    /// Bytes of one spool file: each is open while it is there, so that a large spool has larger files, not more than some thousand.
    var largestFileBytes: Int64 { max(spoolFileBytes, largestSpoolBytes / 1_000) }

    public init() {}
}
