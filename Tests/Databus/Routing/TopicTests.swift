import Testing

@testable import Databus

/// The examples of MQTT 3.1.1 section 4.7, and their neighbours.
let topicMatches: [(filter: String, topic: String, matches: Bool)] = [
    ("sport/tennis/player1/#", "sport/tennis/player1", true),
    ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
    ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
    ("sport/tennis/player1/#", "sport/tennis/player10", false),
    ("sport/#", "sport", true),
    ("sport/#", "sports", false),
    ("#", "sport/tennis", true),
    ("#", "/", true),
    ("sport/tennis/+", "sport/tennis/player1", true),
    ("sport/tennis/+", "sport/tennis/player2", true),
    ("sport/tennis/+", "sport/tennis/player1/ranking", false),
    ("sport/+", "sport", false),
    ("sport/+", "sport/", true),
    ("+", "/finance", false),
    ("+/+", "/finance", true),
    ("/+", "/finance", true),
    ("+", "finance", true),
    ("+/tennis/#", "sport/tennis", true),
    ("+/tennis/#", "sport/tennis/player1", true),
    ("sport/+/player1", "sport/tennis/player1", true),
    ("sport/+/player1", "sport/tennis/player2", false),
    ("#", "$SYS/monitor/Clients", false),
    ("+/monitor/Clients", "$SYS/monitor/Clients", false),
    ("$SYS/#", "$SYS/monitor/Clients", true),
    ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
    ("a/#", "a/$b", true),
    ("a/+", "a/$b", true),
    ("ACCOUNTS", "Accounts", false),
    ("/finance", "finance", false),
    ("a//b", "a//b", true),
    ("a/+/b", "a//b", true),
    ("a/b", "a//b", false),
    ("a/b/", "a/b", false),
    ("a/b", "a/b/", false),
    ("a/b/#", "a/b/", true),
    ("+/#", "a", true),
    ("+/+/#", "a", false),
    ("é/+", "é/ü", true),
    ("a", "ab", false),
    ("ab", "a", false),
]

@Suite struct TopicTests {
    @Test("Filters match topics as section 4.7 says", arguments: topicMatches)
    func matching(filter: String, topic: String, matches: Bool) {
        let result = Array(filter.utf8).withUnsafeBytes { filter in
            Array(topic.utf8).withUnsafeBytes { TopicRules.filter(filter, matches: $0) }
        }
        #expect(result == matches)
    }

    @Test("The subscription tree agrees", arguments: topicMatches)
    func tree(filter: String, topic: String, matches: Bool) {
        let tree = SubscriptionTree()
        let session = Session(clientIdentifier: "c", isClean: true, limits: BrokerOptions())
        for other in ["x/y", "sport/other/#", "+/z/+"] { subscribe(tree, session, other) }
        subscribe(tree, session, filter)
        #expect(isMatched(tree, topic) == matches)
        unsubscribe(tree, session, filter)
        #expect(!isMatched(tree, topic))
        for other in ["x/y", "sport/other/#", "+/z/+"] { unsubscribe(tree, session, other) }
        #expect(tree.root.isEmpty)
        #expect(tree.count == 0 && tree.byteCount == 0)
    }

    @Test("Retained messages are found by the same rules", arguments: topicMatches)
    func retained(filter: String, topic: String, matches: Bool) {
        let store = RetainedTree()
        for other in ["x/y", "sport/other", topic] { retain(store, other, "1") }
        #expect(found(store, filter).contains(topic) == matches)
        for other in ["x/y", "sport/other", topic] { retain(store, other, "") }
        #expect(store.count == 0 && store.byteCount == 0)
        #expect(found(store, "#").isEmpty)
    }

    @Test("Deep topics count with what their levels cost, and give it back")
    func deepTopics() {
        let store = RetainedTree()
        let deep = String(repeating: "/", count: 127)
        retain(store, deep, "1")
        #expect(store.byteCount > 128 * 200)
        let before = store.byteCount
        retain(store, deep, "2")
        #expect(store.byteCount == before)
        retain(store, deep, "")
        #expect(store.byteCount == 0)
    }

    @Test(
        "A malformed filter is refused",
        arguments: [
            "", "sport/tennis#", "sport/tennis/#/ranking", "sport+", "+sport", "a/#b", "##", "a/++/b", "#/a", "a/\u{0}",
        ])
    func malformedFilter(filter: String) {
        #expect(Array(filter.utf8).withUnsafeBytes { TopicRules().fault(inFilter: $0) } != nil)
    }

