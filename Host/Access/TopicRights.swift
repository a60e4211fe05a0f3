public import Topics

/// Which topics a caller may publish and subscribe to; resolved once per connection and then asked for every message.
public struct TopicRights: Sendable {
    private let publish: [TopicFilter]
    private let subscribe: [TopicFilter]
    private let publishesEverything: Bool

    /// Rights from filters.
    public init(publish: [TopicFilter], subscribe: [TopicFilter]) {
        self.publish = publish
        self.subscribe = subscribe
        publishesEverything = publish.contains { $0.description == "#" }
    }

    /// Whether the caller may publish to a topic, given as UTF-8. Topics that begin with `$` are the broker's own: nobody may, unless
    /// a filter names them.
    public func mayPublish(_ topic: UnsafeRawBufferPointer) -> Bool {
        if publishesEverything, topic.first != UInt8(ascii: "$") { return true }
        return publish.contains { $0.matches(topic) }
    }

    /// Whether the caller may publish to a topic.
    public func mayPublish(_ topic: String) -> Bool {
        var topic = topic
        return topic.withUTF8 { mayPublish(UnsafeRawBufferPointer($0)) }
    }

    /// Whether the caller may subscribe to a filter: one allowed filter must cover all of it.
    public func maySubscribe(_ filter: TopicFilter) -> Bool { subscribe.contains { $0.covers(filter) } }
}

/// A rule of the site: what a user, or everybody of a role, may publish and subscribe to. A user's rule takes the place of the role's.
public struct TopicRule: Sendable {
    /// Whom a rule is for.
    public enum Subject: Hashable, Sendable {
        case role(Role)
        case user(String)
    }

    /// Whom the rule is for.
    public let subject: Subject
    /// Topics that may be published to; empty: none.
    public let publish: [TopicFilter]
    /// Filters that may be subscribed to; empty: none.
    public let subscribe: [TopicFilter]

    /// A rule.
    public init(subject: Subject, publish: [TopicFilter], subscribe: [TopicFilter]) {
        self.subject = subject
        self.publish = publish
        self.subscribe = subscribe
    }
}

/// The rights of everybody: the site's rules over the defaults. By default a viewer subscribes to everything and publishes nothing;
/// operators and above also publish everything, apart from topics that begin with `$`.
struct TopicRightsTable: Sendable {
    private var rules: [TopicRule.Subject: TopicRights] = [:]

    init(rules given: [TopicRule]) throws(AccessError) {
        for rule in given {
            let rights = TopicRights(publish: rule.publish, subscribe: rule.subscribe)
            guard rules.updateValue(rights, forKey: rule.subject) == nil else {
                throw .invalid("there are two topic rules for \(rule.subject): write one that lists all filters")
            }
        }
    }

    func rights(of identity: Identity) -> TopicRights {
        rules[.user(identity.name)] ?? rules[.role(identity.role)] ?? (identity.role < .operator_ ? Self.reading : Self.all)
    }

    private static let everything = ["#", "$SYS/#"].compactMap { try? TopicFilter($0) }
    private static let reading = TopicRights(publish: [], subscribe: everything)
    private static let all = TopicRights(publish: Array(everything.prefix(1)), subscribe: everything)
}
