public import Topics

/// The topics on which devices are commanded, and those on which they report what they did: `commands` in `site.yaml`.
///
/// A service's plain publishing to a command topic is refused: it goes through the arbiter. A topic on which devices report is none,
/// even where a filter of command topics covers it.
public struct CommandTopics: Sendable {
    /// Filters of command topics.
    public var commands: [TopicFilter]
    /// Filters of reports.
    public var reports: [TopicFilter]
    /// What the host itself tells about commands, below this level.
    static let own = "commands"

    /// What a site has that says nothing.
    public static let standard = CommandTopics(
        commands: ["setpoints/#", "switches/+/command"].compactMap { try? TopicFilter($0) },
        reports: ["setpoints/+/ack", "switches/+"].compactMap { try? TopicFilter($0) })

    /// Whether a service may publish to it only through the arbiter.
    func isReserved(_ topic: UnsafeRawBufferPointer) -> Bool {
        guard commands.contains(where: { $0.matches(topic) }) else { return false }
        return !reports.contains { $0.matches(topic) }
    }

    /// Whether only the host publishes to it.
    static func isOwn(_ topic: UnsafeRawBufferPointer) -> Bool {
        topic.count > 9 && topic.starts(with: "commands/".utf8)
    }

    /// The device that a command topic is for: its level where the first filter that matches has its first wildcard, or its last level.
    /// `nil` if it is no command topic.
    func device(of topic: String) -> String? {
        var copy = topic
        guard copy.withUTF8({ isReserved(UnsafeRawBufferPointer($0)) }), let filter = commands.first(where: { $0.matches(topic) }) else { return nil }
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        let pattern = filter.description.split(separator: "/", omittingEmptySubsequences: false)
        let place = pattern.firstIndex { $0 == "+" || $0 == "#" } ?? levels.count - 1
        guard place < levels.count, !levels[place].isEmpty else { return nil }
        return String(levels[place])
    }
}
