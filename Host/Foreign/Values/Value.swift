internal import PluginAPI

/// A value on its way between messages, series, functions and points.
indirect enum Value: Sendable {
    case null
    case boolean(Bool)
    /// Wide enough for each whole-number type of C.
    case integer(Int128)
    case number(Double)
    case text(String)
    case list([Value])
    /// A list of numbers, as series and arrays have it.
    case numbers([Double])
    case object([(key: String, value: Value)])
    /// A pointer that a function of the library gave.
    case handle(Handle)

    /// A pointer whose target is the library's own business.
    struct Handle: Hashable, Sendable {
        let type: String
        let address: UInt
    }

    /// As a double, rounded if it is a whole number beyond 2⁵³; nil for what is no number.
    var number: Double? {
        switch self {
        case .number(let number): number
        case .integer(let integer): Double(integer)
        default: nil
        }
    }

    /// How a person would call it.
    var shown: String {
        switch self {
        case .null: "null"
        case .boolean(let truth): "\(truth)"
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .text(let text): "the text '\(text.prefix(60))'"
        case .list(let items): "a list of \(items.count)"
        case .numbers(let items): items.count <= 8 ? "\(items)" : "a list of \(items.count) numbers"
        case .object: "an object"
        case .handle(let handle): "a handle of type \(handle.type)"
        }
    }

    /// The elements of a list of either kind; nil for another value.
    var count: Int? {
        switch self {
        case .list(let items): items.count
        case .numbers(let items): items.count
        default: nil
        }
    }

    /// The element of a list of either kind.
    func element(_ index: Int) -> Value {
        switch self {
        case .list(let items) where items.indices.contains(index): items[index]
        case .numbers(let items) where items.indices.contains(index): .number(items[index])
        default: .null
        }
    }

    /// The member of an object; nil if there is none.
    func member(_ key: String) -> Value? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }
}

extension Value {
    /// A value of a JSON document, whose first token was read.
    init(_ token: JSONToken, _ reader: inout JSONReader) throws(JSONError) {
        switch token {
        case .text(let text): self = .text(text.string)
        case .boolean(let truth): self = .boolean(truth)
        case .number(let number): self = Self.number(number)
        case .beginArray:
            var items: [Value] = []
            while let token = try reader.nextElement() { items.append(try Value(token, &reader)) }
            self = .list(items)
        case .beginObject:
            var members: [(key: String, value: Value)] = []
            while let key = try reader.nextKey() {
                let name = key.string
                members.append((name, try Value(try reader.next(), &reader)))
            }
            self = .object(members)
        default: self = .null
        }
    }

    private static func number(_ number: JSONNumber) -> Value {
        if let integer = number.integer { return .integer(Int128(integer)) }
        if number.isInteger, let wide = Int128(String(decoding: number.raw, as: UTF8.self)) { return .integer(wide) }
        return number.double.map { .number($0) } ?? .null
    }

    /// Writes it as JSON: NaN and infinities, which JSON can't say, as null.
    func write(to json: inout JSONWriter) {
        switch self {
        case .null, .handle: json.null()
        case .boolean(let truth): json.value(truth)
        case .integer(let integer):
            if let small = Int(exactly: integer) {
                json.value(small)
            } else if let large = UInt64(exactly: integer) {
                json.value(large)
            } else {
                json.value(Double(integer))
            }
        case .number(let number): json.value(number)
        case .text(let text): json.value(text)
        case .list(let items):
            json.beginArray()
            for item in items { item.write(to: &json) }
            json.endArray()
        case .numbers(let items):
            json.beginArray()
            for item in items { json.value(item) }
            json.endArray()
        case .object(let members):
            json.beginObject()
            for member in members {
                json.key(member.key)
                member.value.write(to: &json)
            }
            json.endObject()
        }
    }

    /// As a piece of a topic or the value of a tag; nil for what has no one text.
    var plainText: String? {
        switch self {
        case .text(let text): text
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .boolean(let truth): "\(truth)"
        default: nil
        }
    }
}
