import Grid
import PluginAPI
import PluginTestKit
import Testing

@Suite("Taps, live")
struct TapTests {
    @Test("a regulator that reports its step changes the ratio in the estimate at once") func regulator() throws {
        let lane = try PhaseGrid()
        try lane.publishAll()
        try lane.tick()
        #expect(try lane.get("/state").item("taps", "reg-B-tap")["position"]?.number == 6)
        try lane.change { $0.setTap(transformer: 1, winding: 1, step: -2) }
        try lane.estimation.publish("taps/reg-B-tap", #"{"position": -2}"#)
        let told = try lane.get("/state").item("taps", "reg-B-tap")
        #expect(told["position"]?.number == -2 && told["reported"]?.boolean == true && told["transformer"]?.text == "reg-B")
        // Voltages from before say little now; the next ones fit the new ratio.
        #expect(try lane.get("/state")["suspects"]?.elements?.isEmpty == true)
        try lane.publishAll()
        try lane.tick()
        let error = try lane.largestError()
        #expect(error.magnitude < 1e-6 && error.angle < 1e-6, "\(error)")
        #expect(try #require(try lane.get("/state")["objective"]?.number) < 1e-6)
    }

    @Test("a wrong ratio in the model does not fit the measurements, which shows that the report matters") func missing() throws {
        let lane = try PhaseGrid()
        try lane.change { $0.setTap(transformer: 1, winding: 1, step: -2) }
        try lane.publishAll()
        try lane.tick()
        let state = try lane.get("/state")
        #expect(state["suspects"]?.elements?.isEmpty == false || (state["objective"]?.number ?? 0) > (state["chi_square_95"]?.number ?? 0))
    }

    @Test(
        "reports that can't be are left, with a sentence",
        arguments: [
            ("taps/reg-A-tap", "40", "position 40.0 is outside of the steps -16 … 16"), ("taps/reg-A-tap", "up", "a tap position is a number"),
            ("taps/nowhere", "1", "the grid model has none of that mRID"),
            ("taps/reg-A-tap", #"{"position": 1, "timestamp": "2055-01-01T00:00:00Z"}"#, "a report of the tap changer 'reg-A-tap' is left: "),
        ])
    func nonsense(topic: String, payload: String, sentence: String) throws {
        let lane = try PhaseGrid()
        try lane.estimation.publish(topic, payload)
        try lane.tick()
        #expect(lane.estimation.log.contains { $0.text.contains(sentence) }, "\(sentence)")
        #expect(try lane.get("/state").item("taps", "reg-A-tap")["position"]?.number == 9)
    }
}
