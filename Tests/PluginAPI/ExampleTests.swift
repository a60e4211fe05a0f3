import CPluginAPI
import PluginAPI
import PluginTestKit
import Testing

@Suite("The example in C")
struct FrequencyWatchTests {
    /// Builds the example with the C compiler alone, once.
    private static let library: Result<ServiceLibrary, any Error> = Result {
        try Repository.withTemporaryFolder { folder in
            let example = "\(Repository.root)/PluginAPI/Examples/frequency-watch"
            let built = try Repository.run(["make", "-s", "-C", example, "OUT=\(folder)"])
            guard built.status == 0 else { throw Repository.Failure(description: built.output) }
            return try ServiceLibrary(path: "\(folder)/libfrequency_watch.so")
        }
    }

    private func harness(_ config: String = "{}") throws -> ServiceHarness {
        try ServiceHarness(
            library: try FrequencyWatchTests.library.get(), config: config,
            permissions: Permissions(subscribe: ["measurements/frequency/+"], publish: ["alarms/frequency/+"]))
    }

    @Test("leaving the band, coming back and falling silent are alarms, retained") func alarms() throws {
        let harness = try harness(#"{"lowest_hertz": 49.9, "silent_after_seconds": 10}"#)
        for hertz in ["50.0", "49.95", "49.8", "49.7", "50.1", "50.3"] {
            try harness.publish("measurements/frequency/pmu-1", hertz)
        }
        try harness.advance(by: .seconds(9))
        #expect(harness.published.count == 3)
        try harness.advance(by: .seconds(5)).publish("measurements/frequency/pmu-1", "50")
        let states = try harness.published.map { try $0.json()["state"]?.text }
        #expect(states == ["low", "normal", "high", "silent", "normal"])
        #expect(harness.published.allSatisfy { $0.retain && $0.qos == 1 && $0.topic == "alarms/frequency/pmu-1" })
        #expect(try harness.published[0].json()["hertz"]?.number == 49.8)
        #expect(harness.metric("alarms_total") == 5)
        try harness.stop()
    }

    @Test("its route lists the devices") func route() throws {
        let harness = try harness()
        try harness.publish("measurements/frequency/a", "50.01").publish("measurements/frequency/b", "52")
        let answer = try harness.request("GET", "/devices", role: .viewer)
        #expect(
            String(decoding: answer.body, as: UTF8.self)
                == #"[{"device":"a","hertz":50.01,"state":"normal"},{"device":"b","hertz":52,"state":"high"}]"#)
        try harness.stop()
    }

    @Test(
        "payloads that are no frequency are logged, not taken",
        arguments: ["", "x", "50 ", "-1", "1e9", "nan", "inf", String(repeating: "5", count: 99)])
    func nonsense(payload: String) throws {
        let harness = try harness()
        try harness.publish("measurements/frequency/a", payload)
        #expect(harness.published.isEmpty && harness.log.map(\.level) == [.warning])
        #expect(harness.log[0].details == ["topic": "measurements/frequency/a"])
        try harness.stop()
    }

    @Test(
        "wrong configurations are refused, by validating too",
        arguments: [
            #"{"lowest_hertz": "x"}"#, #"{"lowest_hertz": 51}"#, #"{"silent_after_seconds": 0}"#,
        ])
    func configurations(config: String) throws {
        let harness = try harness()
        try harness.stop()
        for attempt in [harness.validate, harness.configure] {
            let error = #expect(throws: ServiceError.self) { try attempt(config) }
            #expect(error?.status == .invalidConfiguration)
        }
    }

    @Test("a copy of it elsewhere builds once DSOTP says where the headers are, and says so if it does not") func copied() throws {
        try Repository.withTemporaryFolder { folder in
            let copy = "\(folder)/watch"
            _ = try Repository.run(["cp", "-r", "\(Repository.root)/PluginAPI/Examples/frequency-watch", copy])
            let lost = try Repository.run(["make", "-s", "-C", copy, "OUT=\(copy)/out"])
            #expect(lost.status != 0 && lost.output.contains("make DSOTP=/path/to/PluginAPI"))
            let built = try Repository.run(["make", "-s", "-C", copy, "OUT=\(copy)/out", "DSOTP=\(Repository.root)/PluginAPI"])
            #expect(built.status == 0, "\(built.output)")
            let library = try ServiceLibrary(path: "\(copy)/out/libfrequency_watch.so")
            #expect(String(decoding: try library.module().pointee.identifier.buffer, as: UTF8.self) == "org.dsotp.frequency-watch")
        }
    }

    @Test("it says what it is, and refuses a host of another major") func entry() throws {
        let library = try FrequencyWatchTests.library.get()
        #expect(String(decoding: try library.module().pointee.identifier.buffer, as: UTF8.self) == "org.dsotp.frequency-watch")
        let error = #expect(throws: ServiceError.self) { _ = try library.module(major: 2) }
        #expect(error?.status == .versionMismatch)
    }
}

@Suite("The example in Swift")
struct VoltageBandTests {
    private func harness(_ config: String = #"{"nominal_volts": 230}"#) throws -> ServiceHarness {
        try ServiceHarness(
            library: try ServiceLibrary(built: "VoltageBand"), config: config,
            permissions: Permissions(subscribe: ["/pmu/#"], publish: ["alarms/voltage/#"], write: ["voltage_band"]))
    }

