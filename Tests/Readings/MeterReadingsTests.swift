import PluginAPI
import Readings
import Testing

/// What a message of meters becomes.
struct MeterMessage {
    struct Row {
        let device, component, measurand, phase, time: String
        let value, seconds: Double
        let quality: Quality
        let index: Int
    }

    private(set) var rows: [Row] = []
    private(set) var refusals: [Refusal] = []

    init(_ xml: [UInt8]) throws {
        let config = try #"{"topics": ["t"], "format": "meter-readings"}"#.utf8.withContiguousStorageIfAvailable { try JSONValue(UnsafeRawBufferPointer($0)) }
        let form = try MessageForm(try ConfigurationObject(try #require(config), at: "config"))
        var parser = MessageParser()
        var parsed = ParsedMessage()
        defer { parser.release() }
        try xml.withUnsafeBytes { payload in
            try parser.parse(payload, form, into: &parsed)
            var named: NamedReading?
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            for reading in parsed.readings {
                #expect(form.name(reading, of: parsed, device: nothing, into: &named) == nil)
                let one = try #require(named)
                rows.append(
                    Row(
                        device: Self.text(one.device), component: Self.text(one.component), measurand: Self.text(one.measurand),
                        phase: Self.text(one.phase), time: one.time.description, value: one.value, seconds: one.intervalSeconds,
                        quality: one.quality, index: reading.index))
            }
        }
        refusals = parsed.refusals
    }

    init(_ xml: String) throws { try self.init(Array(xml.utf8)) }

    /// One meter with the elements of its reading.
    static func one(_ content: String) throws -> MeterMessage {
        try MeterMessage("<MeterReadings xmlns='http://iec.ch/TC57/2011/MeterReadings#'><MeterReading>\(content)<Meter><mRID>m1</mRID></Meter></MeterReading></MeterReadings>")
    }

    /// A reading of a type.
    static func value(_ value: String, type: String, stamp: String = "2026-01-02T00:15:00Z", more: String = "") throws -> MeterMessage {
        try one("<Readings><timeStamp>\(stamp)</timeStamp><value>\(value)</value>\(more)<ReadingType ref='\(type)'/></Readings>")
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// A type and what becomes of the value 10.
struct TypeCase: Sendable {
    let code, measurand, phase: String
    let value, seconds: Double

    init(_ code: String, _ measurand: String, _ phase: String, _ value: Double, _ seconds: Double) {
        (self.code, self.measurand, self.phase, self.value, self.seconds) = (code, measurand, phase, value, seconds)
    }
}

@Suite("Meter readings of IEC 61968-9")
struct MeterReadingsTests {
    static let wrapped = """
        <?xml version="1.0" encoding="UTF-8"?>
        <EventMessage xmlns="http://iec.ch/TC57/2011/schema/message"><Header><Verb>created</Verb><Noun>MeterReadings</Noun></Header><Payload>
        <m:MeterReadings xmlns:m="http://iec.ch/TC57/2011/MeterReadings#"><m:MeterReading><m:IntervalBlocks>
        <m:IntervalReadings><m:timeStamp>2026-01-01T00:15:00+01:00</m:timeStamp><m:value>0.25</m:value>
          <m:ReadingQualities><m:ReadingQualityType ref="1.0.0"/></m:ReadingQualities></m:IntervalReadings>
        <m:IntervalReadings><m:timeStamp>2026-01-01T00:45:00+01:00</m:timeStamp><m:value>0.5</m:value>
          <m:ReadingQualities><m:ReadingQualityType ref="1.8.1"/></m:ReadingQualities></m:IntervalReadings>
        <m:ReadingType ref="0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"/></m:IntervalBlocks>
        <m:Readings><m:timeStamp>2025-12-31T23:45:00Z</m:timeStamp><m:value>231.07</m:value><m:ReadingType ref="0.0.2.6.0.1.158.0.0.0.0.0.0.0.64.0.29.0"/></m:Readings>
        <m:Meter><m:mRID>758d0e34</m:mRID><m:Names><m:name>HOUSE-13</m:name><m:NameType><m:name>MeterUniqueID</m:name></m:NameType></m:Names></m:Meter>
        <m:UsagePoint><m:mRID>9736d72b</m:mRID></m:UsagePoint></m:MeterReading></m:MeterReadings></Payload></EventMessage>
        """

    @Test("energy of intervals becomes mean power with stamp, quality, meter and usage point, in an envelope with prefixes") func envelope() throws {
        let message = try MeterMessage(Self.wrapped)
        #expect(message.refusals.isEmpty && message.rows.count == 3)
        #expect(message.rows.allSatisfy { $0.device == "HOUSE-13" && $0.component == "9736d72b" && $0.seconds == 900 })
        #expect(message.rows[0].measurand == "activepower" && message.rows[0].value == 1_000 && message.rows[0].time.hasPrefix("2025-12-31T23:15:00"))
        #expect(message.rows[1].value == 2_000 && message.rows[1].quality == .estimated && message.rows[0].quality == .good)
        #expect(message.rows[2].measurand == "voltmagnitude" && message.rows[2].phase == "B" && message.rows[2].value == 231.07)
    }

    @Test("a default namespace, none at all and another order of the elements read alike") func namespaces() throws {
        let bare = Self.wrapped.replacing("m:", with: "").replacing("xmlns:m", with: "xmlns")
        #expect(try MeterMessage(bare).rows.map(\.value) == [1_000, 2_000, 231.07])
        let first = try MeterMessage(
            "<MeterReadings><MeterReading><Meter><mRID>m</mRID></Meter><IntervalBlocks><ReadingType ref='0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.0.72.0'/>"
                + "<IntervalReadings><value>5</value><timeStamp>2026-01-01T01:00:00Z</timeStamp></IntervalReadings></IntervalBlocks></MeterReading></MeterReadings>")
        // The type stands before its readings: then it is of those that follow too.
        #expect(first.rows.map(\.value) == [5] && first.rows.first?.seconds == 3_600)
    }

    @Test(
        "the fields of a type say what is measured",
        arguments: [
            TypeCase("0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.0.72.0", "activepower", "", 40.0, 900.0),
            TypeCase("0.0.7.4.19.1.12.0.0.0.0.0.0.0.0.3.72.0", "activepower_reverse", "", 10_000, 3_600),
            TypeCase("0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.73.0", "reactivepower", "", 40_000, 900),
            TypeCase("0.0.2.4.13.1.12.0.0.0.0.0.0.0.0.3.73.0", "reactivepower_reverse", "", 40_000, 900),
            TypeCase("0.2.2.6.4.1.37.0.0.0.0.0.0.0.32.3.38.0", "activepower", "C", 10_000, 900),
            TypeCase("0.0.0.12.1.1.37.0.0.0.0.0.0.0.224.0.63.0", "reactivepower", "", 10, 0),
            TypeCase("0.0.0.12.1.1.37.0.0.0.0.0.0.0.128.0.38.0", "activepower", "A", 10, 0),
            TypeCase("0.0.0.9.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "activeenergy", "", 10_000, 0),
            TypeCase("0.0.0.2.19.1.12.0.0.0.0.0.0.0.0.3.72.0", "activeenergy_reverse", "", 10_000, 0),
            TypeCase("0.0.0.12.0.1.54.0.0.0.0.0.0.0.129.3.29.0", "voltmagnitude", "A", 10_000, 0),
            TypeCase("0.0.2.6.0.1.4.0.0.0.0.0.0.0.64.-3.5.0", "currmagnitude", "B", 0.01, 900),
            TypeCase("11.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "activepower", "", 10_000 / 24, 86_400),
        ])
    func types(expected: TypeCase) throws {
        let row = try #require(try MeterMessage.value("10", type: expected.code).rows.first)
        #expect(row.measurand == expected.measurand && row.phase == expected.phase && row.seconds == expected.seconds, "\(row)")
        #expect(abs(row.value - expected.value) < 1e-9, "\(row)")
    }

    @Test(
        "what the platform can't use is refused reading by reading, with what was expected",
        arguments: [
            ("0.0.2.4.1.7.12.0.0.0.0.0.0.0.0.3.72.0", "commodity 7"), ("0.8.2.6.1.1.37.0.0.0.0.0.0.0.0.3.38.0", "extreme or a threshold"),
            ("0.0.2.4.1.1.12.0.0.0.0.1.0.0.0.3.72.0", "a tariff or a tier alone (field 12 is 1)"), ("0.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "told nowhere"),
            ("0.0.2.4.15.1.12.0.0.0.0.0.0.0.0.3.72.0", "flow direction 15"), ("0.0.2.6.0.1.54.0.0.0.0.0.0.0.132.0.29.0", "phases 132"),
            ("0.0.2.6.0.1.57.0.0.0.0.0.0.0.0.0.29.0", "unit 29 of the kind 57"), ("1.2.3", "expected 18 numbers between dots"), ("0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.99.72.0", "multiplier 10^99"),
        ])
    func unusable(code: String, sentence: String) throws {
        let message = try MeterMessage.value("10", type: code)
        #expect(message.rows.isEmpty && message.refusals.first?.reason.contains(sentence) == true, "\(message.refusals)")
    }

    @Test("a reading without a number, a time or a type is refused, the others are kept") func damaged() throws {
        let type = "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"
        #expect(try MeterMessage.value("ten", type: type).refusals.first?.reason == "has the value 'ten', expected a number")
        #expect(try MeterMessage.value("1", type: type, stamp: "1970-01-01T00:00:00Z").refusals.first?.reason.contains("outside of the years 2000 to 2100") == true)
        #expect(try MeterMessage.value("1", type: type, more: "<ReadingQualities><ReadingQualityType ref='good'/></ReadingQualities>").refusals.first?.reason.contains("quality 'good'") == true)
        let message = try MeterMessage.one(
            "<Readings><timeStamp>2026-01-02T00:15:00Z</timeStamp><value>1</value></Readings>"
                + "<Readings><timeStamp>2026-01-02T00:15:00Z</timeStamp><value>1</value><ReadingType ref='\(type)'/></Readings>")
        #expect(message.rows.map(\.index) == [1] && message.refusals.map(\.index) == [0])
    }

    @Test("a type may be written out in the CIM's names, and a reading may tell its own period") func names() throws {
        let message = try MeterMessage(
            """
            <MeterReadings><MeterReading><Readings><timeStamp>2026-01-02T00:30:00Z</timeStamp><value>0.2</value><ReadingType ref="kwh"/></Readings>
            <Readings><timePeriod><start>2026-01-02T00:00:00Z</start><end>2026-01-02T00:30:00Z</end></timePeriod><value>2</value>
            <ReadingType ref="0.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"/></Readings></MeterReading>
            <ReadingType><Names><name>kwh</name></Names><measuringPeriod>thirtyMinute</measuringPeriod><accumulation>deltaData</accumulation>
            <flowDirection>reverse</flowDirection><commodity>electricitySecondaryMetered</commodity><measurementKind>energy</measurementKind>
            <multiplier>k</multiplier><unit>Wh</unit></ReadingType></MeterReadings>
            """)
        #expect(message.rows.map(\.measurand) == ["activepower_reverse", "activepower"] && message.rows.map(\.value) == [400, 4_000])
    }

    @Test(
        "quality codes keep their meaning",
        arguments: [("1.0.0", Quality.good), ("1.5.257", .invalid), ("5.4.260", .questionable), ("2.7.1", .substituted), ("3.8.1", .estimated), ("3.10.1", .questionable)])
    func qualities(code: String, quality: Quality) throws {
        let message = try MeterMessage.value(
            "1", type: "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", more: "<ReadingQualities><ReadingQualityType ref='\(code)'/></ReadingQualities>")
        #expect(message.rows.first?.quality == quality)
    }

    @Test(
        "documents that could do harm, or are none, are refused as a whole",
        arguments: [
            ("<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><MeterReadings>&b;</MeterReadings>", "document type declaration"),
            ("<MeterReadings><MeterReading>", "not well-formed XML"), ("{}", "not well-formed"), ("<a/>", "no element MeterReadings"),
            ("<MeterReadings></MeterReadings>", "the message has no readings"), (String(repeating: "<a>", count: 40), "more than 32 deep"),
        ])
    func harmful(xml: String, sentence: String) throws {
        let error = #expect(throws: MessageRefusal.self) { try MeterMessage(xml) }
        #expect(error?.reason.contains(sentence) == true, "\(error?.reason ?? "")")
    }

    @Test("damaged messages never do more than be refused") func fuzzed() throws {
        var random = SystemRandomNumberGenerator()
        let bytes = Array(Self.wrapped.utf8)
        for _ in 0..<500 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...6, using: &random) { damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            if Bool.random(using: &random) { damaged.removeSubrange(Int.random(in: 0..<damaged.count, using: &random)...) }
            do { #expect(try MeterMessage(damaged).rows.count <= 3) } catch is MessageRefusal {}
        }
    }
}
