import PluginAPI
import PluginTestKit
import Testing

@Suite("Regulated taps of the emulated grid")
struct EmulatedTapTests {
    private static func emulator(_ taps: String) throws -> ServiceHarness {
        try ServiceHarness(
            library: try ServiceLibrary(built: "GridEmulator"),
            config: #"""
                {"grid": [\#(DemoGrid.files)], "pmu": {"rate": 1, "noise_percent": 0, "angle_noise_degrees": 0, "devices": [{"device": "pmu-N1", "at": "N1"}]},
                 "start_hour": 12, "speed": 60, "taps": \#(taps)}
                """#)
    }

    private func position(_ emulator: ServiceHarness) throws -> Double? {
        guard let report = emulator.last(on: "taps/TR1.tap") else { return nil }
        #expect(report.retain && report.qos == 1)
        return try report.payload.withUnsafeBytes { try JSONValue($0)["position"]?.number }
    }

    private func perUnit(_ emulator: ServiceHarness) throws -> Double {
        let message = try #require(emulator.last(on: "/pmu/pmu-N1")).payload.withUnsafeBytes { try JSONValue($0) }
        let volts = message["readings"]?.elements?.filter { $0["measurand"]?.text == "voltmagnitude" }.compactMap { $0["data"]?.number } ?? []
        return volts.reduce(0, +) / 3 * 3.0.squareRoot() / 20_000
    }

    @Test("a tap changer steps after its delay until its busbar is within the band, and reports each step, retained") func regulates() throws {
        let regulator = #"{"regulators": [{"tap": "TR1.tap", "at": "N1", "target_percent": 104, "band_percent": 2, "delay_seconds": 120}]}"#
        let emulator = try Self.emulator(regulator)
        defer { _ = try? emulator.stop() }
        #expect(try position(emulator) == 0)
        try emulator.advance(by: .seconds(1))
        #expect(try perUnit(emulator) < 1.03)
        #expect(try position(emulator) == 0)
        for _ in 0..<30 { try emulator.advance(by: .seconds(1)) }
        #expect((1.03...1.05).contains(try perUnit(emulator)))
        #expect(try #require(try position(emulator)) < 0)
        #expect(emulator.published.filter { $0.topic == "taps/TR1.tap" }.count > 2)
    }

    @Test("the estimate follows the emulated tap changer without a suspect") func followed() throws {
        let regulator = #""taps": {"regulators": [{"tap": "TR1", "at": "N1", "target_percent": 104, "band_percent": 2, "delay_seconds": 3}]}, "#
        let demo = try DemoGrid(reports: regulator + #""scada": {"noise_percent": 0.5, "period_seconds": 1}, "meters": {"period_seconds": 1}, "#)
        try demo.run(seconds: 25)
        let state = try demo.get("/state")
        #expect(state["status"]?.text == "converged" && state["suspects"]?.elements?.isEmpty == true, "\(state["suspects"]?.elements ?? [])")
        let tap = try state.item("taps", "TR1.tap")
        #expect(try #require(tap["position"]?.number) < 0 && tap["reported"]?.boolean == true)
        #expect((1.025...1.055).contains(try #require(try state.item("nodes", "N1")["per_unit"]?.number)))
    }

    @Test("a regulator of what the grid does not have keeps the emulator from starting", arguments: [
        (#"{"regulators": [{"tap": "TR9", "at": "N1"}]}"#, "'TR9': the grid has not exactly one tap changer"),
        (#"{"regulators": [{"tap": "TR1", "at": "N99"}]}"#, "'N99', which is no busbar"),
        (#"{"regulators": [{"tap": "TR1"}]}"#, "needs 'tap'"),
    ])
    func refused(taps: String, sentence: String) throws {
        let error = #expect(throws: (any Error).self) { try Self.emulator(taps) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(sentence), "\(error.map { "\($0)" } ?? "")")
    }
}
