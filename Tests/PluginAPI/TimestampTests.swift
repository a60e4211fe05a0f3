import PluginAPI
import Testing

private func parse(_ text: String, offset: Int? = nil) -> Timestamp? {
    Array(text.utf8).withUnsafeBytes { Timestamp(iso8601: $0, offsetIfMissing: offset) }
}

/// Reads the value of a JSON document.
private func epoch(_ json: String, offset: Int? = nil) throws(JSONError) -> Timestamp? {
    let result: Result<Timestamp?, JSONError> = Array(json.utf8).withUnsafeBytes { bytes in
        var reader = JSONReader(bytes)
        return Result { () throws(JSONError) in Timestamp(json: try reader.next(), offsetIfMissing: offset) }
    }
    return try result.get()
}

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "ISO 8601 texts are read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2020-05-20T10:27:57.980802+00:00", 1_589_970_477_980_802_000),
            ("2020-05-20T12:27:57.980802+02:00", 1_589_970_477_980_802_000), ("2020-05-20 10:27:57z", 1_589_970_477_000_000_000),
            ("2000-02-29T23:59:59.123456789-0130", 951_874_199_123_456_789 - 0), ("1969-12-31T23:59:59.5Z", -500_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000), ("2020-05-20T10:27Z", 1_589_970_420_000_000_000),
            ("2020-05-20T10:27:57,5+05", 1_589_952_477_500_000_000), ("2020-05-20T10:27:57.1234567899Z", 1_589_970_477_123_456_789),
        ] as [(String, Int64)])
    func accepted(text: String, nanoseconds: Int64) {
        #expect(parse(text)?.nanoseconds == nanoseconds)
    }

    @Test(
        "a text without zone takes the one given, or none",
        arguments: [(nil, nil), (0, 1_580_480_462), (3600, 1_580_476_862), (-1800, 1_580_482_262)] as [(Int?, Int64?)])
    func withoutZone(offset: Int?, seconds: Int64?) {
        #expect(parse("2020-01-31T14:21:02", offset: offset) == seconds.map(Timestamp.init(seconds:)))
    }

    @Test(
        "other texts are refused",
        arguments: [
            "", "TIMESTAMP", "2020-05-20", "2020-05-20T10", "20200520T102757Z", "2020-13-01T00:00:00Z", "2020-02-30T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "2020-00-01T00:00:00Z", "2020-01-00T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:60:00Z",
            "2020-01-01T00:00:61Z", "2020-01-01T00:00:00.Z", "2020-01-01T00:00:00+", "2020-01-01T00:00:00+1",
            "2020-01-01T00:00:00+24:00",
            "2020-01-01T00:00:00+01:60", "2020-01-01T00:00:00ZZ", " 2020-01-01T00:00:00Z", "2020-01-01T00:00:00 Z",
            "2020-1-01T00:00:00Z",
            "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "２０２０-01-01T00:00:00Z", "2020-01-01T00:00:00",
        ])
    func refused(text: String) {
        #expect(parse(text) == nil)
    }

    @Test(
        "texts show as many digits as they need, and read back the same",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_589_970_477_980_802_000, "2020-05-20T10:27:57.980802Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"), (1_000_000, "1970-01-01T00:00:00.001Z"),
            (-86_400_000_000_000, "1969-12-31T00:00:00Z"),
        ] as [(Int64, String)])
    func shown(nanoseconds: Int64, text: String) {
        #expect(Timestamp(nanoseconds: nanoseconds).description == text)
        #expect(parse(text)?.nanoseconds == nanoseconds)
    }

    @Test(
        "epochs are told apart by magnitude, to the nanosecond",
        arguments: [
            ("1714564800", 1_714_564_800_000_000_000), ("1714564800.25", 1_714_564_800_250_000_000),
            ("1714564800250", 1_714_564_800_250_000_000), ("1714564800250.5", 1_714_564_800_250_500_000),
            ("1714564800250001", 1_714_564_800_250_001_000), ("1714564800250001007", 1_714_564_800_250_001_007),
            ("1714564800.1234567899", 1_714_564_800_123_456_789), ("1.7145648e9", 1_714_564_800_000_000_000),
            ("17145648e2", 1_714_564_800_000_000_000), ("946684800", 946_684_800_000_000_000),
            ("4133980799999", 4_133_980_799_999_000_000), ("1714564800.5000000000000000", 1_714_564_800_500_000_000),
        ] as [(String, Int64)])
    func epochs(text: String, nanoseconds: Int64) throws {
        #expect(try epoch(text)?.nanoseconds == nanoseconds)
        #expect(try epoch("\"\(text)\"")?.nanoseconds == nanoseconds, "also as a text")
    }

    @Test(
        "numbers that no unit makes a time of 2000 to 2100 are none, nor is anything but texts and numbers",
        arguments: [
            "0", "-1714564800", "946684799", "4133980800", "1e300", "1e-300", "99999999999999999999999", "5e10", "\"\"", "\"x\"",
            "null", "true", "{}", "[]", "\"2020-01-01\"",
        ])
    func noEpochs(text: String) throws {
        #expect(try epoch(text) == nil)
    }

    @Test("a JSON text in ISO 8601 is read with the offset given") func textToken() throws {
        #expect(try epoch("\"2024-05-01T12:00:00Z\"") == Timestamp(seconds: 1_714_564_800))
        #expect(try epoch("\"2024-05-01T12:00:00\"") == nil)
        #expect(try epoch("\"2024-05-01T12:00:00\"", offset: 3600) == Timestamp(seconds: 1_714_561_200))
    }

    @Test("every day of four centuries reads back the same") func days() {
        for day in stride(from: -80_000, through: 100_000, by: 1) {
            let time = Timestamp(seconds: Int64(day) * 86_400 + 45_296)
            #expect(parse(time.description) == time)
        }
    }

    @Test("durations convert and are cut at the ends of the range") func durations() {
        #expect(Duration.milliseconds(-1500).nanoseconds == -1_500_000_000)
        #expect(Duration.seconds(Int64.max).nanoseconds == .max && Duration.seconds(Int64.min).nanoseconds == .min)
        #expect(Timestamp(seconds: 5) - Timestamp(seconds: 3) == .seconds(2))
        #expect(Timestamp(seconds: 5) + .milliseconds(1) > Timestamp(seconds: 5))
    }

    @Test("qualities have the bits of the C header and a name each") func qualities() {
        #expect(
            Quality(named: "good") == .good && Quality(named: "old_data") == .oldData && Quality(named: "estimated") == .estimated)
        #expect(Quality(named: "bad") == nil && Quality.names.count == 15)
        #expect(Quality.clockNotSynchronised.rawValue == 1 << 13)
    }
}

