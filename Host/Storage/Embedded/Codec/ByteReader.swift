/// Stored bytes that cannot be what was once written.
struct DamagedData: Error, CustomStringConvertible {
    let description: String
}

/// Reads stored bytes from front to back; every read is checked against the end, because files can be damaged.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    mutating func byte() throws(DamagedData) -> UInt8 {
        guard position < bytes.count else { throw DamagedData(description: "the bytes end early, at \(position)") }
        defer { position += 1 }
        return bytes[position]
    }

    /// A little-endian word of fixed size.
    mutating func word<Word: FixedWidthInteger>(_ type: Word.Type) throws(DamagedData) -> Word {
        let size = MemoryLayout<Word>.size
        let slice = try take(size)
        return Word(littleEndian: slice.loadUnaligned(as: Word.self))
    }

    /// An unsigned number of seven bits a byte, lowest first.
    mutating func varint() throws(DamagedData) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw DamagedData(description: "a number of more than 64 bits at \(position)") }
            result |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return result }
            shift += 7
        }
    }

    /// A signed number, zigzag.
    mutating func signedVarint() throws(DamagedData) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
    }

    /// A count that may not exceed `limit`.
    mutating func count(upTo limit: Int) throws(DamagedData) -> Int {
        let value = try varint()
        guard value <= UInt64(limit) else { throw DamagedData(description: "a count of \(value), at most \(limit) expected") }
        return Int(value)
    }

    mutating func take(_ count: Int) throws(DamagedData) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw DamagedData(description: "\(count) bytes expected at \(position), \(remaining) left")
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }
}

extension [UInt8] {
    mutating func appendVarint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func appendSignedVarint(_ value: Int64) {
        appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    mutating func appendWord<Word: FixedWidthInteger>(_ value: Word) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
