import PluginAPI
import PluginTestKit
import Testing

@Suite("Forms of messages")
struct FormatTests {
    @Test("the seed's message becomes one field per measurand, by device, component and phase") func seed() throws {
        let harness = try Adapter.harness(time: Timestamp(seconds: 1_622_541_700))
        try harness.publish(
            "/pmu/dev",
            """
            {
              "device": "pmu-0123",
              "timestamp": "2021-06-01T10:00:00.020Z",
              "readings": [
                {
                  "component": "BUS1",
                  "measurand": "voltmagnitude",
                  "phase": "A",
                  "data": 230.1
                },
                {
                  "component": "BUS1",
                  "measurand": "voltmagnitude",
                  "phase": "B",
                  "data": 229.8
                },
                {
                  "component": "BUS1",
                  "measurand": "voltmagnitude",
                  "phase": "C",
                  "data": "231.25"
                }
              ]
            }
            """)
        let time = Timestamp(nanoseconds: 1_622_541_600_020_000_000)
        for (phase, volts) in [("A", 230.1), ("B", 229.8), ("C", 231.25)] {
            let tags = ["device": "pmu-0123", "component": "BUS1", "phase": phase]
            #expect(harness.points("voltmagnitude", of: "pmu", tags: tags) == [StoredPoint(time, volts)])
        }
        #expect(harness.published.isEmpty && harness.columnCount == 3)
        try harness.stop()
    }

    @Test("the seed's message with its placeholders goes to the dead letters") func placeholders() throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/dev", Adapter.message(timestamp: #""TIMESTAMP""#)).publish(
            "/pmu/dev", Adapter.message(data: #""RANDOM""#))
        let reasons = try harness.published.map { try $0.json()["reason"]?.text ?? "" }
        #expect(reasons[0].contains("'TIMESTAMP' is not a time") && reasons[1].contains("the data 'RANDOM', expected a number"))
        #expect(harness.pointCount == 0)
    }

