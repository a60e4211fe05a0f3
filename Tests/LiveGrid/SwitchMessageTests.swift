import LiveGrid
import PluginAPI
import Testing

@Suite("Switch positions")
struct SwitchMessageTests {
    @Test(
        "a position is read from an object, a word or a double point",
        arguments: [
            (#"{"position": "open"}"#, SwitchMessage.Position.open), (#"{"position": 2, "quality": 0}"#, .closed), ("closed", .closed),
            (#""open""#, .open), ("1", .open), ("2", .closed), ("0", .intermediate), ("3", .faulty),
        ])
    func positions(payload: String, position: SwitchMessage.Position) throws {
        let message = try Array(payload.utf8).withUnsafeBytes { try SwitchMessage($0) }
        #expect(message.position == position)
    }

    @Test("anything else is refused with what was expected", arguments: ["", "ajar", "{}", "7", #"{"position": null}"#])
    func nonsense(payload: String) {
        let error = #expect(throws: ServiceError.self) { try Array(payload.utf8).withUnsafeBytes { try SwitchMessage($0) } }
        #expect(error?.sentence.contains("open, closed, intermediate, faulty") == true)
    }

    @Test("what is written is read again") func roundTrip() throws {
        let message = SwitchMessage(.closed, time: Timestamp(seconds: 1_800_000_000), quality: .questionable)
        let read = try message.json.bytes.withUnsafeBytes { try SwitchMessage($0) }
        #expect(read == message && !read.isDoubtful)
        #expect(SwitchMessage(.open, quality: .invalid).isDoubtful && SwitchMessage(.faulty).isDoubtful)
    }

    @Test("a topic with one plus names the switch") func topics() throws {
        let topic = try SwitchTopic("switches/+/command", at: "config.topic")
        let name = Array("switches/S1/command".utf8).withUnsafeBytes { topic.mRID(of: $0) }
        let other = Array("switches/S1".utf8).withUnsafeBytes { topic.mRID(of: $0) }
        #expect(name == "S1" && other == nil && topic.topic(of: "S2") == "switches/S2/command")
        #expect(throws: ServiceError.self) { try SwitchTopic("switches/#", at: "config.topic") }
    }
}