    private func message(
        _ volts: Double, measurand: String = "voltmagnitude", timestamp: String = #""2024-05-01T12:00:00Z""#
    ) -> String {
        #"{"device": "pmu-1", "timestamp": \#(timestamp), "readings": [{"component": "BUS/1", "measurand": "\#(measurand)", "phase": "A", "data": \#(volts)}]}"#
    }

    @Test("leaving the band of EN 50160 and coming back are alarms, retained, and deviations are stored") func alarms() throws {
        let harness = try harness()
        for volts in [230.0, 253.0, 253.1, 260, 207, 206.9] { try harness.publish("/pmu/1", message(volts)) }
        #expect(try harness.published.map { try $0.json()["state"]?.text } == ["high", "normal", "low"])
        #expect(harness.published.allSatisfy { $0.topic == "alarms/voltage/pmu-1/BUS_1/A" && $0.retain })
        let points = harness.points(
            "deviation_percent", of: "voltage_band", tags: ["device": "pmu-1", "component": "BUS/1", "phase": "A"])
        #expect(points.count == 1, "all have one time, so that the last stands")
        #expect(points[0].time == Timestamp(seconds: 1_714_564_800) && abs(points[0].value + 10.0435) < 1e-4)
        #expect(harness.metric("alarms_total") == 3)
        let answer = try harness.request("GET", "/violations")
        #expect(String(decoding: answer.body, as: UTF8.self) == #"[{"phase":"pmu-1/BUS_1/A","state":"low","volts":206.9}]"#)
        try harness.stop()
    }

    @Test("a voltage that jumps from one side of the band to the other is an alarm each time") func jumps() throws {
        let harness = try harness()
        for volts in [180.0, 180, 280, 281, 179, 230, 280] { try harness.publish("/pmu/1", message(volts)) }
        #expect(try harness.published.map { try $0.json()["state"]?.text } == ["low", "high", "low", "normal", "high"])
        #expect(try harness.published.map { try $0.json()["volts"]?.number } == [180, 280, 179, 230, 280])
        #expect(harness.metric("alarms_total") == 5)
        try harness.stop()
    }

    @Test("an alarm that could not be published is tried again with the next voltage") func failing() throws {
        let harness = try harness()
        harness.fail(.databus, with: .tryAgain("the databus is away"))
        #expect(throws: ServiceError.self) { try harness.publish("/pmu/1", message(280)) }
        try harness.fail(.databus, with: nil).publish("/pmu/1", message(280))
        #expect(try harness.published.map { try $0.json()["state"]?.text } == ["high"])
        try harness.stop()
    }

