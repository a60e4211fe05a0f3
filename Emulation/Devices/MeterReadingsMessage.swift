/// Day-late meter readings as a head end delivers them: IEC 61968-9 `MeterReadings`, energies of quarters of an hour in kilowatt-hours, drawn and fed in.
struct MeterReadingsMessage {
    /// Interval data, 15 minutes, delta, electricity, energy, kilo, watt-hour: forward and reverse.
    private static let forward = "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"
    private static let reverse = "0.0.2.4.19.1.12.0.0.0.0.0.0.0.0.3.72.0"

    private(set) var text = #"<?xml version="1.0" encoding="UTF-8"?><MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#">"#
    private(set) var meters = 0

    /// Adds a meter's mean powers, kW by the beginnings of their quarters in seconds since 1970.
    mutating func add(meter: String, usagePoint: String, powers: [(begin: Double, kilowatts: Double)]) {
        text += "<MeterReading>"
        block(Self.forward, powers.map { ($0.begin, max(0, $0.kilowatts)) })
        if powers.contains(where: { $0.kilowatts < 0 }) { block(Self.reverse, powers.map { ($0.begin, max(0, -$0.kilowatts)) }) }
        text += "<Meter><mRID>\(meter)</mRID></Meter><UsagePoint><mRID>\(usagePoint)</mRID></UsagePoint></MeterReading>"
        meters += 1
    }

    private mutating func block(_ type: String, _ powers: [(begin: Double, kilowatts: Double)]) {
        text += "<IntervalBlocks>"
        for power in powers {
            let energy = (power.kilowatts * 250).rounded() / 1000
            text += "<IntervalReadings><timeStamp>\(DeviceMessages.stamp(power.begin + 900))</timeStamp><value>\(energy)</value></IntervalReadings>"
        }
        text += #"<ReadingType ref="\#(type)"/></IntervalBlocks>"#
    }

    /// The whole document.
    var bytes: [UInt8] { Array((text + "</MeterReadings>").utf8) }
}
