import Testing

@testable import Runtime

@Suite("A lease, step by step")
struct LeaseTests {
    private let timing = LeaseTiming(ttl: 6_000_000_000)
    private let second: Int64 = 1_000_000_000

    private func lease(_ host: String = "a") -> Lease { Lease(timing: timing, host: host, run: host + ".1", timeOfDay: .min / 2, now: 0) }

    private func beat(_ host: String, term: UInt64, _ sequence: UInt64, _ state: LeaseHeartbeat.State = .held) -> LeaseHeartbeat {
        LeaseHeartbeat(host: host, run: host + ".1", term: term, sequence: sequence, ttl: timing.ttl, state: state)
    }

    /// A lease that its host holds since `at`, with everything on the way.
    private func held(at time: Int64) -> Lease {
        var lease = lease()
        _ = lease.handle(.offer(true), at: 0)
        _ = lease.handle(.watching, at: 0)
        _ = lease.handle(.tick, at: timing.ttl)
        _ = lease.handle(.probed(1), at: timing.ttl)
        _ = lease.handle(.sessionOpened, at: timing.ttl)
        _ = lease.handle(.tick, at: timing.ttl + timing.settling)
        _ = lease.handle(.probed(2), at: time)
        _ = lease.handle(.acknowledged(1), at: time)
        return lease
    }

    @Test("Nobody's lease is taken after ttl of silence: probe, session, wait, probe, claim, work")
    func takes() {
        var lease = lease()
        #expect(lease.handle(.offer(true), at: 0).isEmpty)
        #expect(lease.handle(.tick, at: 60 * second).isEmpty, "unheard is not silent")
        #expect(lease.handle(.watching, at: 60 * second).isEmpty)
        #expect(lease.handle(.tick, at: 66 * second - 1).isEmpty)
        #expect(lease.handle(.tick, at: 66 * second) == [.probe(1)])
        #expect(lease.handle(.probed(1), at: 66 * second) == [.openSession])
        #expect(lease.handle(.sessionOpened, at: 66 * second).isEmpty)
        #expect(lease.handle(.tick, at: 66 * second + timing.settling) == [.probe(2)])
        #expect(lease.handle(.probed(2), at: 67 * second) == [.publish(beat("a", term: 1, 1))])
        #expect(lease.fencedAt == nil)
        #expect(lease.handle(.acknowledged(1), at: 68 * second) == [.fence(until: 67 * second + timing.fenceAfter), .begin(term: 1)])
    }

    @Test("A heartbeat that comes while the take-over is under way ends it", arguments: [1, 2])
    func takeOverIsCalledOff(probe: Int) {
        var lease = lease()
        _ = lease.handle(.offer(true), at: 0)
        _ = lease.handle(.watching, at: 0)
        _ = lease.handle(.tick, at: 6 * second)
        if probe == 2 {
            _ = lease.handle(.probed(1), at: 6 * second)
            _ = lease.handle(.sessionOpened, at: 6 * second)
            _ = lease.handle(.tick, at: 7 * second)
        }
        let actions = lease.handle(.heard(beat("b", term: 4, 9), isRetained: false), at: 7 * second)
        #expect(actions == (probe == 2 ? [.closeSession] : []))
        #expect(lease.handle(.probed(UInt64(probe)), at: 7 * second).isEmpty)
        #expect(lease.phase == .standby)
    }

    @Test("A holder renews every third of ttl, and each acknowledged heartbeat counts from when it was sent")
    func renews() {
        var lease = held(at: 10 * second)
        #expect(lease.handle(.tick, at: 12 * second) == [.publish(beat("a", term: 1, 2))])
        #expect(lease.handle(.acknowledged(2), at: 13 * second) == [.fence(until: 12 * second + timing.fenceAfter)])
    }

    @Test("Without acknowledgement a holder ends its services before ttl is over, and a late one counts for nothing")
    func lapses() {
        var lease = held(at: 10 * second)
        _ = lease.handle(.tick, at: 12 * second)
        _ = lease.handle(.tick, at: 14 * second)
        #expect(lease.handle(.tick, at: 15 * second) == [.closeSession, .fence(until: .min), .end(.lapsed)])
        #expect(lease.handle(.acknowledged(2), at: 15 * second).isEmpty)
        #expect(lease.fencedAt == nil)
        #expect(lease.handle(.tick, at: 60 * second).isEmpty, "not before the services have ended")
        #expect(lease.handle(.ended, at: 60 * second).isEmpty)
        #expect(lease.phase == .standby)
    }

    @Test("An acknowledgement that comes after a long pause of the process does not renew what has lapsed meanwhile")
    func pauses() {
        var lease = held(at: 10 * second)
        _ = lease.handle(.tick, at: 12 * second)
        #expect(lease.handle(.acknowledged(2), at: 100 * second) == [.closeSession, .fence(until: .min), .end(.lapsed)])
    }

