/// Why a topic name or a topic filter is refused (MQTT 3.1.1, section 4.7, and this broker's limits).
public struct TopicFault: Error, CustomStringConvertible, Equatable, Sendable {
    enum Code: Equatable {
        case empty, text, wildcardInName, wildcardPlace
        case tooLong(Int)
        case tooDeep(Int)
    }
    let code: Code

    static let empty = Self(code: .empty)
    static let text = Self(code: .text)
    static let wildcardInName = Self(code: .wildcardInName)
    static let wildcardPlace = Self(code: .wildcardPlace)

    /// The end of a sentence that begins with "the topic …".
    public var description: String {
        switch code {
        case .empty: "is empty; it needs at least one character (MQTT 3.1.1, 4.7.3)"
        case .text: "is not well-formed UTF-8 without U+0000 (MQTT 3.1.1, 1.5.3)"
        case .wildcardInName: "contains + or #, which only filters may (MQTT 3.1.1, 4.7.1)"
        case .wildcardPlace: "has + or # beside other characters, or # before the end (MQTT 3.1.1, 4.7.1)"
        case .tooLong(let limit): "is longer than the limit of \(limit) bytes"
        case .tooDeep(let limit): "has more than \(limit) levels"
        }
    }

    /// Whether the standard allows it and only a limit of this broker does not.
    var isLimit: Bool {
        switch code {
        case .tooLong, .tooDeep: true
        default: false
        }
    }
}
