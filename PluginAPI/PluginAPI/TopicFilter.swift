/// An MQTT topic filter, for services that sort messages by topic: levels may be the wildcards `+` (one level) and `#` (this and
/// all deeper levels, last only). MQTT 3.1.1, section 4.7.
public struct TopicFilter: Hashable, Sendable, CustomStringConvertible {
    /// The filter as written.
    public let description: String
    private let bytes: [UInt8]

    /// Takes a filter; nil if it is empty, above 65,535 bytes, has a NUL or a wildcard that does not stand alone in its level.
    public init?(_ text: String) {
        let levels = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard !text.isEmpty, text.utf8.count <= 65_535, !text.utf8.contains(0) else { return nil }
        for (index, level) in levels.enumerated() where level.contains(plus) || level.contains(numberSign) {
            guard level.count == 1, level.first == plus || index == levels.count - 1 else { return nil }
        }
        description = text
        bytes = Array(text.utf8)
    }

    /// Whether a topic name, as UTF-8, matches; by section 4.7.2, `$` at its begin is matched by no wildcard.
    public func matches(_ topic: UnsafeRawBufferPointer) -> Bool {
        if topic.first == dollar, bytes[0] == plus || bytes[0] == numberSign { return false }
        var position = 0
        for (index, byte) in bytes.enumerated() {
            if byte == numberSign { return true }
            if byte == plus {
                while position < topic.count, topic[position] != slash { position += 1 }
            } else if position < topic.count, topic[position] == byte {
                position += 1
            } else {
                // `sport/#` also matches `sport`: what is left of the filter is exactly `/#`.
                return position == topic.count && byte == slash && index + 2 == bytes.count && bytes[index + 1] == numberSign
            }
        }
        return position == topic.count
    }

    /// Whether a topic name matches.
    public func matches(_ topic: String) -> Bool {
        topic.withPluginBytes { matches($0.buffer) }
    }
}

private let plus = UInt8(ascii: "+")
private let numberSign = UInt8(ascii: "#")
private let slash = UInt8(ascii: "/")
private let dollar = UInt8(ascii: "$")
