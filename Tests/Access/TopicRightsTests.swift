import Testing
import Topics

@testable import Access

@Suite struct TopicRightsTests {
    private func rights(_ role: Role, name: String = "eva", rules: [TopicRule] = []) throws -> TopicRights {
        try TopicRightsTable(rules: rules).rights(of: Identity(name: name, role: role))
    }

    @Test(
        "by default viewers read everything, operators and above also publish, and nobody publishes to $ topics",
        arguments: [(Role.viewer, false), (.operator_, true), (.engineer, true), (.admin, true)])
    func defaults(role: Role, publishes: Bool) throws {
        let rights = try rights(role)
        #expect(rights.mayPublish("measurements/pmu/1") == publishes)
        #expect(!rights.mayPublish("$SYS/broker/uptime"))
        #expect(rights.maySubscribe(try TopicFilter("#")))
        #expect(rights.maySubscribe(try TopicFilter("$SYS/#")))
        #expect(rights.maySubscribe(try TopicFilter("+/pmu/#")))
    }

    @Test("a user's rule takes the place of the role's, and a role's of the default")
    func precedence() throws {
        let rules = [
            TopicRule(subject: .role(.operator_), publish: [try TopicFilter("setpoints/#")], subscribe: []),
            TopicRule(subject: .user("pmu-1"), publish: [try TopicFilter("/pmu/+")], subscribe: [try TopicFilter("commands/pmu-1/#")]),
        ]
        let role = try rights(.operator_, rules: rules)
        #expect(role.mayPublish("setpoints/7"))
        #expect(!role.mayPublish("/pmu/dev"))
        #expect(!role.maySubscribe(try TopicFilter("setpoints/#")))
        let device = try rights(.operator_, name: "pmu-1", rules: rules)
        #expect(device.mayPublish("/pmu/dev"))
        #expect(!device.mayPublish("/pmu/dev/2"))
        #expect(!device.mayPublish("setpoints/7"))
    }

    @Test(
        "a subscription must be covered as a whole",
        arguments: [("commands/pmu-1/a", true), ("commands/pmu-1/+/b", true), ("commands/pmu-1", true), ("commands/+/a", false), ("commands/#", false), ("#", false)])
    func coverage(filter: String, allowed: Bool) throws {
        let rule = TopicRule(subject: .user("eva"), publish: [], subscribe: [try TopicFilter("commands/pmu-1/#")])
        #expect(try rights(.viewer, rules: [rule]).maySubscribe(TopicFilter(filter)) == allowed)
    }

    @Test("two rules for the same subject are refused")
    func duplicates() throws {
        let rule = TopicRule(subject: .role(.viewer), publish: [], subscribe: [])
        #expect(throws: AccessError.self) { try TopicRightsTable(rules: [rule, rule]) }
    }
}