    @Test("A lost session is asked about and opened again while there is time, and the services go on")
    func findsSessionAgain() {
        var lease = held(at: 10 * second)
        #expect(lease.handle(.sessionLost, at: 11 * second) == [.probe(3)])
        #expect(lease.handle(.probed(3), at: 11 * second) == [.openSession])
        #expect(lease.handle(.sessionOpened, at: 11 * second) == [.publish(beat("a", term: 1, 2))])
        #expect(lease.handle(.acknowledged(2), at: 11 * second) == [.fence(until: 11 * second + timing.fenceAfter)])
    }

    @Test("A broker that refuses the session of a holder is asked again at a measured pace")
    func sessionIsRefused() {
        var lease = held(at: 10 * second)
        #expect(lease.handle(.sessionLost, at: 11 * second) == [.probe(3)], "at once")
        #expect(lease.handle(.probed(3), at: 11 * second) == [.openSession])
        #expect(lease.handle(.sessionLost, at: 11 * second).isEmpty)
        #expect(lease.handle(.tick, at: 11 * second + timing.renewal / 8 - 1).isEmpty)
        #expect(lease.handle(.tick, at: 11 * second + timing.renewal / 8) == [.probe(4)])
        #expect(lease.handle(.probed(4), at: 12 * second) == [.openSession])
        #expect(lease.handle(.sessionOpened, at: 12 * second) == [.publish(beat("a", term: 1, 2))])
    }

    @Test("A claim that comes back counts as acknowledged, also when the session is lost")
    func claimComesBack() {
        var lease = lease()
        _ = lease.handle(.offer(true), at: 0)
        _ = lease.handle(.watching, at: 0)
        _ = lease.handle(.tick, at: 6 * second)
        _ = lease.handle(.probed(1), at: 6 * second)
        _ = lease.handle(.sessionOpened, at: 6 * second)
        _ = lease.handle(.tick, at: 7 * second)
        _ = lease.handle(.probed(2), at: 7 * second)
        #expect(lease.handle(.sessionLost, at: 7 * second).isEmpty)
        let actions = lease.handle(.heard(beat("a", term: 1, 1), isRetained: false), at: 7 * second)
        #expect(actions == [.fence(until: 7 * second + timing.fenceAfter), .begin(term: 1), .probe(3)])
    }

    @Test("Who hears of a newer term stops at once")
    func isSuperseded() {
        var lease = held(at: 10 * second)
        let actions = lease.handle(.heard(beat("b", term: 2, 1), isRetained: true), at: 11 * second)
        #expect(actions == [.closeSession, .fence(until: .min), .end(.superseded(host: "b"))])
    }

    @Test("A lease is given back when its services have drained, and says so; another host goes ahead at once")
    func givesBack() {
        var lease = held(at: 10 * second)
        #expect(lease.handle(.offer(false), at: 11 * second) == [.end(.released)])
        #expect(lease.handle(.tick, at: 12 * second) == [.publish(beat("a", term: 1, 2))], "held while they drain")
        #expect(lease.handle(.ended, at: 12 * second) == [.fence(until: .min), .publish(beat("a", term: 1, 3, .released))])
        #expect(lease.handle(.acknowledged(3), at: 12 * second) == [.closeSession])

        var other = self.lease("b")
        _ = other.handle(.offer(true), at: 0)
        _ = other.handle(.watching, at: 0)
        #expect(other.handle(.heard(beat("a", term: 1, 3, .released), isRetained: false), at: second) == [.probe(1)])
    }

    @Test("What a broker had retained shortens no wait")
    func retainedIsOnlyTold() {
        var other = lease("b")
        _ = other.handle(.offer(true), at: 0)
        _ = other.handle(.watching, at: 0)
        #expect(other.handle(.heard(beat("a", term: 7, 3, .released), isRetained: true), at: second).isEmpty)
        #expect(other.handle(.tick, at: 7 * second - 1).isEmpty)
        #expect(other.handle(.tick, at: 7 * second) == [.probe(1)])
        #expect(other.highestTerm == 7)
    }

    @Test("Heartbeats that come twice or late are no sign of life")
    func oldHeartbeats() {
        var other = lease("b")
        _ = other.handle(.offer(true), at: 0)
        _ = other.handle(.watching, at: 0)
        _ = other.handle(.heard(beat("a", term: 7, 3), isRetained: false), at: second)
        _ = other.handle(.heard(beat("a", term: 7, 3), isRetained: false), at: 2 * second)
        _ = other.handle(.heard(beat("a", term: 7, 2), isRetained: false), at: 2 * second)
        #expect(other.handle(.tick, at: 7 * second) == [.probe(1)])
    }

    @Test("A heartbeat survives its JSON, and other JSON is none")
    func json() {
        let heartbeat = beat("host \"a\"", term: 5, 12, .released)
        #expect(LeaseHeartbeat(json: Array(heartbeat.json.utf8)) == heartbeat)
        for text in ["", "{}", "[1]", #"{"host":"a","run":"b","term":-1,"sequence":1,"ttl_ms":5000,"state":"held"}"#] {
            #expect(LeaseHeartbeat(json: Array(text.utf8)) == nil)
        }
    }
}
