/// Whether bytes are one JSON text (RFC 8259), so that they can stand inside another: correct syntax, valid UTF-8, not too deep.
struct JSONCheck {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private static let deepest = 64

    /// Whether `bytes` is one JSON value with nothing but white space around it.
    static func isJSON(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 0, bytes.withMemoryRebound(to: UInt8.self, { String(validating: $0, as: UTF8.self) != nil }) else { return false }
        var check = JSONCheck(bytes: bytes)
        guard check.value(depth: 0) else { return false }
        check.skipSpace()
        return check.position == bytes.count
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) -> Bool {
        guard depth < Self.deepest else { return false }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return members(depth: depth, close: UInt8(ascii: "}"), named: true)
        case UInt8(ascii: "["): return members(depth: depth, close: UInt8(ascii: "]"), named: false)
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return literal("true")
        case UInt8(ascii: "f"): return literal("false")
        case UInt8(ascii: "n"): return literal("null")
        default: return number()
        }
    }

    private mutating func members(depth: Int, close: UInt8, named: Bool) -> Bool {
        position += 1
        skipSpace()
        if take(close) { return true }
        while true {
            if named {
                skipSpace()
                guard string() else { return false }
                skipSpace()
                guard take(UInt8(ascii: ":")) else { return false }
            }
            guard value(depth: depth + 1) else { return false }
            skipSpace()
            if take(close) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func string() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard escape() else { return false }
            case 0..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard let byte = current else { return false }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = current, Self.isHexDigit(digit) else { return false }
                position += 1
            }
            return true
        default: return false
        }
    }

    private mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { guard digits() else { return false } }
        if take(UInt8(ascii: ".")) { guard digits() else { return false } }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() else { return false }
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }

    private mutating func literal(_ text: StaticString) -> Bool {
        let word = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes.count - position >= word.count,
            word.elementsEqual(UnsafeRawBufferPointer(rebasing: bytes[position..<position + word.count]))
        else { return false }
        position += word.count
        return true
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
