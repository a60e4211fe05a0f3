import PluginAPI
import PluginTestKit
import Testing

@Suite("The state of a grid, live")
struct LiveEstimationTests {
    @Test("what PMUs, bays and meters report becomes voltages, flows and how certain they are") func estimate() throws {
        let demo = try DemoGrid()
        try demo.run(seconds: 12)
        let state = try demo.get("/state")
        #expect(state["status"]?.text == "converged" && state["detail"]?.text == "")
        let nodes = try #require(state["nodes"]?.elements)
        #expect(nodes.count == 15 && nodes.allSatisfy { $0["energised"]?.boolean == true })
        #expect(nodes.filter { $0["source"]?.text == "measured" }.count == 5 && nodes.filter { $0["source"]?.text == "estimated" }.count == 10)
        #expect(nodes.allSatisfy { (0.95...1.05).contains($0["per_unit"]?.number ?? 0) && ($0["sigma_volts"]?.number ?? 1e9) < 200 })
        let measured = try state.item("nodes", "N3")
        #expect(abs((measured["measured_volts"]?.number ?? 0) - (measured["volts"]?.number ?? 1e9)) < 100)
        #expect(try #require(try state.item("branches", "L1-2")["amperes"]?.number) > 10)
        #expect(try #require(state["losses_watts"]?.number) > 0)
        #expect(try #require(state["objective"]?.number) < (try #require(state["chi_square_95"]?.number)) * 1.5)
    }

    @Test("results go to the databus, one message a component, and to the store, marked as estimated") func outputs() throws {
        let demo = try DemoGrid()
        try demo.run(seconds: 3)
        let whole = try #require(demo.estimation.last(on: "estimates/mv"))
        #expect(String(decoding: whole.payload, as: UTF8.self).contains(#""status":"converged""#))
        let component = try #require(demo.estimation.last(on: "components/N5"))
        let message = try component.payload.withUnsafeBytes { try JSONValue($0) }
        #expect(message["component"]?.text == "N5" && message["readings"]?.elements?.count == 12)
        let points = demo.estimation.points("voltmagnitude", of: "estimate", tags: ["grid": "mv", "node": "N5"])
        #expect(points.count == 3 && points.allSatisfy { $0.quality.contains(.estimated) && (11_000...12_200).contains($0.value) })
    }

