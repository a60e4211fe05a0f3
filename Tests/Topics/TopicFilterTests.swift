import Testing
import Topics

@Suite("Topic filters")
struct TopicFilterTests {
    @Test("A filter matches the topics that section 4.7 of MQTT 3.1.1 says", arguments: [
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
        ("sport/tennis/player1/#", "sport/tennis/player10", false),
        ("sport/#", "sport", true),
        ("sport/#", "sports", false),
        ("#", "a/b/c", true),
        ("sport/tennis/+", "sport/tennis/player1", true),
        ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false),
        ("sport/+", "sport/", true),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("+/tennis/#", "sport/tennis/x/y", true),
        ("#", "$SYS/broker", false),
        ("+/broker", "$SYS/broker", false),
        ("$SYS/#", "$SYS/broker", true),
        ("/pmu/#", "/pmu/dev", true),
        ("a//b", "a//b", true),
        ("a/+/b", "a//b", true),
        ("a", "a/", false),
        ("a/", "a", false),
        ("ab/#", "a", false),
    ])
    func matching(filter: String, topic: String, expected: Bool) throws {
        #expect(try TopicFilter(filter).matches(topic) == expected)
    }

    @Test("A malformed filter is refused", arguments: ["", "a#", "#/a", "a/#/b", "a+", "+a", "a/b+/c", "a\u{0}b"])
    func refusal(filter: String) {
        #expect(throws: TopicError.self) { try TopicFilter(filter) }
    }

    @Test("Covering and overlapping agree with the sets of topics", arguments: [
        ("a/#", "a/b", true, true),
        ("a/b", "a/#", false, true),
        ("a/#", "a", true, true),
        ("+/b", "a/b", true, true),
        ("a/+", "+/b", false, true),
        ("a/+", "a/#", false, true),
        ("a/b", "a/c", false, false),
        ("#", "$SYS/x", false, false),
        ("a", "a/+", false, false),
        ("a/+/c", "a/b/c", true, true),
    ])
    func relations(left: String, right: String, covers: Bool, overlaps: Bool) throws {
        let left = try TopicFilter(left), right = try TopicFilter(right)
        #expect(left.covers(right) == covers)
        #expect(left.overlaps(right) == overlaps)
        #expect(right.overlaps(left) == overlaps)
    }
}