    @Test(
        "A well-formed filter is accepted",
        arguments: ["#", "+", "/", "a", "+/+/#", "a/+/b", "sport/#", "$SYS/#", "a b"])
    func wellFormedFilter(filter: String) {
        #expect(Array(filter.utf8).withUnsafeBytes { TopicRules().fault(inFilter: $0) } == nil)
    }

    @Test(
        "A topic name has no wildcards, text, and at most 128 levels",
        arguments: [
            ("a/b", true), ("", false), ("a/+", false), ("#", false), ("a\u{0}", false),
            (String(repeating: "/", count: 127), true), (String(repeating: "/", count: 128), false),
            (String(repeating: "a", count: 4_096), true), (String(repeating: "a", count: 4_097), false),
        ])
    func names(name: String, isValid: Bool) {
        #expect((Array(name.utf8).withUnsafeBytes { TopicRules().fault(inName: $0) } == nil) == isValid)
    }

    @Test("A change of subscriptions reaches topics resolved before")
    func routeCache() throws {
        let tree = SubscriptionTree()
        var cache = RouteCache(rules: TopicRules(), maximumCount: 300)
        let session = Session(clientIdentifier: "c", isClean: true, limits: BrokerOptions())
        func receivers(_ topic: String) throws -> [UInt8] {
            try Array(topic.utf8).withUnsafeBytes { try cache.route(for: $0, in: tree).remotes.map(\.qos) }
        }
        #expect(try receivers("a/b") == [])
        subscribe(tree, session, "a/+", qos: 1)
        #expect(try receivers("a/b") == [1])
        subscribe(tree, session, "a/#", qos: 2)
        #expect(try receivers("a/b") == [2])
        subscribe(tree, session, "a/b", qos: 0)
        #expect(try receivers("a/b") == [2])
        for index in 0..<1_000 { #expect(try receivers("a/\(index)") == [2]) }
        #expect(cache.count <= 300)
        unsubscribe(tree, session, "a/#")
        #expect(try receivers("a/b") == [1])
        #expect(throws: TopicFault.wildcardInName) { try receivers("a/#") }
    }

    @Test("Children whose hashes collide are kept apart")
    func collisions() {
        let node = SubscriptionNode()
        let names = ["a", "b", "c"].map { Array($0.utf8) }
        let children = names.map { name in name.withUnsafeBytes { node.makeChild($0, hash: 7) } }
        for (name, child) in zip(names, children) {
            #expect(name.withUnsafeBytes { node.child($0, hash: 7) } === child)
        }
        node.removeChild(children[1], hash: 7)
        #expect(names[1].withUnsafeBytes { node.child($0, hash: 7) } == nil)
        #expect(names[0].withUnsafeBytes { node.child($0, hash: 7) } === children[0])
        #expect(names[2].withUnsafeBytes { node.child($0, hash: 7) } === children[2])
    }
}

private func subscribe(_ tree: SubscriptionTree, _ session: Session, _ filter: String, qos: UInt8 = 0) {
    Array(filter.utf8).withUnsafeBytes { tree.subscribe(session, filter: $0, qos: qos) }
}

private func unsubscribe(_ tree: SubscriptionTree, _ session: Session, _ filter: String) {
    Array(filter.utf8).withUnsafeBytes { tree.unsubscribe(session, filter: $0) }
}

private func isMatched(_ tree: SubscriptionTree, _ topic: String) -> Bool {
    var isMatched = false
    Array(topic.utf8).withUnsafeBytes { tree.forEachMatch($0) { isMatched = isMatched || !$0.sessions.isEmpty } }
    return isMatched
}

private func retain(_ store: RetainedTree, _ topic: String, _ payload: String) {
    let count = topic.utf8.count
    let bytes = [UInt8(count >> 8), UInt8(count & 0xff)] + Array(topic.utf8) + Array(payload.utf8)
    bytes.withUnsafeBytes { bytes in
        store.retain(
            PublishPacket(
                topic: UnsafeRawBufferPointer(rebasing: bytes[2..<2 + count]),
                payload: UnsafeRawBufferPointer(rebasing: bytes[(2 + count)...]), qos: 0, retain: true))
    }
}

private func found(_ store: RetainedTree, _ filter: String) -> [String] {
    var topics: [String] = []
    Array(filter.utf8).withUnsafeBytes { filter in
        store.forEachMatch(filter) { message in
            topics.append(message.withPacket { String(decoding: $0.topic, as: UTF8.self) })
        }
    }
    return topics
}