    @Test("keys may come in any order, unknown ones are passed over, names may be escaped") func order() throws {
        let harness = try Adapter.harness()
        try harness.publish(
            "measurements/pmu/1",
            #"{"readings": [{"data": 1, "x": {"y": []}, "phase": "A", "measurand": "voltm\u0061gnitude", "component": "B\u00dcS\"1"}], "v": 2, "timestamp": 1714564800, "device": "p\/1"}"#
        )
        #expect(
            harness.points("voltmagnitude", of: "pmu", tags: ["device": "p/1", "component": "BÜS\"1", "phase": "A"]) == [
                StoredPoint(Adapter.noon, 1)
            ])
    }

    @Test("a reading without phase, or with null, has no such tag") func withoutPhase() throws {
        let harness = try Adapter.harness()
        try harness.publish(
            "/pmu/1",
            #"{"device": "d", "timestamp": 1714564800, "readings": [{"component": "c", "measurand": "frequency", "data": 49.98}, {"component": "c", "measurand": "rocof", "phase": null, "data": 0.01}]}"#
        )
        for field in ["frequency", "rocof"] {
            #expect(harness.points(field, of: "pmu", tags: ["device": "d", "component": "c"]).count == 1)
        }
    }

    @Test(
        "one message per component: the device comes from the topic, the mapping, or not at all",
        arguments: [
            ("", [:]), (#""device_topic_level": 2"#, ["device": "edge7"]), (#""device": "sogno""#, ["device": "sogno"]),
        ] as [(String, [String: String])])
    func sognoComponent(more: String, device: [String: String]) throws {
        let tags = #""tags": ["component", "phase"\#(device.isEmpty ? "" : #", "device""#)]"#
        let harness = try Adapter.harness(Adapter.config("sogno-component", tags + (more.isEmpty ? "" : ", " + more)), time: Timestamp(seconds: 1_589_970_500))
        try harness.publish(
            "t/edge7",
            #"{"component": "BUS1", "timestamp": "2020-05-20T10:27:57.980802+00:00", "readings": [{"measurand": "voltmagnitude", "phase": "A", "data": 123}, {"measurand": "voltangle", "phase": "A", "data": 0.5}]}"#
        )
        let expected = device.merging(["component": "BUS1", "phase": "A"]) { $1 }
        let time = Timestamp(nanoseconds: 1_589_970_477_980_802_000)
        #expect(harness.points("voltmagnitude", of: "pmu", tags: expected) == [StoredPoint(time, 123)])
        #expect(harness.points("voltangle", of: "pmu", tags: expected) == [StoredPoint(time, 0.5)])
    }

    @Test("meters: channels become phases, kilowatts watts, texts numbers, and the zone is the mapping's") func mac() throws {
        let harness = try Adapter.harness(
            Adapter.config("mac", #""time_zone_offset": "+01:00", "tags": ["device", "phase"]"#, measurement: "meter"),
            time: Timestamp(seconds: 1_580_480_000))
        try harness.publish(
            "t/m",
            #"{"identifier": "865-1", "timestamp": "2020-01-31T14:21:02", "readings": [{"source": "channel_1", "type": "activepower", "data": "198.558"}, {"source": "channel_2", "type": "volt", "data": "12426.734"}, {"source": "channel_N", "type": "current", "data": "0.000"}, {"source": "channel_3", "type": "thdv", "data": "1.5"}, {"source": "channel_1", "type": "reactivepower", "data": 2, "unit": "var"}]}"#
        )
        let time = Timestamp(seconds: 1_580_476_862)
        let value = { (field: String, phase: String) in
            harness.points(field, of: "meter", tags: ["device": "865-1", "phase": phase])
        }
        #expect(value("activepower", "A") == [StoredPoint(time, 198_558)])
        #expect(value("voltmagnitude", "B") == [StoredPoint(time, 12426.734)])
        #expect(value("currmagnitude", "N") == [StoredPoint(time, 0)])
        #expect(value("thdv", "C") == [StoredPoint(time, 1.5)])
        #expect(value("reactivepower", "A") == [StoredPoint(time, 2)], "a unit in the reading goes before the form's kilovars")
    }

    @Test("VILLAS records: values by position, several times in one message, one position passed over") func villas() throws {
        let columns =
            #""device": "dpsim", "columns": [{"component": "N0", "measurand": "voltmagnitude", "phase": "A"}, {"component": "N0", "measurand": "voltangle", "phase": "A"}, null]"#
        let harness = try Adapter.harness(Adapter.config("villas", columns), time: Timestamp(seconds: 1_551_884_500))
        try harness.publish(
            "t/v",
            #"[{"ts": {"origin": [1551884430, 319805071], "received": [1, 2]}, "sequence": 1, "data": [110000, 0.5, 7]}, {"data": ["19803.353557866976", -0.03, null], "sequence": 2, "ts": {"origin": [1551884431, 0]}}]"#
        )
        try harness.publish("t/v", #"{"ts": {"origin": [1551884432, 0]}, "data": [1, 2, 3]}"#)
        let tags = ["device": "dpsim", "component": "N0", "phase": "A"]
        #expect(
            harness.points("voltmagnitude", of: "pmu", tags: tags) == [
                StoredPoint(Timestamp(nanoseconds: 1_551_884_430_319_805_071), 110_000),
                StoredPoint(Timestamp(seconds: 1_551_884_431), 19803.353557866976),
                StoredPoint(Timestamp(seconds: 1_551_884_432), 1),
            ])
        #expect(harness.points("voltangle", of: "pmu", tags: tags).map(\.value) == [0.5, -0.03, 2])
        #expect(harness.columnCount == 2 && harness.published.isEmpty)
    }

    @Test("a VILLAS record with other than the mapped number of values is no reading", arguments: ["[]", "[1]", "[1, 2, 3]"])
    func villasLength(data: String) throws {
        let harness = try Adapter.harness(
            Adapter.config("villas", #""device": "x", "columns": [{"measurand": "voltmagnitude"}, {"measurand": "voltangle"}]"#),
            time: Timestamp(seconds: 1_551_884_500))
        try harness.publish("t/v", #"[{"ts": {"origin": [1551884430, 0]}, "data": \#(data)}]"#)
        #expect(harness.pointCount == 0 && harness.published.count == 1)
        #expect(try harness.published.first?.json()["reason"]?.text?.contains("they must agree") == true)
    }
}

@Suite("Reference data", .enabled(if: ReferenceData.isThere))
struct ReferenceTests {
    /// The files are of 2019 and 2020.
    private static let time = Timestamp(seconds: 1_590_000_000)

    @Test("SOGNO's input") func sognoInput() throws {
        let harness = try Adapter.harness(Adapter.config("pmu"), time: Self.time)
        try harness.publish("t/1", try ReferenceData.json("pmu/sogno_json/sogno_input.json"))
        let time = Timestamp(nanoseconds: 1_589_970_477_980_802_000)
        for bus in ["BUS1", "BUS2"] {
            #expect(
                harness.points("voltmagnitude", of: "pmu", tags: ["device": "device1", "component": bus, "phase": "A"]) == [
                    StoredPoint(time, 123)
                ])
        }
        #expect(harness.published.isEmpty)
    }

    @Test("SOGNO's output") func sognoOutput() throws {
        let harness = try Adapter.harness(Adapter.config("sogno-component", #""tags": ["component", "phase"]"#), time: Self.time)
        try harness.publish("t/1", try ReferenceData.json("pmu/sogno_json/sogno_output.json"))
        for phase in ["A", "B"] {
            #expect(harness.points("voltmagnitude", of: "pmu", tags: ["component": "BUS1", "phase": phase]).map(\.value) == [123])
        }
        #expect(harness.published.isEmpty)
    }

    @Test("a meter's message: 46 readings, in volts, amperes and watts that fit together") func mac() throws {
        let harness = try Adapter.harness(Adapter.config("mac", measurement: "meter"), time: Self.time)
        try harness.publish("t/1", try ReferenceData.json("pmu/sogno_json/mac_input.json"))
        #expect(harness.published.isEmpty && harness.pointCount == 46)
        let value = { (field: String) in
            harness.points(field, of: "meter", tags: ["device": "865374038674019-1", "phase": "A"]).first?.value ?? 0
        }
        #expect(value("activepower") == 198_558 && value("frequency") == 50)
        #expect(abs(value("voltmagnitude") * value("currmagnitude") / value("apparentpower") - 1) < 0.01)
    }

    @Test(
        "VILLAS records, and a stream of 301 messages",
        arguments: [
            ("villas_node_input.json", 1), ("villas_node_output.json", 1), ("dpsim_powerflow_record_cigre.txt", 301),
        ])
    func villas(file: String, messages: Int) throws {
        let text = try ReferenceData.json("pmu/sogno_json/\(file)")
        let lines = messages == 1 ? [text] : text.split(whereSeparator: \.isNewline).map(String.init)
        let first = try Array(lines[0].utf8).withUnsafeBytes { try JSONValue($0) }
        let count = try #require((first[0] ?? first)["data"]?.elements?.count)
        let columns = (0..<count).map {
            #"{"component": "N\#($0 / 2)", "measurand": "\#($0 % 2 == 0 ? "voltmagnitude" : "voltangle")"}"#
        }
        let harness = try Adapter.harness(
            Adapter.config("villas", #""device": "dpsim", "columns": [\#(columns.joined(separator: ", "))]"#, window: "36525d"))
        for line in lines { try harness.publish("t/v", line) }
        #expect(harness.published.isEmpty, "\(harness.published.first?.text.prefix(300) ?? "")")
        #expect(lines.count == messages && harness.pointCount == messages * count && count > 20)
    }
}
