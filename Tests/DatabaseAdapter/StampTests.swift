import PluginAPI
import PluginTestKit
import Testing

@Suite("Timestamps of messages")
struct StampTests {
    @Test(
        "ISO 8601 and epochs of every magnitude, as numbers and as texts",
        arguments: [
            (#""2024-05-01T12:00:00Z""#, 1_714_564_800_000_000_000), (#""2024-05-01T14:00:00.5+02:00""#, 1_714_564_800_500_000_000),
            (#""2024-05-01T12:00:00.123456789Z""#, 1_714_564_800_123_456_789),
            (#""2024-05-01 12:00:00""#, 1_714_564_800_000_000_000),
            ("1714564800", 1_714_564_800_000_000_000), ("1714564800000", 1_714_564_800_000_000_000),
            ("1714564800123", 1_714_564_800_123_000_000),
            ("1714564800123456", 1_714_564_800_123_456_000), ("1714564800123456789", 1_714_564_800_123_456_789),
            ("1714564800.123456789", 1_714_564_800_123_456_789), ("1714564800123.456", 1_714_564_800_123_456_000),
            (#""1714564800""#, 1_714_564_800_000_000_000), (#""1714564800.5""#, 1_714_564_800_500_000_000),
            ("1.7145648e9", 1_714_564_800_000_000_000),
            ("1714564800e9", 1_714_564_800_000_000_000), ("946684800", 946_684_800_000_000_000),
            ("4133980799", 4_133_980_799_000_000_000), (#""2100-12-31T23:59:59Z""#, 4_133_980_799_000_000_000),
            (#""2000-01-01T00:00:00Z""#, 946_684_800_000_000_000),
        ] as [(String, Int64)])
    func accepted(stamp: String, nanoseconds: Int64) throws {
        let harness = try Adapter.harness(Adapter.config("pmu", window: "36525d"))
        try harness.publish("t/1", Adapter.message(timestamp: stamp))
        #expect(
            harness.points("voltmagnitude", of: "pmu", tags: Adapter.tags) == [
                StoredPoint(Timestamp(nanoseconds: nanoseconds), 230.5)
            ])
        #expect(harness.published.isEmpty)
    }

    @Test(
        "clocks that were never set, placeholders and other nonsense are refused with a sentence",
        arguments: [
            "0", "1", "-1", "946684799", "4133980800", #""1970-01-01T00:00:00Z""#, #""2036-02-07T06:28:16Z.""#,
            #""1999-12-31T23:59:59Z""#,
            #""2101-01-01T00:00:00Z""#, "9999999999999999999", "99999999999999999999999", "1e300", "1e-300", #""""#, #""now""#,
            #""2024-05-01""#, #""12:00:00""#, "null", "true", "{}", "[]", #""2024-13-01T00:00:00Z""#, "12345", #""TIMESTAMP""#,
            "-1714564800",
        ])
    func refused(stamp: String) throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message(timestamp: stamp))
        #expect(harness.pointCount == 0 && harness.published.count == 1)
        #expect(try harness.published.first?.json()["reason"]?.text?.contains("timestamp") == true)
    }

    @Test(
        "a stamp without zone takes the mapping's",
        arguments: [("+00:00", 0), ("+02:00", 7200), ("-05:30", -19800), ("Z", 0)] as [(String, Int64)])
    func zone(offset: String, east: Int64) throws {
        let harness = try Adapter.harness(Adapter.config("pmu", #""time_zone_offset": "\#(offset)""#))
        try harness.publish("t/1", Adapter.message(timestamp: #""2024-05-01T12:00:00""#))
        #expect(
            harness.points("voltmagnitude", of: "pmu", tags: Adapter.tags).map(\.time) == [Timestamp(seconds: 1_714_564_800 - east)]
        )
    }

    @Test(
        "stamps are taken as far from the host's time as the configuration says, and by default from any year of 2000 to 2100",
        arguments: [
            ("", -4_000 * 86_400, true), ("", 20_000 * 86_400, true), ("400d", -400 * 86_400 - 1, false), ("400d", 400 * 86_400, true),
            ("3h", -10_800, true), ("3h", -10_801, false), ("3h", 10_800, true), ("3h", 10_801, false),
        ] as [(String, Int64, Bool)])
    func window(window: String, seconds: Int64, isTaken: Bool) throws {
        let harness = try Adapter.harness(Adapter.config("pmu", window: window))
        let stamp = harness.now + .seconds(seconds)
        try harness.publish("t/1", Adapter.message(timestamp: "\(stamp.nanoseconds / 1_000_000_000)"))
        #expect(harness.pointCount == (isTaken ? 1 : 0) && harness.published.count == (isTaken ? 0 : 1))
        guard !isTaken else { return }
        let (side, key) = seconds < 0 ? ("before", "accepted_age") : ("after", "accepted_lead")
        #expect(
            try harness.published.first?.json()["reason"]?.text
                == "the message has the timestamp \(stamp), more than \(window) \(side) the host's time "
                + "\(harness.now): check the device's clock, or raise \(key)")
    }

    @Test("of several records in a message those outside of the window are refused") func windowOfRecords() throws {
        let harness = try Adapter.harness(
            Adapter.config("villas", #""device": "x", "columns": [{"component": "c", "measurand": "voltmagnitude"}]"#, window: "400d"))
        try harness.publish(
            "t/v",
            #"[{"ts": {"origin": [1551884430, 0]}, "data": [1]}, {"ts": {"origin": [1714564800, 0]}, "data": [2]}]"#)
        #expect(harness.points("voltmagnitude", of: "pmu", tags: ["device": "x", "component": "c"]) == [StoredPoint(Adapter.noon, 2)])
        #expect(
            try harness.published.first?.json()["reason"]?.text?.hasPrefix(
                "1 of 2 readings refused; number 0 has the timestamp 2019-03-06T15:00:30Z, more than 400d before") == true)
    }
}