    @Test(
        "timestamps are read as texts, and as epochs in s, ms, µs and ns, as the emulated PMUs send them",
        arguments: [
            #""2024-05-01T12:00:00.250Z""#, "1714564800.25", "1714564800250", "1714564800250000", "1714564800250000000",
            #""1714564800250""#,
        ])
    func timestamps(timestamp: String) throws {
        let harness = try harness()
        try harness.publish("/pmu/1", message(260, timestamp: timestamp))
        let points = harness.points(
            "deviation_percent", of: "voltage_band", tags: ["device": "pmu-1", "component": "BUS/1", "phase": "A"])
        #expect(points.map(\.time) == [Timestamp(nanoseconds: 1_714_564_800_250_000_000)])
        #expect(try harness.published.map { try $0.json()["time"]?.text } == ["2024-05-01T12:00:00.250Z"])
        #expect(harness.log.isEmpty && harness.metric("malformed_messages_total") == 0)
        try harness.stop()
    }

    @Test("a message without timestamp has the time at which it was received") func withoutTimestamp() throws {
        let harness = try harness()
        try harness.publish(
            "/pmu/1", #"{"readings": [{"measurand": "voltmagnitude", "phase": "A", "data": 260}], "device": "d"}"#)
        #expect(try harness.published.first?.json()["time"]?.text == harness.now.description)
        #expect(harness.published.first?.topic == "alarms/voltage/d//A")
        try harness.stop()
    }

    @Test("other measurands leave no trace") func others() throws {
        let harness = try harness()
        try harness.publish("/pmu/1", message(0, measurand: "currmagnitude"))
        #expect(harness.published.isEmpty && harness.pointCount == 0 && harness.log.isEmpty)
        try harness.stop()
    }

    @Test(
        "a message that cannot be read is counted and logged, and leaves no other trace",
        arguments: [
            "", "{", "[]", #"{"readings": 1}"#, #"{"readings": [1]}"#, #"{"timestamp": "yesterday", "readings": []}"#,
            #"{"timestamp": 12, "readings": []}"#, #"{"timestamp": null, "readings": []}"#, #"{"readings": []} x"#,
        ])
    func malformed(payload: String) throws {
        let harness = try harness()
        try harness.publish("/pmu/1", payload)
        #expect(harness.published.isEmpty && harness.pointCount == 0)
        #expect(harness.log.map(\.level) == [.warning] && harness.metric("malformed_messages_total") == 1)
        #expect(harness.log.first?.details == ["topic": "/pmu/1", "malformed_since_last_line": "1"])
        try harness.stop()
    }

    @Test("a flood of malformed messages gives one line a minute, with their number; the metric counts all") func flood() throws {
        let harness = try harness()
        for _ in 0..<50 { try harness.publish("/pmu/1", "{") }
        try harness.publish("/pmu/1", message(230))
        #expect(harness.log.count == 1 && harness.pointCount == 1, "good messages between them are taken")
        try harness.advance(by: .seconds(59)).publish("/pmu/1", "{")
        #expect(harness.log.count == 1)
        try harness.advance(by: .seconds(1)).publish("/pmu/2", "{")
        #expect(harness.log.map { $0.details["malformed_since_last_line"] } == ["1", "51"])
        #expect(harness.log.last?.details["topic"] == "/pmu/2")
        #expect(harness.metric("malformed_messages_total") == 52)
        try harness.stop()
    }

    @Test(
        "wrong configurations are refused",
        arguments: [
            "{}", #"{"nominal_volts": 0}"#, #"{"nominal_volts": 230, "band": 1}"#, #"{"nominal_volts": 230, "band_percent": 100}"#,
        ])
    func configurations(config: String) throws {
        let error = #expect(throws: ServiceError.self) { try harness(config) }
        #expect(error?.status == .invalidConfiguration)
    }
}
