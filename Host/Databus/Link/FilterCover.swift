internal import Topics

/// The filters that a link subscribes to at the external broker: pairwise disjoint, together matching whatever a local filter matches.
///
/// Brokers differ in how often they deliver a message that several filters of one client match (MQTT 3.1.1, 3.3.5, leaves it to them: RabbitMQ
/// delivers once for each QoS, mosquitto once); where no two filters overlap there is nothing to differ in.
enum FilterCover {
    /// The cover of some local filters with their QoS: filters that another one covers are left out, those that overlap otherwise are
    /// replaced by the narrowest filter that covers both, each with the highest QoS of what it stands for.
    ///
    /// Topics below `$` belong to each broker and are not subscribed to.
    static func cover(_ filters: some Sequence<(filter: String, qos: UInt8)>) -> [String: UInt8] {
        var disjoint: [(filter: TopicFilter, qos: UInt8)] = []
        for (text, qos) in filters where text.utf8.first != TopicRules.dollar {
            guard let filter = try? TopicFilter(text) else { continue }
            add(filter, qos: qos, to: &disjoint)
        }
        return Dictionary(disjoint.map { ($0.filter.description, $0.qos) }, uniquingKeysWith: max)
    }

    private static func add(_ filter: TopicFilter, qos: UInt8, to disjoint: inout [(filter: TopicFilter, qos: UInt8)]) {
        var (filter, qos) = (filter, qos)
        // Widening the filter may make it overlap with one that was passed already, so the search begins again.
        while let index = disjoint.firstIndex(where: { $0.filter.overlaps(filter) }) {
            let other = disjoint.remove(at: index)
            qos = max(qos, other.qos)
            if other.filter.covers(filter) { filter = other.filter } else if !filter.covers(other.filter) { filter = join(filter, other.filter) }
        }
        disjoint.append((filter, qos))
    }

    /// The narrowest filter that covers two overlapping ones: `a/+` and `+/b` become `+/+`.
    static func join(_ one: TopicFilter, _ other: TopicFilter) -> TopicFilter {
        let (left, right) = (levels(one), levels(other))
        var joined: [Substring] = []
        for index in 0..<max(left.count, right.count) {
            guard index < left.count, index < right.count, left[index] != "#", right[index] != "#" else {
                joined.append("#")
                break
            }
            joined.append(left[index] == right[index] ? left[index] : "+")
        }
        // Two well-formed filters give a well-formed one.
        return (try? TopicFilter(joined.joined(separator: "/"))) ?? one
    }

    /// Whether every topic that `other` matches is matched by `filter` too.
    static func covers(_ filter: String, _ other: String) -> Bool {
        guard let filter = try? TopicFilter(filter), let other = try? TopicFilter(other) else { return false }
        return filter.covers(other)
    }

    private static func levels(_ filter: TopicFilter) -> [Substring] {
        filter.description.split(separator: "/", omittingEmptySubsequences: false)
    }
}