    @Test("a switch that opens takes its part of the grid out of the estimate, and back") func switching() throws {
        let demo = try DemoGrid()
        try demo.run(seconds: 3)
        try demo.estimation.publish("switches/L3-4.N4", #"{"position": "open"}"#)
        // The estimate follows in the same step, not at the next period.
        let dead = try demo.get("/state")["nodes"]?.elements?.filter { $0["energised"]?.boolean == false }.compactMap { $0["id"]?.text }
        #expect(dead == ["N4", "N5", "N6"])
        #expect(try demo.get("/state").item("switches", "L3-4.N4")["position"]?.text == "open")
        try demo.estimation.publish("switches/L4-11.N4", "closed")
        #expect(try demo.get("/state")["nodes"]?.elements?.allSatisfy { $0["energised"]?.boolean == true } == true)
        try demo.estimation.publish("switches/L3-4.N4", "intermediate")
        #expect(try demo.get("/state").item("switches", "L3-4.N4")["position"]?.text == "unknown")
        try demo.estimation.publish("switches/nowhere", "open")
        #expect(demo.estimation.log.contains { $0.text.contains("the grid model has no switch of that mRID") })
    }

    @Test("without devices all of it comes from the model's loads, and says so") func pseudoOnly() throws {
        let demo = try DemoGrid()
        try demo.estimation.advance(by: .seconds(2))
        let state = try demo.get("/state")
        #expect(state["metered_values"]?.integer == 0 && state["detail"]?.text?.contains("no device reports") == true)
        #expect(state["nodes"]?.elements?.contains { $0["source"]?.text == "measured" } == false)
    }

    @Test("a voltmeter that shows ten per cent too much is left out, by name") func badData() throws {
        let demo = try DemoGrid()
        try demo.run(seconds: 12) { topic, payload in
            guard topic == "/pmu/pmu-N8" else { return payload }
            let text = String(decoding: payload, as: UTF8.self)
            guard let value = try? payload.withUnsafeBytes({ try JSONValue($0) }), let readings = value["readings"]?.elements else { return payload }
            return Array(readings.reduce(text) { text, reading in
                guard reading["measurand"]?.text == "voltmagnitude", let volts = reading["data"]?.number else { return text }
                return text.replacing("\(volts)", with: "\(volts * 1.1)")
            }.utf8)
        }
        let state = try demo.get("/state")
        let suspects = state["suspects"]?.elements?.compactMap(\.text) ?? []
        #expect(suspects.contains { $0.hasPrefix("voltmagnitude of pmu-N8 N8 does not fit the rest") }, "\(suspects)")
        #expect((0.97...1.03).contains(try #require(try state.item("nodes", "N8")["per_unit"]?.number)))
    }

    @Test("a device whose clock is wrong is refused with a sentence, and an unsynchronised PMU keeps its magnitude") func clocks() throws {
        let demo = try DemoGrid(pmus: ["N3"], reports: "")
        try demo.run(seconds: 2) { _, payload in
            Array(String(decoding: payload, as: UTF8.self).replacing(#""timestamp":"20"#, with: #""timestamp":"19"#).utf8)
        }
        #expect(try demo.get("/state")["metered_values"]?.integer == 0)
        #expect(demo.estimation.log.contains { $0.text.contains("a message on '/pmu/pmu-N3' can't be read: the timestamp '1924-") })
        #expect(demo.estimation.log.contains { $0.text.contains("a report of the switch") && $0.text.contains("clock was never set") })
        try demo.run(seconds: 2) { _, payload in
            Array(String(decoding: payload, as: UTF8.self).replacing(#""timestamp":"#, with: #""quality":"clock_not_synchronised","timestamp":"#).utf8)
        }
        // The magnitude takes part, the angle does not.
        let state = try demo.get("/state")
        #expect(state["metered_values"]?.integer == 1, "\(state["status"]?.text ?? "") \(state["detail"]?.text ?? "")")
    }

    @Test("synchronised angles that turn with the frequency change nothing") func turning() throws {
        let demo = try DemoGrid()
        var turn = 3.0
        try demo.run(seconds: 12) { topic, payload in
            guard topic.hasPrefix("/pmu/") else { return payload }
            if topic == "/pmu/pmu-N1" { turn += 0.35 }
            guard let value = try? payload.withUnsafeBytes({ try JSONValue($0) }), let readings = value["readings"]?.elements else { return payload }
            return Array(readings.reduce(String(decoding: payload, as: UTF8.self)) { text, reading in
                guard reading["measurand"]?.text == "voltangle", let angle = reading["data"]?.number else { return text }
                return text.replacing("\(angle)", with: "\(angle + turn)")
            }.utf8)
        }
        let state = try demo.get("/state")
        #expect(state["status"]?.text == "converged" && state["suspects"]?.elements?.isEmpty == true)
        #expect(abs(try #require(try state.item("nodes", "N0")["angle_degrees"]?.number)) < 0.01)
        #expect((-35 ... -28).contains(try #require(try state.item("nodes", "N3")["angle_degrees"]?.number)))
    }

    @Test("a meter with the wrong sign is named so") func signs() throws {
        let demo = try DemoGrid()
        try demo.run(seconds: 12) { topic, payload in
            guard topic == "measurements/scada/L1-2.N1" else { return payload }
            return Array(String(decoding: payload, as: UTF8.self).replacing(#""phase":"A","data":"#, with: #""phase":"A","data":-"#)
                .replacing(#""phase":"B","data":"#, with: #""phase":"B","data":-"#).replacing(#""phase":"C","data":"#, with: #""phase":"C","data":-"#).utf8)
        }
        let suspects = try demo.get("/state")["suspects"]?.elements?.compactMap(\.text) ?? []
        #expect(suspects.contains { $0.hasPrefix("activepower of L1-2.N1 ") && $0.contains("the sign is wrong") }, "\(suspects)")
    }

    @Test("values that are no longer renewed fade, and the profiles take over") func ageing() throws {
        let demo = try DemoGrid(reports: "")
        try demo.run(seconds: 2)
        let fresh = try #require(try demo.get("/state").item("nodes", "N3")["sigma_volts"]?.number)
        try demo.run(seconds: 30) { _, _ in nil }
        let old = try #require(try demo.get("/state").item("nodes", "N3")["sigma_volts"]?.number)
        #expect(old > 3 * fresh)
        try demo.estimation.advance(by: .seconds(60))
        #expect(try demo.get("/state")["metered_values"]?.integer == 0)
    }
}
