import Synchronization
import Testing

@testable import Runtime

/// A site whose probe service is under a lease, with its placement.
private struct LeasedSite {
    let site: ProbeSite
    let placement: Placement
    private let work: Task<Void, Never>

    init(_ name: String, _ broker: MemoryBroker, mode: String = "echo", manifest: String = "") async throws {
        let site = try ProbeSite(
            mode: mode, manifest: "subscribe: [in/x]\n" + manifest, hosts: "{name: \(name), ttl: 2s, broker: {address: \"unused:1\"}}")
        self.site = site
        let placement = try #require(
            Placement(site: try SiteFolder.load(site.folder.path), supervisor: site.supervisor, broker: broker, logger: ProbeSite.logger))
        self.placement = placement
        work = Task { await placement.run() }
        await site.supervisor.start()
    }

    func end() async {
        await placement.release()
        await site.supervisor.shutdown()
        work.cancel()
    }
}

@Suite("Services of several hosts")
struct PlacementTests {
    @Test("A service runs on one host, stands by on the other, and moves at once when its host ends in order")
    func movesInOrder() async throws {
        let broker = MemoryBroker()
        let first = try await LeasedSite("a", broker)
        #expect(first.site.state == .standby)
        try await eventually("it runs on the first host") { first.site.state == .running }
        let second = try await LeasedSite("b", broker)
        try await eventually("the second knows") { (try? second.site.status.detail)?.hasPrefix("host 'a' runs it, in term ") ?? false }
        try await eventually("one host decides about devices") {
            [first, second].count { $0.placement.commandsElsewhere == nil } == 1
                && [first, second].contains { $0.placement.commandsElsewhere?.hasPrefix("devices are commanded at host '") ?? false }
        }
        #expect(second.site.state == .standby && second.site.stateHistory == [.verified, .standby])
        let term = try #require(try second.site.status.holding).term
        #expect(try first.site.status.holding?.isHere == true && second.site.status.holding?.host == "a")
        await first.end()
        #expect(first.site.databus.payloads("out/life") == ["drain", "stop"])
        try await eventually("it runs on the second host") { second.site.state == .running }
        #expect(try #require(try second.site.status.holding).term > term)
        let metrics = second.placement.metricsText()
        #expect(metrics.contains("dsotp_lease_held{lease=\"probe\"} 1\n") && metrics.contains("dsotp_lease_term{lease=\"probe\",host=\"b\"} "))
        await second.end()
    }

    @Test("What a person disables moves to another host that can run it")
    func movesWhenNotWanted() async throws {
        let broker = MemoryBroker()
        let first = try await LeasedSite("a", broker)
        try await eventually("it runs on the first host") { first.site.state == .running }
        let failing = try await LeasedSite("b", broker, mode: "bad-config")
        #expect(failing.site.state == .refused)
        let third = try await LeasedSite("c", broker, manifest: "hosts: [x, \"c*\"]")
        try await first.site.supervisor.disable("probe")
        #expect(first.site.state == .disabled)
        try await eventually("it runs on the third host") { third.site.state == .running }
        try await first.site.supervisor.enable("probe")
        #expect(first.site.state == .standby)
        for host in [first, failing, third] { await host.end() }
    }

    @Test("The databus can ask whether a service under a lease is this host's; what waits for one that is switched off is given up")
    func tellsTheDatabus() async throws {
        let broker = MemoryBroker()
        let host = try await LeasedSite("a", broker)
        try await eventually("it runs") { host.site.state == .running }
        let isHeld = try #require(host.site.databus.content.withLock { $0.holdings["probe"] })
        #expect(isHeld() && host.site.databus.content.withLock { $0.forgotten.isEmpty })
        try await host.site.supervisor.disable("probe")
        #expect(host.site.databus.content.withLock { $0.forgotten } == ["probe"])
        try await eventually("the lease is given back") { !isHeld() }
        await host.end()
        let each = try await LeasedSite("b", broker, manifest: "replicas: each\n")
        try await eventually("it runs on each host") { each.site.state == .running }
        #expect(!each.site.databus.content.withLock { $0.holdings.keys.contains("probe") })
        await each.end()
    }

    @Test("A service that can't start on the host that took its lease gives the lease up")
    func failsForGood() async throws {
        let broker = MemoryBroker()
        let failing = try await LeasedSite("a", broker, mode: "fail-start")
        try await eventually("it has failed") { failing.site.state == .failed }
        let other = try await LeasedSite("b", broker)
        try await eventually("it runs on the other host") { other.site.state == .running }
        #expect(failing.site.state == .failed)
        for host in [failing, other] { await host.end() }
    }

