/// How an ``EmbeddedStore`` keeps its points.
public struct EmbeddedStoreOptions: Sendable {
    /// Seconds of point time that share one folder, and so one retention decision; applies to databases made from now on.
    /// A day by default; an hour suits sites with hundreds of 50-frames-a-second devices.
    public var shardSeconds: Int64 = 86_400
    /// Milliseconds between group commits while nobody waits for one. Up to that much is lost when the machine loses power.
    public var commitIntervalMilliseconds: UInt64 = 100
    /// Points of a column that are sealed together into one compressed chunk.
    public var pointsPerChunk: Int = 1_024
    /// Points that may wait for the disk; when there are more, writers wait, and are refused if the disk refuses too.
    public var largestBacklog: Int = 8_000_000
    /// Bytes of texts that may wait for the disk; as ``largestBacklog``.
    public var largestTextBacklogBytes: Int = 256 << 20
    /// Bytes of a shard's journal at which columns that fill slowly are written out too, so that it can be cut.
    public var largestJournalBytes: Int = 32 << 20
    /// Seconds without points after which a shard of the past gives up its memory.
    public var idleShardSeconds: UInt64 = 600
    /// Seconds for which the size of the store on disk is good once it is measured.
    var sizeSeconds: UInt64 = 30
    /// Bytes of texts that one journal row or one chunk should not exceed: SQLite refuses values of 1 GB.
    var largestTextRunBytes: Int = 64 << 20
    /// Pages of 16 KiB to which a journal may grow; `nil` means as far as the disk reaches. For tests of a full disk.
    var largestJournalPages: Int?

    public init() {}
}
