/// Whether `bytes` are UTF-8 as MQTT 3.1.1 section 1.5.3 demands: no overlong form, no surrogate, nothing above
/// U+10FFFF, no U+0000.
func isWellFormedText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    let count = bytes.count
    while index < count {
        if index + 8 <= count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if isASCIIWithoutNull(word) {
                index += 8
                continue
            }
        }
        let length = scalarLength(bytes, at: index)
        if length == 0 { return false }
        index += length
    }
    return true
}

/// No byte of the word has its high bit set, none is zero.
@inline(__always)
private func isASCIIWithoutNull(_ word: UInt64) -> Bool {
    let high: UInt64 = 0x8080_8080_8080_8080
    let low: UInt64 = 0x0101_0101_0101_0101
    return (word | (word &- low)) & high == 0
}

/// Bytes of the scalar that starts at `index`, 0 when there is no well-formed one (Unicode 15, table 3-7).
private func scalarLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
    let first = bytes[index]
    let second = index + 1 < bytes.count ? bytes[index + 1] : 0
    switch first {
    case 0x01...0x7f: return 1
    case 0xc2...0xdf: return isContinuation(second) ? 2 : 0
    case 0xe0: return (0xa0...0xbf).contains(second) && continues(bytes, index + 2, 1) ? 3 : 0
    case 0xed: return (0x80...0x9f).contains(second) && continues(bytes, index + 2, 1) ? 3 : 0
    case 0xe1...0xef: return isContinuation(second) && continues(bytes, index + 2, 1) ? 3 : 0
    case 0xf0: return (0x90...0xbf).contains(second) && continues(bytes, index + 2, 2) ? 4 : 0
    case 0xf1...0xf3: return isContinuation(second) && continues(bytes, index + 2, 2) ? 4 : 0
    case 0xf4: return (0x80...0x8f).contains(second) && continues(bytes, index + 2, 2) ? 4 : 0
    default: return 0
    }
}

@inline(__always)
private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }

private func continues(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Bool {
    guard start + count <= bytes.count else { return false }
    return bytes[start..<start + count].allSatisfy(isContinuation)
}
