/// Points in memory that wait for the next group commit, by column in the order in which they came.
struct PointBatch {
    /// Told apart from the batches before and after.
    let number: UInt64
    private(set) var columns: [ExternalColumn] = []
    private(set) var blocks: [PointBlock] = []
    private(set) var points = 0
    private(set) var textBytes = 0

    init(number: UInt64) { self.number = number }

    @inline(__always)
    mutating func append(_ column: ExternalColumn, time: Int64, bits: UInt64, quality: QualityFlags) {
        blocks[place(of: column)].append(time: time, bits: bits, quality: quality)
        points += 1
    }

    mutating func append(_ column: ExternalColumn, time: Int64, text: String, quality: QualityFlags) {
        blocks[place(of: column)].append(time: time, text: text, quality: quality)
        points += 1
        textBytes += text.utf8.count
    }

    /// The points of a column.
    func block(of id: Int64) -> PointBlock? {
        guard let index = columns.firstIndex(where: { $0.id == id }) else { return nil }
        return blocks[index]
    }

    /// The records that hold the batch, each with its points as bytes.
    func records(from sequence: UInt64, now: Int64, largestTextBytes: Int) -> [(SpoolRecord, [UInt8])] {
        var all = PointBlock()
        var entries: [JournalRecord.Entry] = []
        var columnBits: UInt64 = 0
        for (column, block) in zip(columns, blocks) {
            let start = all.count
            all.append(block, 0..<block.count, type: column.type)
            entries.append(JournalRecord.Entry(columnID: column.id, type: column.type, range: start..<all.count))
            columnBits |= SpoolRecord.bit(of: column.id)
        }
        let first = all.times.min() ?? 0, last = all.times.max() ?? 0
        let bodies = JournalRecord.encode(entries, all, largestTextBytes: largestTextBytes)
        return bodies.enumerated().map { index, body in
            // How many points each part of a batch of long texts has is not worth knowing: the first is said to have all.
            let record = SpoolRecord(
                sequence: sequence + UInt64(index), length: body.count, points: index == 0 ? all.count : 0, firstTime: first, lastTime: last,
                columns: columnBits, writtenAt: now)
            return (record, body)
        }
    }

    @inline(__always)
    private mutating func place(of column: ExternalColumn) -> Int {
        if column.batch != number {
            column.batch = number
            column.place = blocks.count
            columns.append(column)
            blocks.append(PointBlock())
        }
        return column.place
    }
}
