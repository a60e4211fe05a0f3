import PluginAPI
import PluginTestKit
import Testing

@Suite("Fault restoration on the demonstration's grid")
struct FaultRestorationTests {
    @Test("a fault is located, its plan approved and switched step by step, and the grid brought back after the repair")
    func wholeStory() throws {
        let site = try FaultSite(mode: "approve")
        try site.fail("L4-5")
        try site.run { try site.state("F1") == "proposed" }
        let fault = try site.fault("F1")
        #expect(fault["severity"]?.text == "alarm")
        #expect(fault["verdict"]?.text == "located")
        #expect(fault["candidates"]?[0]?["section"]?.text == "the section between L4-5.N4 and L4-5.N5")
        #expect(fault["candidates"]?[0]?["probability"]?.number ?? 0 > 0.5)
        #expect(fault["unserved_kw"]?.number == 0)
        let steps = try site.steps("F1")
        #expect(steps.prefix(2) == ["open L4-5.N4", "open L4-5.N5"] && steps.contains("close L1-2.N2"), "\(steps)")
        #expect(fault["reliability"]?["with_plan"]?["saidi_minutes"]?.number ?? 1e9 < fault["reliability"]?["without_plan"]?["saidi_minutes"]?.number ?? 0)
        #expect(site.service.commands.isEmpty)

        #expect(try site.call("POST", "/faults/F1/approve", #"{"proposal": 1}"#).status == 200)
        try site.run { try site.state("F1") == "completed" }
        #expect(site.position("L4-5.N4") == "open" && site.position("L1-2.N2") == "closed")
        #expect(site.service.commands.count == steps.count)

        #expect(try site.call("POST", "/repair", on: site.emulator).status == 200)
        #expect(try site.call("POST", "/faults/F1/repaired").status == 200)
        #expect(try site.state("F1") == "proposed")
        #expect(try site.call("POST", "/faults/F1/approve").status == 200)
        try site.run { try site.state("F1") == "closed" }
        #expect(site.position("L4-5.N4") == "closed" && site.position("L4-5.N5") == "closed")
    }

    @Test("in mode automatic a certain location is switched at once, a doubtful one waits for a person")
    func automatic() throws {
        let certain = try FaultSite(mode: "automatic")
        try certain.fail("L8-9")
        try certain.run { try certain.state("F1") == "completed" }

        let doubtful = try FaultSite(mode: "automatic")
        // The first indicator on the way is silent although the next ones have seen the current.
        doubtful.lost = ["indicators/L2-3.N2"]
        try doubtful.fail("L8-9")
        try doubtful.run { try doubtful.state("F1") == "proposed" }
        let fault = try doubtful.fault("F1")
        #expect(fault["verdict"]?.text == "mal-operation")
        #expect(fault["contradictions"]?[0]?.text?.contains("L2-3.N2 is silent") == true, "\(fault["contradictions"] as Any)")
        #expect(fault["candidates"]?[0]?["section"]?.text == "the section between L8-9.N8 and L8-9.N9")
        #expect(doubtful.service.commands.isEmpty)
    }

    @Test("a switch that dies stops the sequence in a named state, and another plan goes round it")
    func deafSwitch() throws {
        let site = try FaultSite(mode: "approve")
        try site.fail("L4-5")
        try site.run { try site.state("F1") == "proposed" }
        site.deaf = ["L4-5.N4"]
        _ = try site.call("POST", "/faults/F1/approve")
        try site.run { try site.state("F1") == "stopped" }
        let fault = try site.fault("F1")
        #expect(fault["detail"]?.text?.contains("L4-5.N4 did not report that it is open in time") == true, "\(fault["detail"] as Any)")
        #expect(fault["safe_state"]?.text == "as the trip left it, the fault not yet isolated on all sides")
        #expect(try site.service.health() != .well)

        #expect(try site.call("POST", "/faults/F1/plans").status == 200)
        let steps = try site.steps("F1")
        #expect(!steps.contains("open L4-5.N4") && steps.contains("open L3-4.N4"), "\(steps)")
        #expect(try site.fault("F1")["plan"]?["passed_over"]?[0]?["switch"]?.text == "L4-5.N4")
        _ = try site.call("POST", "/faults/F1/approve")
        try site.run { try site.state("F1") == "completed" }
    }

