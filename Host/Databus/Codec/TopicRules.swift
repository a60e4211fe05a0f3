/// What a topic name and a topic filter may be.
struct TopicRules: Sendable {
    /// Bytes of UTF-8.
    var maximumBytes = 4_096
    /// Levels, that is separators plus one.
    var maximumLevels = 128

    static let slash = UInt8(ascii: "/")
    static let plus = UInt8(ascii: "+")
    static let hash = UInt8(ascii: "#")
    static let dollar = UInt8(ascii: "$")

    /// The fault of a topic name, nil when it may be published to.
    func fault(inName name: UnsafeRawBufferPointer) -> TopicFault? {
        if name.isEmpty { return .empty }
        if name.count > maximumBytes { return TopicFault(code: .tooLong(maximumBytes)) }
        var levels = 1
        for byte in name {
            if byte == Self.plus || byte == Self.hash { return .wildcardInName }
            if byte == Self.slash { levels += 1 }
        }
        if levels > maximumLevels { return TopicFault(code: .tooDeep(maximumLevels)) }
        return isWellFormedText(name) ? nil : .text
    }

    /// The fault of a topic filter, nil when it may be subscribed to.
    func fault(inFilter filter: UnsafeRawBufferPointer) -> TopicFault? {
        if filter.isEmpty { return .empty }
        var levels = 1
        for index in filter.indices {
            let byte = filter[index]
            if byte == Self.slash { levels += 1 }
            guard byte == Self.plus || byte == Self.hash else { continue }
            let startsLevel = index == 0 || filter[index - 1] == Self.slash
            let endsFilter = index == filter.count - 1
            let endsLevel = endsFilter || (byte == Self.plus && filter[index + 1] == Self.slash)
            guard startsLevel && endsLevel else { return .wildcardPlace }
        }
        if !isWellFormedText(filter) { return .text }
        if filter.count > maximumBytes { return TopicFault(code: .tooLong(maximumBytes)) }
        return levels > maximumLevels ? TopicFault(code: .tooDeep(maximumLevels)) : nil
    }

    /// Whether a well-formed filter matches a well-formed topic name (MQTT 3.1.1, sections 4.7.1 and 4.7.2).
    static func filter(_ filter: UnsafeRawBufferPointer, matches topic: UnsafeRawBufferPointer) -> Bool {
        if let first = topic.first, first == dollar, let wildcard = filter.first, wildcard == plus || wildcard == hash {
            return false
        }
        var position = 0
        var topicPosition = 0
        while position < filter.count {
            let byte = filter[position]
            if byte == hash { return true }
            if byte == plus {
                while topicPosition < topic.count, topic[topicPosition] != slash { topicPosition += 1 }
                position += 1
                continue
            }
            guard topicPosition < topic.count else {
                // "a/#" matches its parent "a".
                return byte == slash && position + 2 == filter.count && filter[position + 1] == hash
            }
            guard topic[topicPosition] == byte else { return false }
            position += 1
            topicPosition += 1
        }
        return topicPosition == topic.count
    }
}
