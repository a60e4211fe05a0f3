import Testing

@testable import Runtime

@Suite("The arbiter of commands")
struct ArbiterTests {
    @Test(
        "A higher class pre-empts, an equal one of another service is refused, a lower one waits or is refused",
        arguments: CommandClass.allCases, CommandClass.allCases)
    func priorities(holder: CommandClass, comer: CommandClass) {
        for waits in [false, true] {
            var bench = ArbiterBench()
            bench.submit(bench.request("first", holder))
            _ = bench.take()
            let decision = bench.submit(bench.request("second", comer, waits: waits))
            if comer > holder || comer == .protection {
                #expect(decision.isAccepted && bench.holder()?.source == .service("second"))
                #expect(bench.take() == ["battery second accepted", "battery first superseded .", "battery second dispatched"])
            } else if waits, comer < holder {
                #expect(decision.isAccepted && bench.holder()?.source == .service("first"))
                #expect(bench.take() == ["battery second accepted"])
            } else {
                #expect(!decision.isAccepted && decision.isRetryable)
                #expect(decision.sentence.contains("'battery' is held by the service 'first' (\(holder.rawValue), command 1) until 2027-"))
                #expect(bench.take() == ["battery second refused ."])
            }
        }
    }

    @Test("The same service replaces its own command, with a lower class too, and the loser hears by whom and until when")
    func replacesItsOwn() throws {
        var bench = ArbiterBench()
        bench.submit(bench.request("flisr", .flisr, hold: 600))
        bench.submit(bench.request("flisr", .balancing, hold: 30))
        let lost = try #require(bench.events.first { $0.outcome == .superseded })
        #expect(lost.by == "flisr" && lost.byClass == .balancing && lost.until == bench.now + 30 * ArbiterBench.second)
        #expect(bench.published == ["battery by flisr", "battery by flisr"])
    }

    @Test("A hold ends with its time, frees the device for who waits in the order of the classes, and says so")
    func expiry() {
        var bench = ArbiterBench()
        bench.submit(bench.request("operator", .operator_, hold: 60))
        bench.submit(bench.request("optimiser", .optimisation, waits: true, expires: 600))
        bench.submit(bench.request("balancing", .balancing, hold: 10, waits: true, expires: 600))
        bench.submit(bench.request("late", .balancing, waits: true, expires: 20))
        _ = bench.take()
        bench.wait(59)
        #expect(bench.take() == ["battery late expired ."])
        bench.wait(1)
        #expect(bench.take() == ["battery operator expired .", "battery balancing dispatched"])
        bench.wait(10)
        #expect(bench.take() == ["battery balancing expired .", "battery optimiser dispatched"])
        bench.wait(60)
        #expect(bench.take() == ["battery optimiser expired ."])
        #expect(bench.arbiter.slots.isEmpty && bench.arbiter.active.isEmpty)
    }

    @Test("A command that waits takes the place of the one of the same service that waits already")
    func waitsOnce() {
        var bench = ArbiterBench()
        bench.submit(bench.request("operator", .operator_))
        for _ in 0..<1_000 { bench.submit(bench.request("balancing", .balancing, waits: true)) }
        #expect(bench.arbiter.slots["battery"]?.waiting.count == 1 && bench.arbiter.active.count == 2)
    }

    @Test("A command before its time holds nothing, and is decided about when its time comes")
    func scheduled() {
        var bench = ArbiterBench()
        bench.submit(bench.request("balancing", .balancing, after: 30))
        #expect(bench.take() == ["battery balancing accepted"] && bench.holder() == nil)
        bench.submit(bench.request("flisr", .flisr, hold: 60))
        _ = bench.take()
        bench.wait(30)
        #expect(bench.take() == ["battery balancing refused ."])
        let late = bench.submit(bench.request("balancing", .balancing, "other", after: 30, expires: 20))
        #expect(!late.isAccepted && late.sentence.contains("expected expires after not_before"))
    }