    @Test("a second fault ends what is under way, and its plan takes both in")
    func secondFault() throws {
        let site = try FaultSite(mode: "approve")
        try site.fail("L4-5")
        try site.run { try site.state("F1") == "proposed" }
        _ = try site.call("POST", "/faults/F1/approve")
        try site.run { try site.state("F1") == "completed" }
        try site.fail("L2-3")
        try site.run { try site.state("F2") == "proposed" }
        let plan = try site.fault("F2")["plan"]
        #expect(plan?["faulted_sections"]?.elements?.count == 2)
        _ = try site.call("POST", "/faults/F2/approve")
        try site.run { try ["completed", "stopped"].contains(site.state("F2")) }
        #expect(try site.state("F2") == "completed")
        // No switch has closed onto either fault: nothing tripped again.
        #expect(try site.call("GET", "/faults").json["faults"]?.elements?.count == 2)

        // The first is repaired while the second is not: the second's plan takes it in; then the way leads back to where all began.
        _ = try site.call("POST", "/repair", #"{"equipment": "L4-5"}"#, on: site.emulator)
        #expect(try site.call("POST", "/faults/F1/repaired").json["state"]?.text == "closed")
        _ = try site.call("POST", "/repair", on: site.emulator)
        #expect(try site.call("POST", "/faults/F2/repaired").status == 200)
        _ = try site.call("POST", "/faults/F2/approve")
        try site.run { try site.state("F2") == "closed" }
        #expect(["L4-5.N4", "L4-5.N5", "L2-3.N2", "L2-3.N3", "L1-2.N2"].allSatisfy { site.position($0) == "closed" })
        #expect(["L6-7.N6", "L4-11.N4", "L14-8.N14"].allSatisfy { site.position($0) == "open" })
    }

    @Test("the reclosing cycle is waited for, and a fault that goes away is no fault")
    func reclosing() throws {
        let site = try FaultSite(mode: "automatic", more: #", "reclosing": {"shots": 1, "dead_time_seconds": 20, "reclaim_seconds": 5}"#)
        try site.service.publish("switches/L1-2.N1", #"{"position": "open"}"#).publish("protection/L1-2.N1", #"{"trip": true}"#)
        try site.run(seconds: 2)
        var fault = try site.fault("F1")
        #expect(fault["state"]?.text == "waiting")
        #expect(fault["detail"]?.text?.contains("L1-2.N1 may reclose") == true, "\(fault["detail"] as Any)")
        try site.service.publish("switches/L1-2.N1", #"{"position": "closed"}"#)
        try site.run(seconds: 2)
        fault = try site.fault("F1")
        #expect(fault["detail"]?.text?.contains("has reclosed") == true, "\(fault["detail"] as Any)")
        try site.run(seconds: 6)
        #expect(try site.state("F1") == "cleared")
        #expect(site.service.commands.isEmpty)
    }

    @Test("approvals of two people are of two people, and of the proposal that they saw")
    func fourEyes() throws {
        let site = try FaultSite(mode: "approve", more: #", "approvals": 2"#)
        try site.fail("L4-5")
        try site.run { try site.state("F1") == "proposed" }
        let first = try site.call("POST", "/faults/F1/approve", #"{"proposal": 1}"#, user: "anna")
        #expect(first.status == 200 && first.json["state"]?.text == "proposed")
        #expect(try site.call("POST", "/faults/F1/approve", user: "anna").status == 409)
        #expect(try site.call("POST", "/faults/F1/approve", #"{"proposal": 7}"#, user: "ben").status == 409)
        #expect(try site.call("POST", "/faults/F1/approve", #"{"proposal": 1}"#, user: "ben").status == 200)
        try site.run { try site.state("F1") == "completed" }
    }

    @Test("what fails, the screening and the least losses can be asked for, and switch nothing")
    func studies() throws {
        let site = try FaultSite(mode: "advise")
        let simulated = try site.call("POST", "/simulate", #"{"equipment": "L1-2"}"#).json
        #expect(simulated["clearing_switch"]?.text == "L1-2.N1")
        #expect(simulated["plan"]?["unserved_kw"]?.number ?? -1 >= 0)
        let screening = try site.call("GET", "/screening").json
        let rows = try #require(screening["rows"]?.elements)
        #expect(rows.count == 17 && rows.allSatisfy { $0["unserved_kw"]?.number != nil }, "\(rows.count)")
        let optimised = try site.call("POST", "/optimise", #"{"rounds": 1}"#).json
        #expect(optimised["losses_kw"]?.number ?? 1e9 <= optimised["losses_before_kw"]?.number ?? 0)
        let refused = try site.call("POST", "/simulate", #"{"equipment": "nowhere"}"#)
        #expect(refused.status == 400 && refused.json["error"]?.text?.contains("no line, transformer, load or busbar 'nowhere'") == true)
        try site.fail("L4-5")
        try site.run { try site.state("F1") == "proposed" }
        #expect(try site.call("POST", "/faults/F1/approve").status == 409)
        #expect(try site.call("GET", "/faults/F9").status == 404)
        #expect(site.service.commands.isEmpty)
    }

    @Test("a configuration that can't be is refused with a sentence", arguments: [
        (#"{"grid": ["x"], "mode": "bold"}"#, "config.mode is 'bold', expected one of advise, approve, automatic"),
        (#"{"grid": ["x"], "duties": [{"remote": false}]}"#, "needs 'switch', the mRID of a switch"),
        (#"{"mode": "advise"}"#, "config.grid is missing"),
        (#"{"grid": ["x"], "limits": {"voltage_low": 1.2}}"#, "expected below voltage_high"),
        (#"{"grid": ["x"], "trips": {"topic": "protection"}}"#, "expected a topic with one '+'"),
    ])
    func refusals(config: String, sentence: String) throws {
        let harness = try ServiceHarness(library: try ServiceLibrary(built: "FaultRestoration"), starts: false)
        let error = #expect(throws: ServiceError.self) { try harness.validate(config) }
        #expect(error?.description.contains(sentence) == true, "\(error as Any)")
    }
}
