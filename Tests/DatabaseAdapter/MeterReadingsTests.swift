import PluginAPI
import PluginTestKit
import Testing

@Suite("Meter readings of IEC 61968-9 in the store")
struct MeterReadingsTests {
    static let message = """
        <MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#"><MeterReading><IntervalBlocks>
        <IntervalReadings><timeStamp>2024-04-30T12:15:00Z</timeStamp><value>0.25</value></IntervalReadings>
        <IntervalReadings><timeStamp>2024-04-30T12:30:00Z</timeStamp><value>0.5</value><ReadingQualities><ReadingQualityType ref="1.8.1"/></ReadingQualities></IntervalReadings>
        <IntervalReadings><timeStamp>1970-01-01T00:15:00Z</timeStamp><value>0.5</value></IntervalReadings>
        <ReadingType ref="0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"/></IntervalBlocks>
        <Meter><mRID>m</mRID><Names><name>HOUSE-1</name></Names></Meter><UsagePoint><mRID>up-1</mRID></UsagePoint></MeterReading></MeterReadings>
        """

    @Test("each interval of a day-late message is a point, a damaged one a dead letter") func intervals() throws {
        let harness = try Adapter.harness(Adapter.config("meter-readings", measurement: "meter", window: "2d"), time: Adapter.noon)
        try harness.publish("t/ds", Self.message)
        let points = harness.points("activepower", of: "meter", tags: ["device": "HOUSE-1", "component": "up-1"])
        #expect(points.map(\.value) == [1_000, 2_000] && points.map { $0.quality.contains(.estimated) } == [false, true])
        #expect(points.first?.time == Adapter.noon + .seconds(-85_500))
        let letter = try #require(harness.published.last)
        #expect(letter.topic == "deadletter/t/ds")
        #expect(try letter.json()["reason"]?.text?.contains("1 of 3 readings refused; number 2 can't be dated") == true)
    }

    @Test("what is no message of meters is a dead letter as a whole") func damaged() throws {
        let harness = try Adapter.harness(Adapter.config("meter-readings", measurement: "meter"), time: Adapter.noon)
        try harness.publish("t/ds", "<MeterReadings>")
        #expect(try harness.published.last?.json()["reason"]?.text?.contains("not well-formed XML") == true)
    }
}