    @Test("A broker that is away for longer than the lease ends the services; when it is back one host goes on")
    func brokerAway() async throws {
        let broker = MemoryBroker()
        let host = try await LeasedSite("a", broker)
        try await eventually("it runs") { host.site.state == .running }
        broker.set(isAway: true)
        try await eventually("it has ended") { host.site.state == .standby }
        #expect(host.site.supervisor.services.allSatisfy { !$0.fence.isOpen })
        #expect(host.placement.statistics.lapses == 1)
        broker.set(isAway: false)
        try await eventually("it runs again") { host.site.state == .running }
        await host.end()
    }

    @Test("A broker that refuses to show the heartbeats at first is asked again, and what becomes of that connection later disturbs nothing")
    func watchIsRefused() async throws {
        let broker = MemoryBroker()
        broker.refuseSubscriptions(2)
        let host = try await LeasedSite("a", broker)
        try await eventually("it watches") { broker.subscribers == 1 }
        #expect(broker.endRefused() == 0, "the connections were closed")
        try await eventually("it runs") { host.site.state == .running }
        await host.end()
    }

    @Test("A service for each host needs no lease, and one for other hosts never runs")
    func eachAndElsewhere() async throws {
        let broker = MemoryBroker()
        let each = try await LeasedSite("a", broker, manifest: "replicas: each")
        #expect(try each.site.state == .running && each.site.status.holding == nil)
        let elsewhere = try await LeasedSite("b", broker, manifest: "replicas: each\nhosts: [\"north-*\", c]")
        #expect(elsewhere.site.state == .standby)
        #expect(try elsewhere.site.status.detail == "it runs on hosts north-* or c only, and this one is 'b'")
        await each.end()
        await elsewhere.end()
    }

    @Test("A closed fence lets nothing out that a service sends")
    func fence() throws {
        let fence = LeaseFence()
        let bridges = fence.bridges(
            over: ServiceBridges(databus: FakeDatabus(), timeSeries: FakeTimeSeries(), memory: FakeMemory()))
        func publish() -> Int {
            let topic = Array("out/x".utf8)
            return topic.withUnsafeBytes { topic in
                let message = OutgoingMessage(topic: topic, payload: topic, qos: 0, isRetained: false)
                return withUnsafePointer(to: message) { bridges.databus.publish(service: "x", messages: UnsafeBufferPointer(start: $0, count: 1)) }
            }
        }
        #expect(publish() == 1)
        fence.set(openUntil: MachineClock.sinceBoot() + 60_000_000_000)
        #expect(publish() == 1)
        for moment in [MachineClock.sinceBoot() - 1, .min] {
            fence.set(openUntil: moment)
            #expect(publish() == 0)
        }
    }

    @Test(
        "Patterns of host names",
        arguments: [
            ("a", "a", true), ("a", "ab", false), ("*", "", true), ("control-*", "control-7", true), ("control-*", "Control-7", false),
            ("*-north-*", "host-north-2", true), ("*-north-*", "host-south-2", false), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false),
            ("", "a", false),
        ])
    func patterns(pattern: String, name: String, matches: Bool) { #expect(HostPattern(pattern).matches(name) == matches) }

    @Test("Hosts hold back by their preference and, within it, by a rank that is another for each lease")
    func ranks() {
        let ttl: Int64 = 5_000_000_000
        func wait(_ host: String, _ lease: String, _ preference: Int) -> Int64 {
            HostRank.standback(host: host, lease: lease, preference: preference, ttl: ttl).lapsed
        }
        let leases = (0..<200).map { "service-\($0)" }
        let firsts = leases.map { lease in ["a", "b", "c"].min { wait($0, lease, 0) < wait($1, lease, 0) } }
        for host in ["a", "b", "c"] { #expect(firsts.count { $0 == host } > 20, "leases spread over hosts") }
        #expect(leases.allSatisfy { wait("a", $0, 0) <= ttl / 4 && wait("a", $0, 9) < ttl })
        #expect(wait("a", "s", 1) - wait("a", "s", 0) == ttl / 5)
    }

    @Test("Topics and client identifiers hold no character that a broker takes for another")
    func topics() {
        let topics = LeaseTopics(site: "S\u{FC}d 1.2/3")
        #expect(topics.lease("probe") == "dsotp/hosts/S_fcd_201_2e2_2f3/leases/probe")
        #expect(topics.lease(of: topics.lease("probe")) == "probe" && topics.lease(of: "dsotp/hosts/x/leases/probe") == nil)
    }
}
