import Foundation
import Testing

@testable import Runtime

@Suite("Leases over a simulated network")
struct LeaseSimulationTests {
    /// For a thorough search set DSOTP_SEEDS.
    private static let seeds = ProcessInfo.processInfo.environment["DSOTP_SEEDS"].flatMap(UInt64.init) ?? 16

    private static let all = Adversity(
        drift: 0.02, spikes: 0.01, duplicates: 0.1, timeOfDay: 100, kick: 0...200)

    /// Two minutes in which everything that can go wrong does, at random times.
    private func torment(_ hosts: SimulatedHosts) {
        for _ in 0..<60 {
            hosts.run(milliseconds: Int64.random(in: 100...4_000, using: &hosts.numbers))
            let index = Int.random(in: hosts.hosts.indices, using: &hosts.numbers)
            let seconds = Int64.random(in: 1...12, using: &hosts.numbers) * 1_000_000_000
            switch Int.random(in: 0..<9, using: &hosts.numbers) {
            case 0:
                hosts.kill(index)
                hosts.at(seconds) { hosts.restart(index) }
            case 1:
                hosts.pause(index)
                hosts.at(seconds) { hosts.resume(index) }
            case 2, 3:
                hosts.cut(index)
                hosts.at(seconds) { hosts.heal(index) }
            case 4: hosts.breakConnection(of: index, session: true)
            case 5: hosts.breakConnection(of: index, session: false)
            case 6: hosts.restartBroker(after: seconds / 3_000_000)
            case 7:
                hosts.deliver(.offer(false), to: index)
                hosts.at(seconds) { hosts.deliver(.offer(true), to: index) }
            default: break
            }
        }
    }

    @Test("Whatever befalls hosts, broker and network, never do two hosts work at once", arguments: Adversity.Retention.allCases)
    func safety(retention: Adversity.Retention) {
        var changes = 0
        for seed in 0..<Self.seeds as Range<UInt64> {
            var adversity = Self.all
            adversity.retention = retention
            let hosts = SimulatedHosts(count: 2 + Int(seed % 3), adversity: adversity, seed: seed)
            torment(hosts)
            #expect(hosts.violations == [], "seed \(seed)")
            changes += hosts.begins.count
            for index in hosts.hosts.indices {
                hosts.heal(index)
                hosts.resume(index)
                hosts.restart(index)
                hosts.deliver(.offer(true), to: index)
            }
            hosts.adversity = Adversity(drift: 0.02)
            hosts.run(milliseconds: 30_000)
            #expect(hosts.working.count == 1, "seed \(seed): somebody works once all is well again")
            #expect(hosts.violations == [], "seed \(seed)")
        }
        #expect(changes > 4 * Int(Self.seeds), "the torment moves the lease")
    }

    @Test("Terms grow with each change of the holder, also when the broker and the hosts forget")
    func terms() {
        for seed in 0..<15 as Range<UInt64> {
            var adversity = Self.all
            (adversity.timeOfDay, adversity.drift, adversity.retention) = (0, 0.001, .lost)
            let hosts = SimulatedHosts(count: 3, adversity: adversity, seed: seed)
            torment(hosts)
            #expect(zip(hosts.begins, hosts.begins.dropFirst()).allSatisfy { $0.term < $1.term }, "seed \(seed)")
        }
    }

    @Test("A killed host's lease is held by another within 10 s")
    func liveness() {
        var longest: Int64 = 0
        for seed in 0..<max(40, Self.seeds) as Range<UInt64> {
            let hosts = SimulatedHosts(count: 3, adversity: Adversity(drift: 0.02, delay: 1...80, kick: 0...200), seed: seed)
            hosts.run(milliseconds: 12_000 + Int64(seed) * 17)
            guard let holder = hosts.working.first else {
                Issue.record("seed \(seed): nobody works after 12 s")
                continue
            }
            hosts.kill(holder)
            let killed = hosts.now
            hosts.run(milliseconds: 10_000)
            #expect(hosts.working.count == 1 && hosts.working.first != holder, "seed \(seed)")
            longest = max(longest, (hosts.begins.last?.time ?? .max) - killed)
        }
        #expect(longest < 7_000_000_000, "the longest took \(longest / 1_000_000) ms")
    }

    @Test("A cut host has stopped before another begins, and stands by when it is back")
    func partition() {
        for seed in 0..<20 as Range<UInt64> {
            let hosts = SimulatedHosts(count: 2, adversity: Adversity(drift: 0.02), seed: seed)
            hosts.run(milliseconds: 12_000)
            guard let holder = hosts.working.first else { continue }
            hosts.cut(holder)
            hosts.run(milliseconds: 12_000)
            #expect(hosts.working == [1 - holder], "seed \(seed)")
            let term = hosts.hosts[1 - holder].lease.term
            hosts.heal(holder)
            hosts.run(milliseconds: 20_000)
            #expect(hosts.working == [1 - holder] && hosts.hosts[1 - holder].lease.term == term, "seed \(seed)")
            #expect(hosts.violations == [], "seed \(seed)")
        }
    }

    @Test("A lease that is given back is held by another within two seconds")
    func release() {
        for seed in 0..<20 as Range<UInt64> {
            let hosts = SimulatedHosts(count: 3, seed: seed)
            hosts.run(milliseconds: 12_000)
            guard let holder = hosts.working.first else { continue }
            hosts.deliver(.offer(false), to: holder)
            hosts.run(milliseconds: 2_000)
            #expect(hosts.working.count == 1 && hosts.working.first != holder, "seed \(seed)")
        }
    }

    @Test("A broker that is away for less than the lease leaves the services where they are, working")
    func shortOutage() {
        for seed in 0..<15 as Range<UInt64> {
            let hosts = SimulatedHosts(count: 3, seed: seed)
            hosts.run(milliseconds: 12_000)
            let holder = hosts.working
            hosts.restartBroker(after: 300)
            hosts.run(milliseconds: 20_000)
            #expect(hosts.working == holder && hosts.begins.count == 1, "seed \(seed)")
        }
    }

    @Test("The simulation finds what the rules are there for", arguments: ["fence", "settling"])
    func mutants(rule: String) {
        var timing = LeaseTiming(ttl: 5_000_000_000)
        if rule == "fence" {
            timing.stopAfter = timing.ttl / 10 * 11
            timing.fenceAfter = timing.ttl / 10 * 12
        } else {
            timing.settling = 0
        }
        let found = (0..<300 as Range<UInt64>).contains { seed in
            var adversity = Self.all
            adversity.kick = 100...250
            let hosts = SimulatedHosts(count: 4, timing: timing, adversity: adversity, seed: seed)
            torment(hosts)
            return !hosts.violations.isEmpty
        }
        #expect(found)
    }
}
