/// The points of one column in one shard that are not sealed yet. Touched under the lock of the store's state only.
final class Head {
    unowned let column: Column
    unowned let shard: Shard
    /// The times of the shard.
    let earliest: Int64
    let latest: Int64
    /// In the order of writing, so that the later of two points of the same time wins.
    var points = PointBlock()
    /// So many of the first points stand in the journal.
    var journalled = 0
    /// The first journal row with points that stand in no chunk.
    var firstRow: Int64?
    /// The journal row up to which everything of this column was taken up.
    var lastRow: Int64 = 0
    /// A chunk that holds some of these points already, to be replaced by a fuller one.
    var openChunk: ChunkFile.Location?
    /// Whether the head stands in the list of heads with points to commit.
    var isListed = false
    /// Points at which it is sealed. The first seals of columns are spread, so that they do not fall into one commit.
    var sealAt: Int

    init(column: Column, shard: Shard, pointsPerChunk: Int) {
        self.column = column
        self.shard = shard
        earliest = shard.times.lowerBound
        latest = shard.times.upperBound
        let spread = max(1, pointsPerChunk / 2)
        sealAt = max(1, pointsPerChunk - Int(column.id) &* 37 % spread)
    }

    @inline(__always)
    func holds(_ time: Int64) -> Bool { earliest <= time && time <= latest }

    /// Bytes of the texts that stand in no journal yet.
    var pendingTextBytes: Int {
        points.textBytes == 0 ? 0 : points.texts.dropFirst(journalled).reduce(0) { $0 + $1.utf8.count }
    }

    /// Takes the journalled points out.
    func seal(pointsPerChunk: Int) -> SealedBlock? {
        guard journalled > 0, let firstRow else { return nil }
        let block = SealedBlock(
            columnID: column.id, type: column.type, points: points.removePrefix(journalled, type: column.type),
            firstRow: firstRow, lastRow: lastRow, replaces: openChunk)
        column.noteSealed(block.points)
        journalled = 0
        self.firstRow = nil
        openChunk = nil
        sealAt = pointsPerChunk
        return block
    }
}

/// Points on their way into the chunk file; they stay readable here until they are in it.
final class SealedBlock: Sendable {
    let columnID: Int64
    let type: FieldType
    let points: PointBlock
    /// The journal rows that hold these points.
    let firstRow: Int64
    let lastRow: Int64
    let replaces: ChunkFile.Location?

    init(
        columnID: Int64, type: FieldType, points: PointBlock, firstRow: Int64, lastRow: Int64,
        replaces: ChunkFile.Location?
    ) {
        self.columnID = columnID
        self.type = type
        self.points = points
        self.firstRow = firstRow
        self.lastRow = lastRow
        self.replaces = replaces
    }
}