    @Test("A report that fits confirms, another is told when the time is over, and a step without hold then frees the device")
    func confirmation() throws {
        var bench = ArbiterBench()
        bench.submit(bench.request("flisr", .flisr, hold: 0, confirm: 5))
        bench.report(#"{"state":{"value":7}}"#)
        bench.report(#"{"other":1}"#)
        #expect(bench.take() == ["battery flisr accepted", "battery flisr dispatched"])
        bench.report(#"{"state":{"value":1.05}}"#)
        #expect(bench.take() == ["battery flisr confirmed ."] && bench.holder() == nil)
        #expect(try #require(bench.events.last).reported == "1.05")
        bench.submit(bench.request("flisr", .flisr, hold: 60, confirm: 5))
        bench.report(#"{"state":{"value":7}}"#)
        bench.wait(5)
        #expect(bench.take().last == "battery flisr not-confirmed")
        #expect(try #require(bench.events.last).sentence.contains("it reported 7"))
        bench.report(#"{"state":{"value":1}}"#)
        bench.wait(55)
        #expect(bench.take() == ["battery flisr expired ."])
        #expect(bench.arbiter.expecting.isEmpty)
    }

    @Test(
        "Numbers, texts, booleans and the command's own number are recognised in reports",
        arguments: [
            ("\"open\"", "\"open\"", true), ("\"open\"", "\"closed\"", false), ("true", "true", true), ("true", "1", false), ("12.5", "12.4", true),
            ("12.5", "12.3", false), ("12", "12", true), ("", "9", true), ("", "\"9\"", true), ("", "8", false), ("\"1\"", "1", false),
        ])
    func recognises(expected: String, reported: String, fits: Bool) throws {
        let confirmation = CommandConfirmation(
            topic: "t", field: "", expected: try #require(.init(json: expected, tolerance: 0.15)), within: 1)
        #expect(confirmation.fits(try JSONReader.parse(Array(reported.utf8)), command: 9) == fits)
    }

    @Test("A block ends what holds the device and refuses everything but protection and what its owner releases")
    func lock() {
        var bench = ArbiterBench()
        bench.submit(bench.request("flisr", .flisr))
        bench.submit(bench.request("balancing", .balancing, waits: true))
        _ = bench.take()
        bench.order { _ = $0.lock("battery", DeviceLock(user: "ada", note: "work on the cable", since: $1), now: $1) }
        #expect(bench.take() == ["battery flisr superseded .", "battery balancing refused ."])
        let refused = bench.submit(bench.request("operator", .operator_))
        #expect(!refused.isAccepted && refused.sentence.contains("'battery' is blocked by ada since 2027-") && refused.sentence.contains("work on the cable"))
        var own = bench.request("ada", .operator_, hold: 0)
        own.passes = .own
        #expect(!bench.submit(own).isAccepted, "a service has no block of its own, whatever its name")
        own.source = .user("bob")
        #expect(!bench.submit(own).isAccepted)
        own.source = .user("ada")
        #expect(bench.submit(own).isAccepted)
        (own.source, own.passes) = (.user("bob"), .any)
        #expect(bench.submit(own).isAccepted)
        #expect(bench.submit(bench.request("relay", .protection)).isAccepted)
        bench.order { _ = $0.lock("battery", DeviceLock(user: "ada", note: "still", since: $1), now: $1) }
        #expect(bench.holder()?.source == .service("relay"))
        bench.order { arbiter, now in
            let ada = DeviceLock(user: "ada", note: "still", since: now), bob = DeviceLock(user: "bob", note: "mine", since: now)
            #expect(arbiter.lock("battery", bob, now: now) == ada && arbiter.slots["battery"]?.lock == ada)
            let answers = [("bob", false), ("bob", true), ("ada", false)].map { arbiter.unlock("battery", by: $0.0, mayOverride: $0.1, now: now) }
            #expect(answers == [.isOf(ada), .released, .wasFree])
        }
        bench.wait(60)
        #expect(bench.submit(bench.request("balancing", .balancing)).isAccepted)
    }

    @Test("A service that ends leaves its devices free, or held until their time where it keeps them; what it has not published is taken back")
    func release() {
        for keeps in [false, true] {
            var bench = ArbiterBench()
            bench.submit(bench.request("balancing", .balancing))
            bench.submit(bench.request("balancing", .balancing, "other", after: 30))
            bench.submit(bench.request("optimiser", .optimisation, waits: true))
            _ = bench.take()
            bench.order { $0.release(.service("balancing"), keepsHolds: keeps, now: $1) }
            let told = bench.take()
            #expect(told.contains("other balancing cancelled ."))
            #expect(told.contains("battery balancing cancelled .") != keeps && told.contains("battery optimiser dispatched") != keeps)
        }
    }

    @Test("A dry run is decided and told, holds its device among the dry runs alone, and is never published")
    func dryRun() {
        var bench = ArbiterBench()
        bench.submit(bench.request("flisr", .flisr))
        _ = bench.take()
        #expect(!bench.submit(bench.request("balancing", .balancing, dry: true)).isAccepted)
        #expect(bench.submit(bench.request("dispatcher", .operator_, dry: true)).isAccepted)
        #expect(bench.holder()?.source == .service("flisr"))
        #expect(bench.take() == ["battery balancing refused .", "battery dispatcher accepted", "battery dispatcher dry-run"])
        #expect(bench.submit(bench.request("flisr", .flisr)).isAccepted)
        #expect(!bench.submit(bench.request("flisr", .flisr, dry: true)).isAccepted)
        bench.wait(60)
        #expect(bench.take().contains("battery dispatcher expired ."))
        bench.order { arbiter, _ in arbiter.setDryRun(true) }
        bench.submit(bench.request("flisr", .flisr, hold: 0))
        #expect(bench.take().suffix(2) == ["battery flisr accepted", "battery flisr dry-run ."])
        #expect(bench.published == ["battery by flisr", "battery by flisr"])
    }

    @Test("A command with a known key is not made again, and its answer is what is known of it")
    func idempotency() {
        var bench = ArbiterBench()
        let first = bench.submit(bench.request("balancing", .balancing, key: "16:15"))
        let second = bench.submit(bench.request("balancing", .balancing, key: "16:15"))
        #expect(first.number == second.number && second.isAccepted && bench.published.count == 1)
        #expect(bench.submit(bench.request("other", .balancing, "other", key: "16:15")).number != first.number)
    }

    @Test("A full databus fails the command and frees its device")
    func full() {
        var bench = ArbiterBench()
        bench.databusIsFull = true
        bench.submit(bench.request("flisr", .flisr))
        #expect(bench.take() == ["battery flisr accepted", "battery flisr failed ."])
        #expect(bench.arbiter.slots.isEmpty)
    }

    @Test("Own commands can be renewed and cancelled, others' not; an operator cancels any")
    func orders() {
        var bench = ArbiterBench()
        let number = bench.submit(bench.request("balancing", .balancing)).number
        bench.wait(50)
        bench.order { arbiter, now in
            let answer = arbiter.renew(number, of: .service("balancing"), hold: 60 * ArbiterBench.second, now: now)
            #expect(answer)
        }
        bench.order { arbiter, now in
            let answer = arbiter.renew(number, of: .service("other"), hold: 1, now: now)
            #expect(!answer)
        }
        bench.order { arbiter, now in
            let answer = arbiter.cancel(number, of: .service("other"), by: .service("other"), now: now)
            #expect(answer == nil)
        }
        bench.wait(59)
        #expect(bench.holder()?.number == number)
        bench.order { arbiter, now in
            let answer = arbiter.cancel(number, of: nil, by: .user("ada"), now: now)
            #expect(answer != nil)
        }
        #expect(bench.take().last == "battery balancing cancelled ." && bench.events.last?.by == "ada")
        bench.order { arbiter, now in
            let answer = arbiter.renew(number, of: .service("balancing"), hold: 1, now: now)
            #expect(!answer)
        }
    }

    @Test("The memory is bounded: commands under way, of one source, before their time, and those that have ended")
    func bounds() {
        var limits = CommandArbiter.Limits()
        (limits.active, limits.activePerSource, limits.queuedPerDevice, limits.recentPerClass) = (6, 4, 2, 3)
        var bench = ArbiterBench(limits: limits)
        let accepted = (0..<10).filter { bench.submit(bench.request("a", .balancing, "a\($0)")).isAccepted }.count
            + (0..<10).filter { bench.submit(bench.request("b", .balancing, "b\($0)")).isAccepted }.count
        #expect(accepted == 6)
        bench.wait(61)
        let planned = (0..<5).filter { _ in bench.submit(bench.request("a", .flisr, after: 10)).isAccepted }.count
        #expect(planned == 2)
        #expect(bench.arbiter.recent.all.count == 6, "three of balancing, three refused of flisr")
    }
}
