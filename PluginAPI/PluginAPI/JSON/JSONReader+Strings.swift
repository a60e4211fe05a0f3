extension JSONReader {
    /// Reads a text whose opening quote stands at the position, and checks its escapes and its UTF-8.
    mutating func string() throws(JSONError) -> JSONText {
        position += 1
        let start = position
        var isEscaped = false
        var isASCII = true
        while true {
            skipPlainWords()
            guard position < bytes.count else { throw JSONError(.endsEarly, at: position) }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                try checkEscape()
                continue
            }
            guard byte >= 0x20 else { throw JSONError(.controlCharacter, at: position) }
            if byte >= 0x80 { isASCII = false }
            position += 1
        }
        let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        if !isASCII, let wrong = firstByteOutsideUTF8(raw) { throw JSONError(.notUTF8, at: start + wrong) }
        position += 1
        return JSONText(raw: raw, isEscaped: isEscaped)
    }

    /// Skips runs of eight bytes that are ASCII and neither quote, backslash nor control character.
    private mutating func skipPlainWords() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while position + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            // A byte's high bit appears in `x - ones & ~x` where the byte is 0: "Hacker's Delight", section 6-1.
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let found =
                (quotes &- ones & ~quotes) | (backslashes &- ones & ~backslashes) | (word &- (ones &* 0x20) & ~word) | word
            guard found & highs == 0 else { return }
            position += 8
        }
    }

    /// Checks and skips an escape whose backslash stands at the position.
    private mutating func checkEscape() throws(JSONError) {
        guard position + 1 < bytes.count else { throw JSONError(.endsEarly, at: bytes.count) }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            guard let value = fourHexDigits(bytes, at: position + 2) else { throw JSONError(.badEscape, at: position) }
            guard !(0xDC00..<0xE000 ~= value) else { throw JSONError(.loneSurrogate, at: position) }
            if 0xD800..<0xDC00 ~= value { try checkLowSurrogate() }
            position += 6
        default:
            throw JSONError(.badEscape, at: position)
        }
    }

    /// Checks and skips the first half of a surrogate pair, if the second follows.
    private mutating func checkLowSurrogate() throws(JSONError) {
        guard
            position + 12 <= bytes.count, bytes[position + 6] == UInt8(ascii: "\\"), bytes[position + 7] == UInt8(ascii: "u"),
            let low = fourHexDigits(bytes, at: position + 8), 0xDC00..<0xE000 ~= low
        else { throw JSONError(.loneSurrogate, at: position) }
        position += 6
    }
}

/// The offset of the first byte that makes the text not well-formed UTF-8 (Unicode 15, table 3-7), nil if it is.
func firstByteOutsideUTF8(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var index = 0
    while index < bytes.count {
        let lead = bytes[index]
        if lead < 0x80 {
            index += 1
            continue
        }
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        guard lead >= 0xC2, lead <= 0xF4, index + length <= bytes.count else { return index }
        let second = bytes[index + 1]
        let lowest: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
        let highest: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
        guard second >= lowest, second <= highest else { return index }
        for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 { return index }
        index += length
    }
    return nil
}

/// Whether bytes are well-formed UTF-8.
public func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool { firstByteOutsideUTF8(bytes) == nil }
