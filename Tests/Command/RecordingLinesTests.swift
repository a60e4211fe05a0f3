import PluginAPI
import Recording
import Testing

@testable import Command

@Suite("Recordings as lines of JSON")
struct RecordingLinesTests {
    private func message(_ line: String) throws -> RecordedMessage {
        guard case .message(let message) = try RecordingLines.parse(line, number: 1) else { throw PlatformError("it is a header") }
        return message
    }

    @Test("A message comes back as it was, text or not")
    func roundTrip() throws {
        for message in [
            RecordedMessage(time: 0, topic: "a", payload: Array("49.7".utf8)),
            RecordedMessage(time: 12_345_678_901, topic: "ä \"b\"/\\", payload: Array("{\"x\":\"\u{1F}\\n\"}".utf8), qos: 2, isRetained: true),
            RecordedMessage(time: 1, topic: "b", payload: [0xFF, 0, 0xFE], qos: 1), RecordedMessage(time: Int64.max, topic: "c", payload: []),
        ] { #expect(try self.message(RecordingLines.line(message)) == message) }
    }

    @Test("A line may be written by hand")
    func byHand() throws {
        #expect(try message(#"{"t": 1.5, "topic": "x", "json": {"a": [1, 2.50]} }"#) == RecordedMessage(time: 1_500_000_000, topic: "x", payload: Array(#"{"a": [1, 2.50]}"#.utf8)))
        #expect(try message(#"{"topic":"x","t":0}"#) == RecordedMessage(time: 0, topic: "x", payload: []))
        guard case .header(let began) = try RecordingLines.parse(RecordingLines.header(began: 1_777_636_800_000_000_001), number: 1) else {
            throw PlatformError("it is no header")
        }
        #expect(began == 1_777_636_800_000_000_001)
    }

    @Test(
        "A line that can't be meant is refused with its number",
        arguments: [
            (#"{"topic":"x"}"#, "t is missing"), (#"{"t":1}"#, "topic is missing"), (#"{"t":-1,"topic":"x"}"#, "t is -1 (expected seconds"),
            (#"{"t":1e3,"topic":"x"}"#, "t is 1e3"), (#"{"t":1,"topic":"x","qos":3}"#, "qos is not 0, 1 or 2"),
            (#"{"t":1,"topic":"x","payload":"a","json":1}"#, "the payload is there twice"), (#"{"t":1,"topc":"x"}"#, "'topc' is unknown (expected t, topic"),
            (#"{"t":1,"topic":"x","payload_base64":"?"}"#, "not base64"), ("[", "an object"), (#"{"recording":2}"#, "recording is not 1"),
        ])
    func refused(line: String, sentence: String) {
        let error = #expect(throws: PlatformError.self) { try RecordingLines.parse(line, number: 7) }
        #expect(error.map { "\($0)".hasPrefix("line 7: ") && "\($0)".contains(sentence) } == true, "\(String(describing: error))")
    }

    @Test("Seconds are exact to the nanosecond", arguments: [(Int64(0), "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (60_000_000_000, "60"), (-500_000_000, "-0.5")])
    func seconds(nanoseconds: Int64, text: String) {
        #expect(DecimalSeconds.text(nanoseconds: nanoseconds) == text)
        #expect(DecimalSeconds.nanoseconds(text) == (nanoseconds < 0 ? nil : nanoseconds))
    }
}

@Suite("Times in payloads")
struct TimeShiftTests {
    @Test(
        "The time is moved in its own form, and nothing else is changed",
        arguments: [
            (#"{"device":"d","timestamp":"2026-05-01T12:00:00Z","x":[1]}"#, #"{"device":"d","timestamp":"2026-05-01T13:00:00.500Z","x":[1]}"#),
            (#"{"timestamp" : 1777636800, "a": 1}"#, #"{"timestamp" : 1777640400, "a": 1}"#), (#"{"timestamp":1777636800250}"#, #"{"timestamp":1777640400750}"#),
            (#"{"timestamp":"1777636800250000"}"#, #"{"timestamp":"1777640400750000"}"#), (#"{"timestamp":1777636800.25}"#, #"{"timestamp":1777640400.75}"#),
            (#"{"timestamp":"soon"}"#, #"{"timestamp":"soon"}"#), (#"{"inner":{"timestamp":1777636800}}"#, #"{"inner":{"timestamp":1777636800}}"#),
            ("49.7", "49.7"), ("{", "{"),
        ])
    func moved(payload: String, expected: String) {
        let shift = TimeShift(member: "timestamp", nanoseconds: 3_600_500_000_000)
        #expect(String(decoding: shift.applied(to: Array(payload.utf8)), as: UTF8.self) == expected)
    }
}

@Suite("What a replay expected")
struct ReplayComparisonTests {
    private func difference(_ expected: [String], _ got: [String], tolerance: Double = 0) -> String? {
        ReplayComparison(tolerance: tolerance).firstDifference(expected: expected, got: got)
    }

    @Test("The same lines, and numbers within the tolerance, also inside payloads, are as expected")
    func same() {
        #expect(difference(["{\"a\":1}"], ["{\"a\":1}"]) == nil)
        #expect(difference([#"{"v":[230.1,1e-12]}"#], [#"{"v":[230.1001, 0.0]}"#], tolerance: 1e-3) == nil)
        #expect(difference([#"{"payload":"{\"v\":230.1}"}"#], [#"{"payload":"{\"v\": 230.10001}"}"#], tolerance: 1e-6) == nil)
    }

    @Test(
        "The first difference is named by its line and place",
        arguments: [
            ([#"{"a":1.5}"#], [#"{"a":1.6}"#], "line 1: /a is 1.6, expected 1.5 ± 0.01"), ([#"{"a":1}"#], [#"{"a":2}"#], "/a is 2.0, expected 1.0"),
            ([#"{"time":1777636800000000000}"#], [#"{"time":1777636800000000001}"#], "/time is"), ([#"{"a":{"b":[1]}}"#], [#"{"a":{"b":[1,2]}}"#], "/a/b has 2 elements, expected 1"),
            ([#"{"a":1}"#], [#"{"a":1,"b":2}"#], "/b was not expected"), ([#"{"a":1}"#], [#"{"b":1}"#], "/a is missing"), ([#"{"a":"x"}"#], [#"{"a":true}"#], "/a is true or false, expected a text"),
            ([#"{"p":"{\"v\":1.0}"}"#], [#"{"p":"{\"v\":2.5}"}"#], "/p/v is 2.5"), (["1", "2"], ["1"], "line 2: expected 2 lines, got 1"), (["1"], ["1", "2"], "got 2"),
        ])
    func different(expected: [String], got: [String], sentence: String) {
        let found = difference(expected, got, tolerance: 0.01)
        #expect(found?.contains(sentence) == true, "\(found ?? "nothing")")
    }
}
