import PluginAPI
import PluginTestKit
import Testing

@Suite("Dead letters")
struct DeadLetterTests {
    @Test(
        "a letter says topic, reason, time and payload, and goes to the topic exactly as it is",
        arguments: ["/pmu/x", "measurements/pmu/y", "/pmu//z"])
    func contents(topic: String) throws {
        let harness = try Adapter.harness()
        try harness.publish(topic, "not \"json\"")
        let letter = try #require(harness.published.first)
        #expect(letter.topic == "deadletter/\(topic)" && letter.qos == 1 && !letter.retain)
        let json = try letter.json()
        #expect(
            json["topic"]?.text == topic && json["payload"]?.text == "not \"json\""
                && json["received"]?.text == harness.now.description)
        #expect(
            json["reason"]?.text == "the payload is not the JSON expected, at byte 0: expected true, false or null"
                || json["reason"]?.text?.contains("at byte 0") == true)
        #expect(json["payload_bytes"] == nil && json["payload_encoding"] == nil)
    }

    @Test("a payload that is not UTF-8 is kept as base64") func binary() throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/x", [0xFF, 0x00, 0x01]).publish("/pmu/x", [0xC3]).publish("/pmu/x", [0xFF, 0xFE])
        let letters = try harness.published.map { try $0.json() }
        #expect(letters.map { $0["payload"]?.text } == ["/wAB", "ww==", "//4="])
        #expect(letters.allSatisfy { $0["payload_encoding"]?.text == "base64" })
    }

    @Test("a huge payload is cut at 64 KiB, between characters") func huge() throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/x", "a" + String(repeating: "€", count: 40_000))
        try harness.publish("/pmu/x", Array(repeating: 0xFF, count: 10_000_000))
        let letters = try harness.published.map { try $0.json() }
        #expect(letters[0]["payload"]?.text?.utf8.count == 65_536 && letters[0]["payload_bytes"]?.integer == 120_001)
        #expect(letters[1]["payload"]?.text?.count == 87_384 && letters[1]["payload_bytes"]?.integer == 10_000_000)
    }

    @Test("a topic without mapping is a letter; letters themselves beget none") func topics() throws {
        let harness = try Adapter.harness()
        try harness.publish("other/topic", Adapter.message()).publish("deadletter//pmu/x", "nonsense").publish(
            "deadletter", "nonsense")
        #expect(harness.published.map(\.topic) == ["deadletter/other/topic"])
    }

    @Test(
        "a topic that would be too long or too deep with the prefix goes to the prefix alone",
        arguments: [
            (String(repeating: "x", count: 65_530), false), (String(repeating: "x", count: 4_096 - 16 + 1), false),
            (String(repeating: "x", count: 4_096 - 16), true), (String(repeating: "/", count: 125), false),
            (String(repeating: "/", count: 124), true),
        ])
    func longTopic(rest: String, fits: Bool) throws {
        let harness = try Adapter.harness(permissions: Permissions())
        let topic = "/pmu/" + rest
        try harness.publish(topic, "")
        #expect(harness.published.first?.topic == (fits ? "deadletter/" + topic : "deadletter"))
        #expect(try harness.published.first?.json()["topic"]?.text == topic)
    }

    @Test("letters that the manifest forbids are logged, make the service degraded, and stop nothing") func forbidden() throws {
        let harness = try Adapter.harness(permissions: Permissions(publish: []))
        try harness.deliver([TestMessage("/pmu/1", "x"), TestMessage("/pmu/1", Adapter.message()), TestMessage("/pmu/1", "y")])
        #expect(harness.pointCount == 1 && harness.log.filter { $0.level == .error }.count == 2)
        guard case .degraded = try harness.health() else { return #expect(Bool(false), "the service says that all is well") }
    }

    /// More than 200 messages, none of which holds a reading that can be stored.
    static let malformed: [[UInt8]] = {
        let whole = Array(Adapter.message().utf8)
        var inputs = (0..<whole.count).map { Array(whole.prefix($0)) }
        let begin = Adapter.message().dropLast()
        let texts: [String] = [
            "[]", "[[]]", "1", "\"x\"", "null", "true", "{}", "{} {}", "\u{feff}\(Adapter.message())",
            "# comment\n\(Adapter.message())",
            "<xml/>", "pmu,device=d voltmagnitude=1", "{\"readings\": []}", "{\"timestamp\": 1714564800}",
            "{\"timestamp\": 1714564800, \"device\": \"d\"}",
            "{\"device\": \"d\", \"timestamp\": 1714564800, \"readings\": []}",
            "{\"device\": \"d\", \"timestamp\": 1714564800, \"readings\": {}}",
            "{\"device\": \"d\", \"timestamp\": 1714564800, \"readings\": null}",
            "{\"device\": \"d\", \"timestamp\": 1714564800, \"readings\": [1, null, \"x\", [], true]}",
        ]
        let replaced: [String] = [
            Adapter.message(device: "1"), Adapter.message(device: "null"), Adapter.message(device: "\"\""),
            Adapter.message(device: "\"a\\nb\""),
            Adapter.message(device: "\"\(String(repeating: "d", count: 300))\""), Adapter.message(component: "1"),
            Adapter.message(component: "[]"),
            Adapter.message(component: "\"\\u0000\""), Adapter.message(measurand: "\"\""), Adapter.message(measurand: "1"),
            Adapter.message(measurand: "null"),
            Adapter.message(measurand: "\"a b\""), Adapter.message(measurand: "\"1a\""), Adapter.message(measurand: "\"é\""),
            Adapter.message(measurand: "\"\(String(repeating: "m", count: 65))\""), Adapter.message(phase: "1"),
            Adapter.message(phase: "\"\\u0007\""),
            Adapter.message(phase: "{}"), Adapter.message(data: "{}"), Adapter.message(data: "[230]"),
            Adapter.message(data: "\"230 V\""),
            Adapter.message(data: "1e999"), Adapter.message(data: "1", more: ", \"data\": 2"),
            Adapter.message(more: ", \"unit\": 1"),
            Adapter.message(more: ", \"unit\": \"A\""), Adapter.message(more: ", \"uncertainty\": -1"),
            Adapter.message(more: ", \"uncertainty\": \"x\""),
            Adapter.message(more: ", \"quality\": \"bad\""), Adapter.message(data: "1e308", more: ", \"unit\": \"kV\""),
        ]
        let appended: [String] = [
            "\(Adapter.message())}", "\(Adapter.message())\0", String(repeating: "[", count: 100_000),
            String(repeating: "{\"a\":", count: 100_000),
            "{\"timestamp\": 1714564800, \(Adapter.message().dropFirst())", "\(begin), \"readings\": []}",
            "\(begin), \"device\": \"e\"}",
            "\(begin), \"quality\": 99999}", "\(begin),}",
        ]
        inputs += (texts + replaced + appended).map { Array($0.utf8) }
        for position in stride(from: 1, to: whole.count, by: 2) {
            for byte in [0x00, 0x80, 0xFF] as [UInt8] {
                var damaged = whole
                damaged[position] = byte
                inputs.append(damaged)
            }
        }
        return inputs
    }()

    @Test("every malformed message gives exactly one letter, and stores nothing") func malformed() throws {
        #expect(DeadLetterTests.malformed.count > 250)
        let harness = try Adapter.harness()
        for input in DeadLetterTests.malformed {
            try harness.publish("/pmu/x", input)
            #expect(
                harness.published.count == 1 && harness.pointCount == 0,
                "\(String(decoding: input.prefix(300), as: UTF8.self).debugDescription)")
            #expect(try harness.published.first?.json()["reason"]?.text?.isEmpty == false)
            harness.forgetPublished()
        }
        #expect(harness.metric("dead_letters_total") == Double(DeadLetterTests.malformed.count))
        try harness.publish("/pmu/x", Adapter.message())
        #expect(harness.pointCount == 1 && harness.published.isEmpty)
        try harness.stop()
    }

    @Test("random damage gives readings or one letter, never a crash", arguments: 1...4 as ClosedRange<UInt64>)
    func fuzz(seed: UInt64) throws {
        var random = seed
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % bound
        }
        let forms = [
            Adapter.config("pmu", window: "36525d"), Adapter.config("mac", window: "36525d"),
            Adapter.config("sogno-component", window: "36525d"),
            Adapter.config(
                "villas", #""device": "v", "columns": [{"measurand": "voltmagnitude"}, {"measurand": "voltangle"}]"#,
                window: "36525d"),
        ]
        let documents = [
            Adapter.message(more: #", "quality": ["test"], "unit": "kV", "uncertainty": 0.5"#),
            #"{"identifier": "m", "timestamp": "2020-01-31T14:21:02", "readings": [{"source": "channel_1", "type": "volt", "data": "1.5"}]}"#,
            #"{"component": "c", "timestamp": 1714564800, "readings": [{"measurand": "frequency", "data": 50}]}"#,
            #"[{"ts": {"origin": [1551884430, 1]}, "data": [1, 2]}]"#,
        ]
        for (form, document) in zip(forms, documents) {
            let harness = try Adapter.harness(form)
            for _ in 0..<1000 {
                var bytes = Array(document.utf8)
                for _ in 0...next(3) {
                    let index = next(bytes.count)
                    switch next(3) {
                    case 0: bytes[index] = UInt8(next(256))
                    case 1: bytes.remove(at: index)
                    default: bytes.insert(Array("{}[]\",:\\0".utf8)[next(9)], at: index)
                    }
                }
                let before = harness.metric("readings_total") ?? 0
                try harness.publish("t/x", bytes)
                #expect(
                    harness.published.count == 1 || (harness.metric("readings_total") ?? 0) > before,
                    "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
                #expect(harness.published.count <= 1)
                harness.forgetPublished()
            }
            try harness.stop()
        }
    }
}
