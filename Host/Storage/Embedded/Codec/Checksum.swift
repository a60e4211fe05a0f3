/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), which tells damaged bytes from written ones.
enum Checksum {
    /// Eight tables, for eight bytes a step.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
            tables[index] = value
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var value: UInt32 = ~0
            var position = 0
            while position + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ UInt64(value)
                value = 0
                for step in 0..<8 {
                    value ^= tables[(7 - step) * 256 + Int(truncatingIfNeeded: (word >> UInt64(step * 8)) & 0xFF)]
                }
                position += 8
            }
            while position < bytes.count {
                value = (value >> 8) ^ tables[Int((value ^ UInt32(bytes[position])) & 0xFF)]
                position += 1
            }
            return ~value
        }
    }

    /// Appends the checksum of everything in `bytes`.
    static func seal(_ bytes: inout [UInt8]) {
        let sum = bytes.withUnsafeBytes { of($0) }
        bytes.appendWord(sum)
    }

    /// The bytes without their checksum, if it is right.
    static func open(_ bytes: UnsafeRawBufferPointer) throws(DamagedData) -> UnsafeRawBufferPointer {
        guard bytes.count >= 4 else { throw DamagedData(description: "\(bytes.count) bytes are too few for a checksum") }
        let content = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: content.count, as: UInt32.self))
        guard of(content) == stored else { throw DamagedData(description: "the checksum does not match") }
        return content
    }
}
