/// An MQTT topic filter: a topic name whose levels may be the wildcards `+` (one level) and `#` (this and all deeper levels, last
/// only). MQTT 3.1.1, section 4.7.
public struct TopicFilter: Hashable, Sendable, CustomStringConvertible {
    /// The filter as written.
    public let description: String
    private let bytes: [UInt8]

    /// Takes a filter, or refuses it with a sentence.
    public init(_ text: String) throws(TopicError) {
        bytes = Array(text.utf8)
        description = text
        try TopicFilter.check(bytes, text: text)
    }

    /// Whether the filter has a wildcard; without one it is the name of a single topic.
    public var hasWildcard: Bool { bytes.contains { $0 == plusSign || $0 == hashSign } }

    /// Whether a topic name matches, by the rules of section 4.7, with that on topics beginning with `$` (4.7.2).
    public func matches(_ topic: String) -> Bool {
        var topic = topic
        return topic.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// Whether a topic name, as UTF-8, matches.
    public func matches(_ topic: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { TopicFilter.matches(filter: $0, topic: topic) }
    }

    /// Whether every topic that `other` matches is matched by this filter too.
    public func covers(_ other: TopicFilter) -> Bool {
        if startsWithWildcard, other.bytes.first == dollarSign { return false }
        let mine = levels, theirs = other.levels
        for (index, level) in mine.enumerated() {
            if level == "#" { return true }
            guard index < theirs.count, theirs[index] != "#" else { return false }
            if level != "+" && level != theirs[index] { return false }
        }
        return mine.count == theirs.count
    }

    /// Whether some topic is matched by both filters.
    public func overlaps(_ other: TopicFilter) -> Bool {
        if (startsWithWildcard && other.bytes.first == dollarSign) || (other.startsWithWildcard && bytes.first == dollarSign) {
            return false
        }
        let mine = levels, theirs = other.levels
        for index in 0..<max(mine.count, theirs.count) {
            let left = index < mine.count ? mine[index] : nil
            let right = index < theirs.count ? theirs[index] : nil
            if left == "#" || right == "#" { return true }
            guard let left, let right else { return false }
            if left != "+" && right != "+" && left != right { return false }
        }
        return true
    }

    private var startsWithWildcard: Bool { bytes.first == plusSign || bytes.first == hashSign }
    private var levels: [Substring] { description.split(separator: "/", omittingEmptySubsequences: false) }

    private static func matches(filter: UnsafeRawBufferPointer, topic: UnsafeRawBufferPointer) -> Bool {
        if topic.first == dollarSign, filter.first == plusSign || filter.first == hashSign { return false }
        var position = 0
        var index = 0
        while index < filter.count {
            switch filter[index] {
            case hashSign:
                return true
            case plusSign:
                while position < topic.count, topic[position] != levelSeparator { position += 1 }
                index += 1
            default:
                guard position < topic.count, topic[position] == filter[index] else {
                    // `sport/#` also matches `sport`: what is left of the filter is exactly `/#`.
                    return position == topic.count && filter.count - index == 2 && filter[index] == levelSeparator
                        && filter[index + 1] == hashSign
                }
                position += 1
                index += 1
            }
        }
        return position == topic.count
    }

    private static func check(_ bytes: [UInt8], text: String) throws(TopicError) {
        guard !bytes.isEmpty else { throw .invalid("the topic filter is empty: name at least one level") }
        guard bytes.count <= 65_535 else {
            throw .invalid("the topic filter has \(bytes.count) bytes, at most 65535 are allowed")
        }
        guard !bytes.contains(0) else { throw .invalid("the topic filter '\(text)' contains the character U+0000") }
        for (index, byte) in bytes.enumerated() where byte == plusSign || byte == hashSign {
            let wildcard = byte == plusSign ? "+" : "#"
            guard index == 0 || bytes[index - 1] == levelSeparator, index == bytes.count - 1 || bytes[index + 1] == levelSeparator else {
                throw .invalid("the topic filter '\(text)' is malformed: '\(wildcard)' must stand alone between slashes")
            }
            guard byte == plusSign || index == bytes.count - 1 else {
                throw .invalid("the topic filter '\(text)' is malformed: '#' may only be the last level")
            }
        }
    }
}

/// Why a topic filter or a topic name is refused; `description` is a sentence for a person.
public struct TopicError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    static func invalid(_ sentence: String) -> TopicError { TopicError(description: sentence) }
}

private let plusSign = UInt8(ascii: "+")
private let hashSign = UInt8(ascii: "#")
private let levelSeparator = UInt8(ascii: "/")
private let dollarSign = UInt8(ascii: "$")
