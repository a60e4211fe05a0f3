import PluginAPI
import PluginTestKit

/// Messages of meters after IEC 61968-9, as a data server would send them.
enum MeterMessages {
    static let energy = "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"
    static let reverseEnergy = "0.0.2.4.19.1.12.0.0.0.0.0.0.0.0.3.72.0"
    static let register = "0.0.0.2.1.1.12.0.0.0.0.0.0.0.0.3.72.0"

    /// The configuration of an estimation that takes them, with more in `profiles`.
    static func config(profiles: String = "", places: String = "", period: Double = 1) -> String {
        #"""
        {"grid": [\#(DemoGrid.files)], "name": "mv", "period": \#(period), "profiles": {\#(profiles)}, "places": [\#(places)],
         "measurements": [{"topics": ["/pmu/#"], "class": "pmu"}, {"topics": ["measurements/scada/+"], "class": "scada"},
                          {"topics": ["readings/#"], "format": "meter-readings", "class": "meter"}]}
        """#
    }

    /// Quarter hours of a meter, the first ending at `first`.
    static func quarters(
        _ kilowattHours: [Double], meter: String = "M1", usagePoint: String, first: Timestamp, type: String = energy, quality: String = "1.0.0"
    ) -> String {
        let readings = kilowattHours.enumerated().map { index, value in
            let stamp = first + .seconds(900 * index)
            return "<IntervalReadings><timeStamp>\(stamp)</timeStamp><value>\(value)</value><ReadingQualities><ReadingQualityType ref='\(quality)'/></ReadingQualities></IntervalReadings>"
        }
        return message("<IntervalBlocks>\(readings.joined())<ReadingType ref='\(type)'/></IntervalBlocks>", meter: meter, usagePoint: usagePoint)
    }

    /// A reading of an instant.
    static func reading(_ value: Double, type: String, usagePoint: String, at stamp: Timestamp) -> String {
        message("<Readings><timeStamp>\(stamp)</timeStamp><value>\(value)</value><ReadingType ref='\(type)'/></Readings>", meter: "M1", usagePoint: usagePoint)
    }

    private static func message(_ content: String, meter: String, usagePoint: String) -> String {
        """
        <EventMessage xmlns="http://iec.ch/TC57/2011/schema/message"><Header><Verb>created</Verb><Noun>MeterReadings</Noun></Header><Payload>
        <m:MeterReadings xmlns:m="http://iec.ch/TC57/2011/MeterReadings#" xmlns="http://iec.ch/TC57/2011/MeterReadings#"><m:MeterReading>\(content)
        <Meter><mRID>meter-\(meter)</mRID><Names><name>\(meter)</name></Names></Meter><UsagePoint><mRID>\(usagePoint)</mRID></UsagePoint>
        </m:MeterReading></m:MeterReadings></Payload></EventMessage>
        """
    }
}
