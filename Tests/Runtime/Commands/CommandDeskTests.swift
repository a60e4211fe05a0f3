import Foundation
import Testing

@testable import Runtime

@Suite("Commanding devices")
struct CommandDeskTests {
    private func outcomes(_ site: CommandSite) -> [String] { site.databus.payloads("out/outcome") }

    @Test("Two services fight over one device: the higher class gets it, the loser hears of it, and after the expiry it gets it back", arguments: ["in-process", "process"])
    func fight(isolation: String) async throws {
        let site = try CommandSite([
            ("balancing", "isolation: \(isolation)\n\(CommandSite.balancing)"), ("flisr", "isolation: \(isolation)\n\(CommandSite.flisr)"),
        ])
        await site.start()
        #expect(try await site.order("set balancing battery 5 60000", to: "balancing", answer: "out/decision") == "accepted ")
        try await eventually("it is published") { site.databus.payloads("setpoints/battery").count == 1 }
        let published = try JSONReader.parse(Array(site.databus.payloads("setpoints/battery")[0].utf8))
        #expect(published["value"] == .number(5) && published.text("unit") == "kW" && published.text("source") == "balancing")
        #expect(try await site.order("set flisr battery 0 30000", to: "flisr", answer: "out/decision") == "accepted ")
        try await eventually("the loser hears") { outcomes(site).contains("battery superseded 1 flisr ") }
        #expect(try await site.order("set balancing battery 5 60000", to: "balancing", answer: "out/decision").hasPrefix("refused-for-now the device"))
        let waiting = try await site.order("set balancing battery 7 60000 wait", to: "balancing", answer: "out/decision")
        #expect(waiting.hasPrefix("accepted the device 'battery' is held by the service 'flisr' (flisr, command"))
        #expect(try await site.order("device battery", to: "balancing", answer: "out/device") == "0 3 flisr 1 0 ")
        site.advance(30)
        try await eventually("the device is back") { site.databus.payloads("setpoints/battery").count == 3 }
        try await eventually("all is told") { outcomes(site).count == 5 }
        #expect(outcomes(site).contains("battery expired 1  ") && outcomes(site).filter { $0.contains("dispatched") }.count == 3)
        await site.stop()
        try await eventually("the record is complete") { site.audit.lines.contains("service:flisr command.expired battery") }
        #expect(site.audit.lines.contains("service:balancing command.superseded battery"))
        #expect(site.databus.payloads("commands/battery/events").count >= 7)
        let state = try JSONReader.parse(Array(try #require(site.databus.payloads("commands/battery/state").last).utf8))
        #expect(state["lock"] == .null)
    }

    @Test("A switching step is confirmed by the position that the switch reports, or not in time", arguments: ["in-process", "process"])
    func confirmation(isolation: String) async throws {
        let site = try CommandSite([("flisr", "isolation: \(isolation)\n\(CommandSite.flisr)")])
        await site.start()
        #expect(try await site.order("switch flisr sw-1 open 5000", to: "flisr", answer: "out/decision") == "accepted ")
        try await eventually("it is published") { site.databus.payloads("switches/sw-1/command") == [#"{"position":"open"}"#] }
        try await eventually("it is dispatched") { outcomes(site) == ["sw-1 dispatched 0  "] }
        site.report("switches/sw-1", #"{"position":"moving"}"#)
        site.report("switches/sw-2", #"{"position":"open"}"#)
        site.report("switches/sw-1", #"{"position":"open"}"#)
        try await eventually("it is confirmed") { outcomes(site).last == "sw-1 confirmed 1  \"open\"" }
        _ = try await site.order("switch flisr sw-1 closed 5000", to: "flisr", answer: "out/decision")
        try await eventually("it is dispatched") { outcomes(site).count == 3 }
        site.advance(5)
        try await eventually("it is not confirmed") { outcomes(site).last == "sw-1 not-confirmed 1  " }
        await site.stop()
    }

    @Test("A thousand set-points in one call are decided, published and told", arguments: ["in-process", "process"])
    func batch(isolation: String) async throws {
        let site = try CommandSite([("balancing", "isolation: \(isolation)\n\(CommandSite.balancing)")])
        await site.start()
        #expect(try await site.order("batch balancing 1000", to: "balancing", answer: "out/batch") == "0 1000")
        try await eventually("all are told") { outcomes(site).count == 1_000 }
        #expect(site.databus.payloads("setpoints/asset-999").count == 1)
        #expect(try await site.order("batch balancing 1500", to: "balancing", answer: "out/batch") == "0 1000")
        #expect(site.desk.metricsText().contains("dsotp_commands_total{class=\"balancing\",outcome=\"dispatched\"} "))
        await site.stop()
    }

    @Test("Malformed commands and orders about others' commands are refused with the right status", arguments: ["in-process", "process"])
    func misuse(isolation: String) async throws {
        let site = try CommandSite([("flisr", "isolation: \(isolation)\n\(CommandSite.flisr)")])
        await site.start()
        site.databus.deliver("misuse", to: "flisr")
        try await eventually("all calls are answered") { site.databus.payloads("out/status").count == 22 }
        #expect(site.databus.payloads("out/status") == Array(repeating: "-1", count: 19) + ["-9", "-9", "-1"])
        await site.stop()
    }

    @Test("Times and durations out of range are refused with a sentence, and the arbiter bears every one of them", arguments: [Int64.max, .min])
    func extremes(value: Int64) throws {
        let site = try CommandSite([])
        for (field, word) in [
            (\CommandRequest.notBefore, "not_before is out of range (expected 0, or a time at most 366d ahead, by 2028-"),
            (\CommandRequest.expires, "expires is out of range (expected 0, or a time at most 366d ahead, by 2028-"),
            (\CommandRequest.hold, "the hold is out of range (expected 0 … 7d"),
        ] {
            var bench = ArbiterBench()
            var request = bench.request("balancing", .balancing)
            request[keyPath: field] = value
            #expect { try site.desk.check(request) } throws: { "\($0)".contains(word) && "\($0)".contains("got \(value) ns") }
            bench.submit(request)
            bench.submit(bench.request("flisr", .flisr))
            bench.wait(60)
        }
        var bench = ArbiterBench()
        var request = bench.request("balancing", .balancing, confirm: 1)
        request.confirmation = CommandConfirmation(topic: "setpoints/battery/ack", field: "", expected: .identifier, within: value)
        #expect { try site.desk.check(request) } throws: { "\($0)".contains("confirmation is out of range") && "\($0)".contains("got \(value) ns") }
        let number = bench.submit(request).number
        bench.order { arbiter, now in _ = arbiter.renew(number, of: .service("balancing"), hold: value, now: now) }
        bench.wait(1)
        bench.submit(bench.request("flisr", .flisr))
        #expect(bench.holder()?.source == .service("flisr"))
    }

    @Test("What the manifest does not permit is refused: class, topic, device, rate, and everything without 'commands'")
    func permissions() async throws {
        let site = try CommandSite([
            ("balancing", "commands: {class: balancing, topics: [\"setpoints/#\"], devices: [\"battery-*\"], rate: 5/1h}"), ("nobody", ""),
        ])
        await site.start()
        func answer(_ order: String, _ service: String = "balancing") async throws -> String { try await site.order(order, to: service, answer: "out/decision") }
        #expect(try await answer("set flisr battery-1 1 1000").contains("the class flisr is not permitted by the manifest (expected at most balancing)"))
        #expect(try await answer("switch balancing sw-1 open 1000").contains("the topic 'switches/sw-1/command' is not permitted"))
        #expect(try await answer("set balancing pump 1 1000").contains("the device 'pump' is not permitted"))
        #expect(try await answer("set balancing battery-1 1 1000") == "accepted ")
        #expect(try await answer("set balancing battery-2 1 1000") == "accepted ")
        #expect(try await answer("set balancing battery-3 1 1000").contains("faster than 'rate' of commands grants (expected at most 5 in 1h)"))
        #expect(try await answer("set balancing battery-1 1 1000", "nobody").hasPrefix("error -3 commanding devices is not permitted"))
        #expect(try await site.order("plain setpoints/battery-1", to: "balancing", answer: "out/status") == "-3")
        #expect(try await site.order("plain commands/battery-1/state", to: "balancing", answer: "out/status") == "-3")
        #expect(try await site.order("plain setpoints/battery-1/ack", to: "balancing", answer: "out/status") == "0")
        await site.stop()
    }

    @Test("Nothing is published in a dry run, of the site or of a service, and all is told", arguments: [true, false])
    func dryRun(ofSite: Bool) async throws {
        let rights = ofSite ? CommandSite.balancing : "commands: {class: balancing, topics: [\"setpoints/#\"], dry_run: true}"
        let site = try CommandSite([("balancing", rights)], site: ofSite ? "commands: {dry_run: true}" : "")
        await site.start()
        #expect(try await site.order("set balancing battery 5 1000", to: "balancing", answer: "out/decision").contains("would be published to 'setpoints/battery'"))
        try await eventually("it is told") { outcomes(site) == ["battery dry-run 0  "] }
        site.advance(1)
        try await eventually("it ends") { outcomes(site).last == "battery expired 1  " }
        #expect(site.databus.payloads("setpoints/battery").isEmpty)
        await site.stop()
    }

    @Test("A service that is disabled or dies frees its devices, or keeps them as its manifest says")
    func ended() async throws {
        let keeping = "commands: {class: balancing, topics: [\"setpoints/#\"], when_stopped: keep}"
        let site = try CommandSite([
            ("balancing", CommandSite.balancing), ("keeper", keeping), ("fragile", "isolation: process\n\(CommandSite.flisr)"),
        ])
        await site.start()
        for (service, device) in [("balancing", "one"), ("keeper", "two"), ("fragile", "three")] {
            _ = try await site.order("set balancing \(device) 1 600000", to: service, answer: "out/decision")
        }
        try await eventually("all are dispatched") { outcomes(site).count == 3 }
        try await site.supervisor.disable("balancing")
        try await site.supervisor.disable("keeper")
        site.databus.deliver("crash", to: "fragile")
        try await eventually("the dead one's device is free") { site.desk.device("three").holder == nil }
        #expect(site.desk.device("one").holder == nil && site.desk.device("two").holder?.source == .service("keeper"))
        await site.stop()
    }

    @Test("Holds, blocks and the dry run outlive the host; what was to be reported meanwhile is told as not confirmed")
    func restart() async throws {
        let folder = try TemporaryFolder()
        let first = try CommandSite([("keeper", "commands: {class: flisr, topics: [\"#\"], when_stopped: keep}")], folder: folder)
        await first.start()
        _ = try await first.order("set flisr battery 5 600000 key=k1", to: "keeper", answer: "out/decision")
        _ = try await first.order("switch flisr sw-1 open 5000", to: "keeper", answer: "out/decision")
        try await first.desk.lock("feeder", note: "cable work", by: "ada")
        try await first.desk.setDryRun(true)
        try await eventually("all are dispatched") { outcomes(first).count == 2 }
        let number = try #require(first.desk.device("battery").holder?.number)
        await first.stop()
        let second = try CommandSite([("keeper", "commands: {class: flisr, topics: [\"#\"]}")], folder: folder)
        #expect(second.desk.device("battery").holder?.number == number && second.desk.isDryRun)
        #expect(second.desk.device("feeder").lock == DeviceLock(user: "ada", note: "cable work", since: first.clock.now()))
        await second.start()
        try await eventually("the step is told") { second.audit.lines.contains("service:keeper command.not-confirmed sw-1") }
        try await second.desk.setDryRun(false)
        _ = try await second.order("set flisr pump 1 1000", to: "keeper", answer: "out/decision")
        #expect(try #require(second.desk.device("pump").holder?.number) > number)
        await second.stop()
    }

    @Test("A block is its owner's: another user neither takes it over nor releases it nor acts despite it, and hears whose it is")
    func lockOwner() async throws {
        let site = try CommandSite([])
        await site.start()
        try await site.desk.lock("feeder", note: "cable work", by: "ada")
        let ada = try #require(site.desk.device("feeder").lock)
        await #expect { try await site.desk.lock("feeder", note: "mine", by: "bob") } throws: {
            ($0 as? CommandRefusal)?.kind == .refused && "\($0)".contains("'feeder' is blocked by ada since") && "\($0)".contains("cable work")
        }
        await #expect { _ = try await site.desk.unlock("feeder", by: "bob", mayOverride: false) } throws: {
            ($0 as? CommandRefusal)?.kind == .forbidden && "\($0)".contains("ask ada, or an engineer")
        }
        var despite = CommandRequest(
            source: .user("bob"), commandClass: .operator_, device: "feeder", topic: "setpoints/feeder", content: .setPoint(value: 1, unit: "kW"))
        despite.passes = .own
        #expect { _ = try site.desk.submit(despite) } throws: { ($0 as? CommandRefusal)?.kind == .refused && "\($0)".contains("blocked by ada") }
        #expect(site.desk.device("feeder").lock == ada)
        despite.source = .user("ada")
        _ = try site.desk.submit(despite)
        #expect(try await site.desk.unlock("feeder", by: "bob", mayOverride: true))
        #expect(try await !site.desk.unlock("feeder", by: "ada", mayOverride: false))
        await withTaskGroup(of: Bool.self) { group in
            for user in 0..<20 { group.addTask { (try? await site.desk.lock("feeder", note: "work", by: "user \(user)")) != nil } }
            var owners = 0
            for await isOwner in group where isOwner { owners += 1 }
            #expect(owners == 1, "of twenty who block at once one does")
        }
        await site.stop()
    }

    @Test("Topics on which no command expects a report any more are forgotten, however its command ended")
    func forgottenTopics() async throws {
        let site = try CommandSite([])
        await site.start()
        let requests = (0..<10_000).map { number in
            var request = CommandRequest(
                source: .user("ada"), commandClass: .operator_, device: "d\(number)", topic: "setpoints/d\(number)", content: .setPoint(value: 1, unit: ""))
            request.confirmation = CommandConfirmation(topic: "setpoints/d\(number)/ack", field: "", expected: .identifier, within: 1_000_000_000)
            return request
        }
        site.desk.decide { state, now in for request in requests { _ = state.arbiter.submit(request, now: now) } }
        try await eventually("all are awaited") { site.desk.reports.awaitedCount == 10_000 }
        site.desk.decide { state, now in
            for number in state.arbiter.active.keys where number % 2 == 0 { _ = state.arbiter.cancel(number, of: nil, by: .user("ada"), now: now) }
        }
        try await eventually("those that were cancelled are forgotten") { site.desk.reports.awaitedCount == 5_000 }
        site.advance(1)
        try await eventually("the others too") { site.desk.reports.awaitedCount == 0 }
        await site.stop()
    }
}
