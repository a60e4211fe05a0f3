/// The header of a record in a spool file; the points follow as a ``JournalRecord``, which has a checksum of its own.
struct SpoolRecord {
    /// Increases from record to record.
    let sequence: UInt64
    /// Bytes of the points.
    let length: Int
    let points: Int
    let firstTime: Int64
    let lastTime: Int64
    /// A bit for each column, by its number modulo 64.
    let columns: UInt64
    /// Wall clock when the record was written.
    let writtenAt: Int64

    static let headerBytes = 60
    private static let mark: UInt32 = 0x3150_5344

    static func bit(of column: Int64) -> UInt64 { 1 << UInt64(truncatingIfNeeded: column & 63) }

    /// Whether the record can have points of a column between two times.
    func mayHold(_ column: Int64, from: Int64, through: Int64) -> Bool {
        columns & Self.bit(of: column) != 0 && firstTime <= through && lastTime >= from
    }

    func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendWord(Self.mark)
        bytes.appendWord(UInt32(length))
        bytes.appendWord(sequence)
        bytes.appendWord(UInt64(points))
        bytes.appendWord(firstTime)
        bytes.appendWord(lastTime)
        bytes.appendWord(columns)
        bytes.appendWord(writtenAt)
        Checksum.seal(&bytes)
        return bytes
    }

    /// Whether the bytes begin like a header.
    static func mayBegin(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 4 && UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == mark
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(DamagedData) -> SpoolRecord {
        var reader = ByteReader(try Checksum.open(bytes))
        guard try reader.word(UInt32.self) == mark else { throw DamagedData(description: "no record begins here") }
        let length = Int(try reader.word(UInt32.self))
        return SpoolRecord(
            sequence: try reader.word(UInt64.self), length: length, points: Int(truncatingIfNeeded: try reader.word(UInt64.self)),
            firstTime: try reader.word(Int64.self), lastTime: try reader.word(Int64.self), columns: try reader.word(UInt64.self),
            writtenAt: try reader.word(Int64.self))
    }
}
