/// A text or key of a JSON document where it stands, between its quotes: checked (UTF-8, escapes), not yet unescaped.
@frozen public struct JSONText {
    /// The bytes between the quotes as written, escapes and all. Valid as long as the document's memory.
    public let raw: UnsafeRawBufferPointer
    /// Whether ``raw`` has escapes, so that it is not the text itself.
    public let isEscaped: Bool

    @inlinable init(raw: UnsafeRawBufferPointer, isEscaped: Bool) {
        self.raw = raw
        self.isEscaped = isEscaped
    }

    /// The text.
    public var string: String {
        guard isEscaped else { return String(decoding: raw, as: UTF8.self) }
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the text is `literal`, without unescaping into memory if it has no escapes.
    @inlinable public static func == (text: JSONText, literal: StaticString) -> Bool {
        guard !text.isEscaped else { return text.string == literal.description }
        guard text.raw.count == literal.utf8CodeUnitCount else { return false }
        for index in 0..<text.raw.count where text.raw[index] != literal.utf8Start[index] { return false }
        return true
    }

    /// So that a text can be switched over.
    @inlinable public static func ~= (literal: StaticString, text: JSONText) -> Bool { text == literal }

    /// Writes the text, unescaped, behind what `bytes` holds.
    public func append(to bytes: inout [UInt8]) {
        guard isEscaped else { return bytes.append(contentsOf: raw) }
        var index = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\") else {
                bytes.append(raw[index])
                index += 1
                continue
            }
            index += 2
            switch raw[index - 1] {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"): appendCodePoint(&index, to: &bytes)
            case let same: bytes.append(same)
            }
        }
    }

    /// Writes the character of a `\uXXXX`, or of two that form a surrogate pair; `index` stands behind the `u`.
    private func appendCodePoint(_ index: inout Int, to bytes: inout [UInt8]) {
        var value = fourHexDigits(raw, at: index) ?? 0xFFFD
        index += 4
        if 0xD800..<0xDC00 ~= value, let low = fourHexDigits(raw, at: index + 2) {
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            index += 6
        }
        // The reader has refused lone surrogates.
        bytes.append(contentsOf: String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
    }
}

/// The value of four hexadecimal digits, nil if there are none.
func fourHexDigits(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
    guard index >= 0, index + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[index..<index + 4] {
        switch byte {
        case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
        case 0x41...0x46: value = value << 4 | UInt32(byte - 0x41 + 10)
        case 0x61...0x66: value = value << 4 | UInt32(byte - 0x61 + 10)
        default: return nil
        }
    }
    return value
}
