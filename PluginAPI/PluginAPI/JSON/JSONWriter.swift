/// Writes JSON into bytes. The caller keeps the order of begin, key, value and end; commas and quotes come by themselves.
public struct JSONWriter {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Holds nothing yet.
    public init() {}

    /// What was written so far, as text.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Writes `{`.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// Writes `}`.
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    /// Writes `[`.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// Writes `]`.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a key; its value must follow.
    public mutating func key(_ key: String) {
        quoted(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a text with its quotes and escapes.
    public mutating func value(_ text: String) {
        quoted(text)
        needsComma = true
    }

    /// Writes a whole number.
    public mutating func value(_ number: Int) { plain(String(number)) }
    /// Writes a whole number.
    public mutating func value(_ number: UInt64) { plain(String(number)) }

    /// The shortest text that reads back as the same number; `null` for what JSON cannot say (NaN, infinity).
    public mutating func value(_ number: Double) { plain(number.isFinite ? number.description : "null") }

    /// Writes `true` or `false`.
    public mutating func value(_ truth: Bool) { plain(truth ? "true" : "false") }
    /// Writes `null`.
    public mutating func null() { plain("null") }

    /// Writes a text that is given as UTF-8, which the caller has checked.
    public mutating func value(utf8: UnsafeRawBufferPointer) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 { escaped(byte) }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes a key with its value.
    public mutating func member(_ key: String, _ value: String) {
        self.key(key)
        self.value(value)
    }
    /// Writes a key with its value.
    public mutating func member(_ key: String, _ value: Int) {
        self.key(key)
        self.value(value)
    }
    /// Writes a key with its value.
    public mutating func member(_ key: String, _ value: UInt64) {
        self.key(key)
        self.value(value)
    }
    /// Writes a key with its value.
    public mutating func member(_ key: String, _ value: Double) {
        self.key(key)
        self.value(value)
    }
    /// Writes a key with its value.
    public mutating func member(_ key: String, _ value: Bool) {
        self.key(key)
        self.value(value)
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func open(_ bracket: UInt8) {
        comma()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func plain(_ text: String) {
        comma()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func quoted(_ text: String) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 { escaped(byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
        case 0x0A: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
        case 0x0D: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
        case 0x09: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
        case 0..<0x20:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: [
                UInt8(ascii: "\\"), UInt8(ascii: "u"), 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)],
            ])
        default: bytes.append(byte)
        }
    }
}
