/// One commit of one shard as it stands in the journal: a small chunk for each column that got points, and a checksum.
enum JournalRecord {
    private static let format: UInt8 = 1

    /// Points of one column.
    struct Entry {
        let columnID: Int64
        let type: FieldType
        /// Where they stand in the block of the record.
        let range: Range<Int>
    }

    /// The records of a commit: one, unless it has texts of more than `largestTextBytes` or as many encoded bytes.
    static func encode(_ entries: [Entry], _ points: PointBlock, largestTextBytes: Int = .max) -> [[UInt8]] {
        var records: [[UInt8]] = []
        var output: [UInt8] = [format]
        output.reserveCapacity(points.count * 3 + entries.count * 24)
        var chunk: [UInt8] = []
        for entry in entries {
            var start = entry.range.lowerBound
            while start < entry.range.upperBound {
                let end = min(
                    points.endOfRun(
                        from: start, points: ChunkCodec.largestCount, textBytes: largestTextBytes, type: entry.type),
                    entry.range.upperBound)
                chunk.removeAll(keepingCapacity: true)
                ChunkCodec.encode(points, start..<end, type: entry.type, into: &chunk)
                output.appendVarint(UInt64(entry.columnID))
                output.appendVarint(UInt64(chunk.count))
                output.append(contentsOf: chunk)
                start = end
                guard output.count >= largestTextBytes else { continue }
                Checksum.seal(&output)
                records.append(output)
                output = [format]
            }
        }
        guard output.count > 1 || records.isEmpty else { return records }
        Checksum.seal(&output)
        records.append(output)
        return records
    }

    /// Calls `body` with each chunk of the record, in the order of writing.
    ///
    /// - Parameter type: the type of a column, `nil` if it is not known; its points are passed over.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, type: (Int64) -> FieldType?, _ body: (Int64, PointBlock) -> Void
    ) throws(DamagedData) {
        var reader = ByteReader(try Checksum.open(bytes))
        let version = try reader.byte()
        guard version == format else { throw DamagedData(description: "journal format \(version), \(format) expected") }
        while reader.remaining > 0 {
            let columnID = Int64(truncatingIfNeeded: try reader.varint())
            let chunk = try reader.take(try reader.count(upTo: reader.remaining))
            if let type = type(columnID) { body(columnID, try ChunkCodec.decode(chunk, type: type)) }
        }
    }
}
