/// A JSON document as a tree, for configurations and requests. Not for hot paths: see ``JSONReader``.
public indirect enum JSONValue: Sendable {
    case object([(key: String, value: JSONValue)])
    case array([JSONValue])
    case text(String)
    /// The integer is there if the number is written as one and fits.
    case number(Double, integer: Int64?)
    case boolean(Bool)
    case null

    /// Reads a whole document. Of a key that comes twice, strict reading refuses the second.
    /// - Throws: ``JSONError``, also for a number that no double can hold.
    public init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var reader = JSONReader(bytes)
        self = try JSONValue.value(of: try reader.next(), &reader)
        try reader.end()
    }

    /// The member of an object; nil if it has none of that name or this is no object.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The element of a list; nil if it has none of that index or this is no list.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text; nil for another kind.
    public var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
    /// The number; nil for another kind.
    public var number: Double? {
        if case .number(let number, _) = self { number } else { nil }
    }
    /// The number as written without fraction and exponent; nil for another kind, or if it does not fit.
    public var integer: Int64? {
        if case .number(_, let integer) = self { integer } else { nil }
    }
    /// The truth value; nil for another kind.
    public var boolean: Bool? {
        if case .boolean(let truth) = self { truth } else { nil }
    }
    /// The elements of a list; nil for another kind.
    public var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
    /// The members of an object, in their order; nil for another kind.
    public var members: [(key: String, value: JSONValue)]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// What it is, for a sentence: `a text`.
    public var kind: String {
        switch self {
        case .object: "an object"
        case .array: "a list"
        case .text: "a text"
        case .number: "a number"
        case .boolean: "true or false"
        case .null: "null"
        }
    }

    private static func value(of token: JSONToken, _ reader: inout JSONReader) throws(JSONError) -> JSONValue {
        switch token {
        case .beginObject: return try object(&reader)
        case .beginArray:
            var elements: [JSONValue] = []
            while let token = try reader.nextElement() { elements.append(try value(of: token, &reader)) }
            return .array(elements)
        case .text(let text): return .text(text.string)
        case .number(let number):
            guard let double = number.double else { throw JSONError(.badNumber, at: reader.offset - number.raw.count) }
            return .number(double, integer: number.integer)
        case .boolean(let truth): return .boolean(truth)
        default: return .null  // Where a value stands, the reader gives nothing else.
        }
    }

    private static func object(_ reader: inout JSONReader) throws(JSONError) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = []
        var known: Set<String> = []
        while let key = try reader.nextKey() {
            guard known.insert(key.string).inserted else { throw JSONError(.twice, at: reader.offset) }
            members.append((key.string, try value(of: try reader.next(), &reader)))
        }
        return .object(members)
    }
}
