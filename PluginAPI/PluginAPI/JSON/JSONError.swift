/// Why a text is not the JSON that was expected, and at which byte.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Offset of the offending byte from the begin of the text.
    public let offset: Int
    private let code: Code

    enum Code: Hashable {
        case endsEarly
        case unexpected(UInt8, expected: StaticText)
        case trailing
        case tooDeep(limit: Int)
        case badNumber
        case badLiteral
        case controlCharacter
        case badEscape
        case loneSurrogate
        case notUTF8
        case twice
        case wrongKind(StaticText, expected: StaticText)
    }

    /// A `StaticString` that can be compared.
    struct StaticText: Hashable, ExpressibleByStringLiteral {
        let text: StaticString
        init(stringLiteral text: StaticString) { self.text = text }
        static func == (left: StaticText, right: StaticText) -> Bool { left.text.description == right.text.description }
        func hash(into hasher: inout Hasher) { hasher.combine(text.description) }
    }

    init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String { "at byte \(offset): \(reason)" }

    private var reason: String {
        switch code {
        case .endsEarly: "the JSON text ends early"
        case .unexpected(let byte, let expected): "expected \(expected.text), got \(JSONError.name(of: byte))"
        case .trailing: "there is more after the end of the JSON value"
        case .tooDeep(let limit): "objects and lists are nested deeper than \(limit) levels"
        case .badNumber: "the number is malformed"
        case .badLiteral: "expected true, false or null"
        case .controlCharacter: "a control character in a text must be escaped"
        case .badEscape: "the escape sequence is malformed"
        case .loneSurrogate: "the escape \\u names half of a surrogate pair"
        case .notUTF8: "the text is not UTF-8"
        case .twice: "the same key comes twice in one object"
        case .wrongKind(let kind, let expected): "expected \(expected.text), got \(kind.text)"
        }
    }

    private static func name(of byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "the byte \(byte)"
    }
}
