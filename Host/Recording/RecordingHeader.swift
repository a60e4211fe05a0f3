/// What stands at the begin of a recording: see `README.md`.
struct RecordingHeader {
    static let version = 1
    static let size = 32
    private static let magic = Array("DSOTPREC".utf8)

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    let began: Int64

    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(little: UInt16(Self.version))
        bytes.append(little: UInt16(0))
        bytes.append(little: UInt64(bitPattern: began))
        bytes.append(little: UInt64(0))
        bytes.append(little: CRC32.checksum(bytes))
        return bytes
    }

    init(began: Int64) { self.began = began }

    init(parsing bytes: [UInt8], path: String) throws(RecordingError) {
        guard bytes.count == Self.size, bytes.starts(with: Self.magic) else { throw .notARecording(path) }
        let version = Int(bytes.little(at: 8, as: UInt16.self))
        guard version <= Self.version, version > 0 else { throw .version(path, version) }
        guard bytes.little(at: 28, as: UInt32.self) == CRC32.checksum(bytes[..<28]) else { throw .damaged(path, at: 0) }
        began = Int64(bitPattern: bytes.little(at: 12, as: UInt64.self))
    }
}

/// What stands at the begin of a block.
struct BlockHeader {
    static let size = 20
    let length: Int
    let count: Int
    let firstTime: Int64
    let checksum: UInt32
    /// The bytes that the checksum covers.
    let covered: ArraySlice<UInt8>

    init(parsing bytes: [UInt8]) {
        length = Int(bytes.little(at: 0, as: UInt32.self))
        count = Int(bytes.little(at: 4, as: UInt32.self))
        firstTime = Int64(bitPattern: bytes.little(at: 8, as: UInt64.self))
        checksum = bytes.little(at: 16, as: UInt32.self)
        covered = bytes[..<16]
    }

    /// The whole block.
    static func block(count: Int, firstTime: Int64, body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + body.count)
        bytes.append(little: UInt32(body.count))
        bytes.append(little: UInt32(count))
        bytes.append(little: UInt64(bitPattern: firstTime))
        bytes.append(little: CRC32.checksum(body, after: CRC32.checksum(bytes)))
        return bytes + body
    }
}

extension [UInt8] {
    mutating func append(little number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    mutating func append(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    func little<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number {
        Number(littleEndian: self.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) })
    }
}
