import Testing

@testable import Databus

@Suite struct FilterCoverTests {
    @Test("The filters subscribed at the external broker are disjoint and cover all local ones", arguments: [
        ([], [:]),
        ([("a", 1)], ["a": 1]),
        ([("a", 0), ("a", 1), ("b", 0)], ["a": 1, "b": 0]),
        ([("/pmu/#", 1), ("/pmu/1", 0), ("/pmu", 0)], ["/pmu/#": 1]),
        ([("/pmu/1", 1), ("/pmu/+", 0)], ["/pmu/+": 1]),
        ([("switches/+", 1), ("switches/+/command", 1)], ["switches/+": 1, "switches/+/command": 1]),
        ([("a/+", 0), ("+/b", 1)], ["+/+": 1]),
        ([("a/+", 0), ("c/d", 0), ("+/b", 1), ("e", 1)], ["+/+": 1, "e": 1]),
        ([("a/#", 1), ("+/b", 0)], ["+/#": 1]),
        ([("#", 0), ("$SYS/#", 0)], ["#": 0]),
        ([("$SYS/broker/uptime", 1)], [:]),
        ([("a/b/+", 0), ("+/b/c", 0), ("a/+/+", 1)], ["+/+/+": 1]),
    ] as [([(String, UInt8)], [String: UInt8])])
    func covers(filters: [(String, UInt8)], expected: [String: UInt8]) {
        #expect(FilterCover.cover(filters.map { (filter: $0.0, qos: $0.1) }) == expected)
    }

    @Test("However filters are drawn, no two of the cover overlap, and each topic that matches one is matched by the cover once")
    func drawn() {
        var random = SystemRandomNumberGenerator()
        let levels = ["a", "b", "+"]
        for _ in 0..<500 {
            var filters: [(filter: String, qos: UInt8)] = []
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                var parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in levels.randomElement(using: &random) ?? "a" }
                if Bool.random(using: &random) { parts.append("#") }
                filters.append((parts.joined(separator: "/"), UInt8.random(in: 0...1, using: &random)))
            }
            let cover = FilterCover.cover(filters)
            for topic in ["a", "b", "c", "a/a", "a/b", "b/a", "c/c", "a/b/a", "b/b/b", "a/b/c", "a/a/a/a", "c/a/b/b"] {
                let matched = filters.filter { matches($0.filter, topic) }
                let covering = cover.filter { matches($0.key, topic) }
                #expect(covering.count == 1 || (matched.isEmpty && covering.isEmpty), "\(topic) of \(filters): \(cover)")
                if let qos = matched.map(\.qos).max() { #expect((covering.values.max() ?? 0) >= qos) }
            }
        }
    }

    private func matches(_ filter: String, _ topic: String) -> Bool {
        Array(filter.utf8).withUnsafeBytes { filter in Array(topic.utf8).withUnsafeBytes { TopicRules.filter(filter, matches: $0) } }
    }
}
