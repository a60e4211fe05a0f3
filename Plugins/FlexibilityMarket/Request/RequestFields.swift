public import PluginAPI

/// An object of a message with its place, whose keys may be written `min_kw` or `minKw`.
public struct RequestFields {
    /// For sentences: `intervals.0`.
    public let place: String
    private let members: [String: JSONValue]

    /// - Throws: ``Status/invalidArgument`` if the value is no object, or has a key that is not allowed.
    public init(_ value: JSONValue, at place: String, allowing keys: [String]) throws(ServiceError) {
        guard let given = value.members else { throw .invalidArgument("\(place) is \(value.kind), expected an object") }
        var members: [String: JSONValue] = [:]
        for (key, value) in given {
            let name = Self.snakeCase(key)
            guard keys.contains(name) else { throw .invalidArgument("\(place) has the unknown key '\(key)', expected one of \(keys.joined(separator: ", "))") }
            guard members[name] == nil else { throw .invalidArgument("\(place) has the key '\(name)' twice") }
            if case .null = value { continue }
            members[name] = value
        }
        (self.place, self.members) = (place, members)
    }

    /// `minActivationFactor` → `min_activation_factor`.
    static func snakeCase(_ key: String) -> String {
        var text = ""
        for character in key.unicodeScalars {
            if ("A"..."Z").contains(character) {
                if !text.isEmpty, text.last != "_" { text += "_" }
                text.unicodeScalars.append(Unicode.Scalar(UInt8(character.value) + 32))
            } else {
                text.unicodeScalars.append(character)
            }
        }
        return text
    }

    /// The value itself.
    public subscript(key: String) -> JSONValue? { members[key] }

    /// A text of 1 … 200 bytes.
    public func text(_ key: String) throws(ServiceError) -> String? {
        guard let value = members[key] else { return nil }
        guard let text = value.text, !text.isEmpty, text.utf8.count <= 200 else { throw wrong(key, value, "a text of 1 to 200 bytes") }
        return text
    }

    public func number(_ key: String, in range: ClosedRange<Double>) throws(ServiceError) -> Double? {
        guard let value = members[key] else { return nil }
        guard let number = value.number, range.contains(number) else { throw wrong(key, value, "a number from \(range.lowerBound) to \(range.upperBound)") }
        return number
    }

    public func integer(_ key: String, in range: ClosedRange<Int64>) throws(ServiceError) -> Int? {
        guard let value = members[key] else { return nil }
        guard let integer = value.integer, range.contains(integer) else {
            throw wrong(key, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(integer)
    }

    /// A time of ISO 8601 with its zone, as RFC 3339 has it.
    public func time(_ key: String) throws(ServiceError) -> Timestamp? {
        guard let value = members[key] else { return nil }
        guard let time = value.text.flatMap({ Timestamp(text: $0) }) else {
            throw wrong(key, value, "a time of the years 2000 to 2100 with its zone, such as 2026-06-01T12:00:00Z")
        }
        return time
    }

    public func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) throws(ServiceError) -> Choice?
    where Choice.RawValue == String {
        guard let value = members[key] else { return nil }
        guard let choice = value.text.flatMap(Choice.init(rawValue:)) else {
            throw wrong(key, value, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// The error for a value that is not as expected.
    public func wrong(_ key: String, _ value: JSONValue, _ expected: String) -> ServiceError {
        let got: String =
            switch value {
            case .text(let text): "'\(text.prefix(80))'"
            case .number(let number, let integer): integer.map(String.init) ?? String(number)
            default: value.kind
            }
        return .invalidArgument("\(place == "" ? "" : place + ".")\(key) is \(got), expected \(expected)")
    }
}

extension Timestamp {
    /// 2000-01-01 and 2101-01-01.
    private static let dealt = Timestamp(seconds: 946_684_800)..<Timestamp(seconds: 4_133_980_800)

    /// Reads ISO 8601 with a zone; nil for something else, and for a time before 2000 or after 2100: nobody deals there, and differences of such
    /// times need not fit.
    public init?(text: String) {
        guard let time = Array(text.utf8).withUnsafeBytes({ Timestamp(iso8601: $0, offsetIfMissing: nil) }), Self.dealt.contains(time) else { return nil }
        self = time
    }
}

/// Reads the durations of ISO 8601 that have days, hours, minutes and seconds: `PT15M`, `P1DT2H`. Nil for another text.
public func isoDuration(_ text: String) -> Duration? {
    guard text.hasPrefix("P"), text.count > 2 else { return nil }
    var seconds: Int64 = 0, number = "", isTime = false, isEmpty = true
    for character in text.dropFirst() {
        switch character {
        case "0"..."9": number.append(character)
        case "T" where !isTime && number.isEmpty: isTime = true
        case "D", "H", "M", "S":
            guard let value = Int64(number), value < 1_000_000, isTime != (character == "D") else { return nil }
            seconds += value * (character == "D" ? 86_400 : character == "H" ? 3600 : character == "M" ? 60 : 1)
            (number, isEmpty) = ("", false)
        default: return nil
        }
    }
    return number.isEmpty && !isEmpty ? .seconds(seconds) : nil
}
