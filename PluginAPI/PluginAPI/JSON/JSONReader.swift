/// A strict pull reader of JSON (RFC 8259) over bytes. Allocates nothing: tokens point into the bytes, which must outlive it.
///
/// ```swift
/// var reader = JSONReader(payload)
/// try reader.beginObject()
/// while let key = try reader.nextKey() {
///     switch key {
///     case "device": device = try reader.text().string
///     default: try reader.skipValue()
///     }
/// }
/// try reader.end()
/// ```
/// After an error the reader must not be used any more.
public struct JSONReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0
    private let depthLimit: Int
    private var depth = 0
    /// One bit for each open container, the innermost lowest: 1 for an object.
    private var containers: UInt64 = 0
    private var state = State.value

    /// What may come next.
    private enum State { case value, firstKey, firstElement, afterValue, done }

    /// - Parameter depthLimit: how deep objects and lists may nest, 1 … 64.
    public init(_ bytes: UnsafeRawBufferPointer, depthLimit: Int = 64) {
        self.bytes = bytes
        self.depthLimit = min(max(depthLimit, 1), 64)
    }

    /// Where the reader stands, in bytes from the begin.
    public var offset: Int { position }

    /// The next token; ``JSONToken/end`` once the value is complete and nothing but white space is left.
    public mutating func next() throws(JSONError) -> JSONToken {
        skipWhiteSpace()
        switch state {
        case .value: return try value()
        case .firstKey:
            if peek == UInt8(ascii: "}") { return close(.endObject) }
            return try key()
        case .firstElement:
            if peek == UInt8(ascii: "]") { return close(.endArray) }
            return try value()
        case .afterValue: return try afterValue()
        case .done:
            guard position == bytes.count else { throw JSONError(.trailing, at: position) }
            return .end
        }
    }

    /// The byte at the position, 0 at the end.
    var peek: UInt8 { position < bytes.count ? bytes[position] : 0 }

    /// The error for the byte at the position, or for the end of the text.
    func unexpected(_ expected: JSONError.StaticText) -> JSONError {
        let code = position < bytes.count ? JSONError.Code.unexpected(bytes[position], expected: expected) : .endsEarly
        return JSONError(code, at: position)
    }

    private var isInObject: Bool { containers & 1 == 1 }

    private mutating func afterValue() throws(JSONError) -> JSONToken {
        if peek == UInt8(ascii: ",") {
            position += 1
            skipWhiteSpace()
            return isInObject ? try key() : try value()
        }
        if isInObject {
            guard peek == UInt8(ascii: "}") else { throw unexpected("',' or '}'") }
            return close(.endObject)
        }
        guard peek == UInt8(ascii: "]") else { throw unexpected("',' or ']'") }
        return close(.endArray)
    }

    private mutating func value() throws(JSONError) -> JSONToken {
        switch peek {
        case UInt8(ascii: "\""):
            let text = try string()
            finishValue()
            return .text(text)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard let number = scanNumber(bytes, from: position) else { throw JSONError(.badNumber, at: position) }
            position += number.raw.count
            finishValue()
            return .number(number)
        case UInt8(ascii: "{"): return try open(object: true)
        case UInt8(ascii: "["): return try open(object: false)
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func key() throws(JSONError) -> JSONToken {
        guard peek == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
        let text = try string()
        skipWhiteSpace()
        guard peek == UInt8(ascii: ":") else { throw unexpected("':'") }
        position += 1
        state = .value
        return .key(text)
    }

    private mutating func open(object: Bool) throws(JSONError) -> JSONToken {
        guard depth < depthLimit else { throw JSONError(.tooDeep(limit: depthLimit), at: position) }
        position += 1
        depth += 1
        containers = containers << 1 | (object ? 1 : 0)
        state = object ? .firstKey : .firstElement
        return object ? .beginObject : .beginArray
    }

    private mutating func close(_ token: JSONToken) -> JSONToken {
        position += 1
        depth -= 1
        containers >>= 1
        finishValue()
        return token
    }

    private mutating func finishValue() { state = depth == 0 ? .done : .afterValue }

    private mutating func literal(_ word: StaticString, _ token: JSONToken) throws(JSONError) -> JSONToken {
        let length = word.utf8CodeUnitCount
        guard position + length <= bytes.count else { throw JSONError(.badLiteral, at: position) }
        for index in 0..<length where bytes[position + index] != word.utf8Start[index] {
            throw JSONError(.badLiteral, at: position)
        }
        position += length
        finishValue()
        return token
    }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }
}
