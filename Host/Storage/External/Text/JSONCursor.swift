internal import Glibc

/// Goes through a JSON text from front to back, without making a tree of it: answers with hundreds of thousands of numbers.
struct JSONCursor {
    struct Malformed: Error, CustomStringConvertible {
        let position: Int
        var description: String { "the answer is no JSON of the expected form at byte \(position)" }
    }

    private let bytes: UnsafeBufferPointer<CChar>
    private var index: Int
    private let end: Int

    /// - Parameter text: ends in a NUL, which is not part of it; valid during the use of the cursor.
    init(nulTerminated text: UnsafeBufferPointer<CChar>, from start: Int = 0) {
        bytes = text
        index = start
        end = max(0, text.count - 1)
    }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return index >= end
        }
    }

    /// Takes a character if it is the next one.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard index < end, UInt8(bitPattern: bytes[index]) == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(Malformed) {
        guard take(character) else { throw malformed }
    }

    /// Calls `body` with each key of an object; it must take the value.
    mutating func object(_ body: (String, inout JSONCursor) throws(Malformed) -> Void) throws(Malformed) {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try body(key, &self)
        } while take(",")
        try expect("}")
    }

    /// Calls `body` for each element of an array; it must take the value.
    mutating func array(_ body: (inout JSONCursor) throws(Malformed) -> Void) throws(Malformed) {
        try expect("[")
        if take("]") { return }
        repeat { try body(&self) } while take(",")
        try expect("]")
    }

    /// Takes `null` if it is the next value.
    mutating func null() -> Bool { word("null") }

    mutating func boolean() throws(Malformed) -> Bool {
        if word("true") { return true }
        if word("false") { return false }
        throw malformed
    }

    mutating func double() throws(Malformed) -> Double {
        try number { start, stop in strtod(start, stop) }
    }

    mutating func integer() throws(Malformed) -> Int64 {
        try number { start, stop in Int64(strtoll(start, stop, 10)) }
    }

    mutating func string() throws(Malformed) -> String {
        try expect("\"")
        let start = index
        while index < end, bytes[index] != 0x22 {
            index += bytes[index] == 0x5C ? 2 : 1
        }
        guard index < end else { throw malformed }
        let raw = UnsafeBufferPointer(rebasing: bytes[start..<index])
        index += 1
        return raw.withMemoryRebound(to: UInt8.self) { raw in
            raw.contains(0x5C) ? Self.unescaped(raw) : String(decoding: raw, as: UTF8.self)
        }
    }

    /// Takes any value.
    mutating func skip() throws(Malformed) {
        skipSpace()
        guard index < end else { throw malformed }
        switch UInt8(bitPattern: bytes[index]) {
        case UInt8(ascii: "{"): try object { _, cursor throws(Malformed) in try cursor.skip() }
        case UInt8(ascii: "["): try array { cursor throws(Malformed) in try cursor.skip() }
        case UInt8(ascii: "\""): _ = try string()
        default: if !null(), !word("true"), !word("false") { _ = try double() }
        }
    }

    var malformed: Malformed { Malformed(position: index) }

    private mutating func number<Number>(
        _ parse: (UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Number
    ) throws(Malformed) -> Number {
        skipSpace()
        guard index < end, let base = bytes.baseAddress else { throw malformed }
        var stop: UnsafeMutablePointer<CChar>?
        let value = parse(base + index, &stop)
        guard let stop, UnsafePointer(stop) > base + index else { throw malformed }
        index = UnsafePointer(stop) - base
        return value
    }

    private mutating func word(_ text: StaticString) -> Bool {
        skipSpace()
        let length = text.utf8CodeUnitCount
        guard index + length <= end, let base = bytes.baseAddress, memcmp(base + index, text.utf8Start, length) == 0 else { return false }
        index += length
        return true
    }

    private mutating func skipSpace() {
        while index < end, bytes[index] == 0x20 || bytes[index] == 0x0A || bytes[index] == 0x0D || bytes[index] == 0x09 { index += 1 }
    }

    private static func unescaped(_ raw: UnsafeBufferPointer<UInt8>) -> String {
        if case .string(let text)? = JSONValue("\"\(String(decoding: raw, as: UTF8.self))\"") { return text }
        return String(decoding: raw, as: UTF8.self)
    }
}

extension JSONCursor {
    /// Lends a cursor over a body.
    static func over<Result>(_ body: [UInt8], _ use: (inout JSONCursor) throws(Malformed) -> Result) throws(Malformed) -> Result {
        let text = body.map { CChar(bitPattern: $0) } + [0]
        return try text.withUnsafeBufferPointer { (text) throws(Malformed) -> Result in
            var cursor = JSONCursor(nulTerminated: text)
            return try use(&cursor)
        }
    }
}
