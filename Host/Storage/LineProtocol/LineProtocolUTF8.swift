/// UTF-8 as RFC 3629 allows it: no overlong forms, no surrogates, nothing above U+10FFFF.
enum LineProtocolUTF8 {
    /// The first byte that is not ASCII at or after `start`, or the end.
    static func firstOutsideASCII(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index + 8 <= raw.count, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 { index += 8 }
        while index < raw.count, raw[index] < 0x80 { index += 1 }
        return index
    }

    /// Whether all of the bytes are UTF-8 (RFC 3629, section 4).
    static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            let lead = bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            let second: ClosedRange<UInt8>
            switch lead {
            case 0xE0: second = 0xA0...0xBF
            case 0xED: second = 0x80...0x9F
            case 0xF0: second = 0x90...0xBF
            case 0xF4: second = 0x80...0x8F
            case 0xC2...0xDF, 0xE1...0xEF, 0xF1...0xF3: second = 0x80...0xBF
            default: return false
            }
            let count = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
            guard index + count <= bytes.count, second.contains(bytes[index + 1]) else { return false }
            for offset in 2..<max(count, 2) where bytes[index + offset] & 0xC0 != 0x80 { return false }
            index += count
        }
        return true
    }
}
