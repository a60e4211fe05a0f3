/// The checksum of spilled messages: CRC-32C (Castagnoli polynomial, RFC 3720, section 12.1), eight bytes at a time.
enum CRC32C {
    /// `tables[k][b]` is the checksum of byte `b` followed by `k` zeros, without the first and last inversion; behind each other.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? (remainder >> 1) ^ 0x82F6_3B78 : remainder >> 1 }
            tables[byte] = remainder
        }
        for index in 256..<2_048 {
            let shorter = tables[index - 256]
            tables[index] = (shorter >> 8) ^ tables[Int(shorter & 0xFF)]
        }
        return tables
    }()

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var remainder: UInt32 = 0xFFFF_FFFF
            var offset = 0
            while bytes.count - offset >= 8 {
                let low = remainder ^ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                remainder =
                    tables[7 * 256 + Int(low & 0xFF)] ^ tables[6 * 256 + Int(low >> 8 & 0xFF)] ^ tables[5 * 256 + Int(low >> 16 & 0xFF)]
                    ^ tables[4 * 256 + Int(low >> 24)]
                remainder ^=
                    tables[3 * 256 + Int(high & 0xFF)] ^ tables[2 * 256 + Int(high >> 8 & 0xFF)] ^ tables[256 + Int(high >> 16 & 0xFF)]
                    ^ tables[Int(high >> 24)]
                offset += 8
            }
            while offset < bytes.count {
                remainder = (remainder >> 8) ^ tables[Int((remainder ^ UInt32(bytes[offset])) & 0xFF)]
                offset += 1
            }
            return ~remainder
        }
    }
}