@Suite("Topic filters of services")
struct TopicFilterTests {
    @Test(
        "filters match by MQTT 3.1.1, section 4.7",
        arguments: [
            ("#", "a/b", true), ("#", "$SYS/x", false), ("+/x", "$SYS/x", false), ("$SYS/#", "$SYS/x", true),
            ("/pmu/#", "/pmu/a/b", true),
            ("/pmu/#", "/pmu", true), ("/pmu/#", "pmu/a", false), ("a/+", "a/b", true), ("a/+", "a", false), ("a/+", "a/", true),
            ("a/+", "a/b/c", false),
            ("a/b", "a/b", true), ("a/b", "a/bc", false), ("a/b", "a", false), ("+", "/a", false), ("/+", "/a", true),
            ("+/+", "/a", true), ("a/+/c", "a//c", true),
            ("a/#", "ab", false), ("a/#", "a/", true),
        ])
    func matching(filter: String, topic: String, expected: Bool) throws {
        #expect(try #require(TopicFilter(filter)).matches(topic) == expected)
    }

    @Test("malformed filters are none", arguments: ["", "a#", "a/#/b", "a+", "+a/b", "#/a", "a/b#"])
    func malformed(filter: String) {
        #expect(TopicFilter(filter) == nil)
        #expect(TopicFilter("a\0b") == nil && TopicFilter(String(repeating: "a", count: 65_536)) == nil)
    }
}
