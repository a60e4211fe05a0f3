/// Reads the points of a spool record.
enum SpoolReader {
    /// Calls `body` with each run of points whose column is wanted.
    ///
    /// - Parameter column: the type of a column, `nil` if it is not wanted.
    /// - Throws: ``StorageError`` if the file cannot be read, ``DamagedData`` if the record is not what was written.
    static func read(_ entry: Spool.Entry, column: (Int64) -> FieldType?, _ body: (Int64, FieldType, PointBlock) -> Void) throws {
        let bytes = try entry.file.read(entry.record.length, at: entry.position)
        guard bytes.count == entry.record.length else { throw DamagedData(description: "the file ends within the record") }
        var types: [Int64: FieldType] = [:]
        try bytes.withUnsafeBytes { bytes in
            try JournalRecord.decode(
                bytes,
                type: { id in
                    let type = column(id)
                    types[id] = type
                    return type
                }
            ) { id, points in
                if let type = types[id] { body(id, type, points) }
            }
        }
    }
}
