import PluginAPI
import PluginTestKit
import Testing

@Suite("Readings")
struct ReadingTests {
    @Test(
        "units of the measurand are converted",
        arguments: [
            ("voltmagnitude", "V", 1.0), ("voltmagnitude", "kV", 1000), ("voltmagnitude", "mV", 0.001),
            ("currmagnitude", "kA", 1000), ("activepower", "MW", 1e6),
            ("activepower", "GW", 1e9), ("reactivepower", "kvar", 1000), ("reactivepower", "VAr", 1),
            ("reactivepower", "Mvar", 1e6), ("apparentpower", "kVA", 1000),
            ("frequency", "mHz", 0.001), ("rocof", "mHz/s", 0.001), ("voltangle", "rad", 1), ("voltangle", "deg", Double.pi / 180),
            ("currangle", "°", Double.pi / 180),
            ("thd", "percent", 1),
        ])
    func units(measurand: String, unit: String, factor: Double) throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message(measurand: #""\#(measurand)""#, data: "2", more: #", "unit": "\#(unit)""#))
        #expect(harness.points(measurand, of: "pmu", tags: Adapter.tags) == [StoredPoint(Adapter.noon, 2 * factor)])
    }

    @Test(
        "a unit of another quantity is refused",
        arguments: [
            ("voltmagnitude", "A"), ("voltmagnitude", "kkV"), ("voltmagnitude", "k"), ("voltangle", "krad"), ("activepower", "var"),
            ("frequency", "hz"), ("rocof", "Hz"),
        ])
    func wrongUnits(measurand: String, unit: String) throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message(measurand: #""\#(measurand)""#, more: #", "unit": "\#(unit)""#))
        #expect(harness.pointCount == 0)
        #expect(
            try harness.published.first?.json()["reason"]?.text?.contains("has the unit '\(unit)', \(measurand) is in ") == true)
    }

    @Test(
        "quality is stored: bits, a name, names; the message's and the reading's together",
        arguments: [
            ("0", Quality.good), ("3", [.invalid, .questionable]), (#""good""#, .good), (#""old_data""#, .oldData), ("[]", .good),
            (#"["questionable", "clock_not_synchronised"]"#, [.questionable, .clockNotSynchronised]), ("32767", .known),
        ] as [(String, Quality)])
    func quality(text: String, expected: Quality) throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message(more: #", "quality": \#(text)"#))
        #expect(
            harness.points("voltmagnitude", of: "pmu", tags: Adapter.tags) == [StoredPoint(Adapter.noon, 230.5, quality: expected)])
        let message =
            Adapter.message(timestamp: "1714564801", more: #", "quality": "test""#).dropLast() + #", "quality": \#(text)}"#
        try harness.publish("/pmu/1", String(message))
        #expect(harness.points("voltmagnitude", of: "pmu", tags: Adapter.tags).last?.quality == expected.union(.test))
    }

    @Test(
        "what is no quality is refused",
        arguments: ["-1", "32768", "1.5", #""bad""#, "null", "true", "{}", #"["bad"]"#, "[1]", "[[]]"])
    func wrongQuality(text: String) throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message(more: #", "quality": \#(text)"#))
        #expect(harness.pointCount == 0 && harness.published.count == 1)
    }

    @Test("uncertainty is stored beside, in the same unit") func uncertainty() throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message(data: "20", more: #", "uncertainty": "0.02", "unit": "kV""#))
        #expect(harness.points("voltmagnitude", of: "pmu", tags: Adapter.tags).map(\.value) == [20_000])
        #expect(harness.points("voltmagnitude_uncertainty", of: "pmu", tags: Adapter.tags).map(\.value) == [20])
    }

    @Test(
        "numbers that are texts are read, others refused",
        arguments: [
            (#""198.558""#, 198.558), (#""-1e3""#, -1000), ("1E2", 100), ("-0.0", -0.0), ("19803.353557866976", 19803.353557866976),
            (#""""#, nil), (#""1,5""#, nil),
            (#"" 1""#, nil), (#""0x10""#, nil), (#""NaN""#, nil), (#""inf""#, nil), ("1e400", nil), ("null", nil), ("true", nil),
            ("[1]", nil), (#"{"v": 1}"#, nil),
        ] as [(String, Double?)])
    func data(text: String, expected: Double?) throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message(data: text))
        #expect(harness.points("voltmagnitude", of: "pmu", tags: Adapter.tags).map(\.value) == (expected.map { [$0] } ?? []))
        #expect(harness.published.count == (expected == nil ? 1 : 0))
    }

    @Test("unknown measurands are stored under their name, or refused if the mapping says so") func unknownMeasurands() throws {
        let message = Adapter.message(measurand: #""thd_v5""#)
        let storing = try Adapter.harness(Adapter.config("pmu"))
        let refusing = try Adapter.harness(Adapter.config("pmu", #""unknown_measurands": "refuse""#))
        try storing.publish("t/1", message)
        try refusing.publish("t/1", message).publish("t/1", Adapter.message())
        #expect(storing.points("thd_v5", of: "pmu", tags: Adapter.tags).count == 1)
        #expect(refusing.pointCount == 1 && refusing.published.count == 1)
    }

    @Test("of a message with some bad readings the good ones are stored and the bad ones named") func partly() throws {
        let harness = try Adapter.harness()
        let good = #"{"component": "c", "measurand": "frequency", "data": 50}"#
        try harness.publish(
            "/pmu/1",
            #"{"device": "d", "timestamp": 1714564800, "readings": [\#(good), 7, {"component": "c", "measurand": "frequency"}, {"component": "c", "data": 1}, {"component": "c", "measurand": "rocof", "data": 0.5}, {"component": "c", "measurand": "a b", "data": 1}]}"#
        )
        #expect(harness.points("frequency", of: "pmu", tags: ["device": "d", "component": "c"]).map(\.value) == [50])
        #expect(harness.points("rocof", of: "pmu", tags: ["device": "d", "component": "c"]).map(\.value) == [0.5])
        let letter = try #require(harness.published.first).json()
        #expect(harness.published.count == 1 && letter["reason"]?.text == "4 of 6 readings refused; number 1 is not an object")
        #expect(letter["readings"]?.elements?.compactMap { $0["index"]?.integer } == [1, 2, 3, 5])
        #expect(letter["readings"]?[1]?["reason"]?.text == "has no 'data'")
        #expect(
            harness.metric("readings_total") == 2 && harness.metric("dead_letters_total") == 1
                && harness.metric("messages_total") == 1)
    }
}
