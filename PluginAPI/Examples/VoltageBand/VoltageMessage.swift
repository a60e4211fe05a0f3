import PluginAPI

/// One phase at one place.
struct Phase: Hashable {
    var device: String
    var component: String
    var letter: String

    /// Three levels of a topic; characters that a topic name may not hold are replaced.
    var name: String {
        [device, component, letter].map { part in
            String(part.map { "/+#\0".contains($0) ? "_" : $0 })
        }.joined(separator: "/")
    }
}

/// One voltage that a message holds.
struct Voltage {
    var phase: Phase
    var volts: Double
}

/// A PMU message: `{"device", "timestamp", "readings": [{"component", "measurand", "phase", "data"}]}`.
struct VoltageMessage {
    private(set) var device = ""
    private(set) var time: Timestamp
    /// The readings of `voltmagnitude`; other measurands are passed over.
    private(set) var voltages: [Voltage] = []

    /// Takes a message apart. One without timestamp has the time at which it was received; one whose timestamp can't be read is
    /// refused, since storing its values under another time would hide that the device's clock is wrong.
    init(_ message: Message) throws {
        time = message.received
        var reader = JSONReader(message.payload)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "device": device = try reader.text().string
            case "timestamp": time = try VoltageMessage.timestamp(&reader)
            case "readings": try readings(&reader)
            default: try reader.skipValue()
            }
        }
        try reader.end()
        // The device may stand behind the readings.
        for index in voltages.indices { voltages[index].phase.device = device }
    }

    private static func timestamp(_ reader: inout JSONReader) throws -> Timestamp {
        guard let time = Timestamp(json: try reader.next(), offsetIfMissing: 0) else {
            throw MalformedMessage(
                reason: "its timestamp is neither ISO 8601 nor an epoch in s, ms, µs or ns of the years 2000 to 2100")
        }
        return time
    }

    private mutating func readings(_ reader: inout JSONReader) throws {
        try reader.beginArray()
        while let element = try reader.nextElement() {
            guard case .beginObject = element else { throw MalformedMessage(reason: "an element of its readings is no object") }
            if let voltage = try reading(&reader) { voltages.append(voltage) }
        }
    }

    /// One element of `readings` whose brace is read; nil if it is no voltage.
    private func reading(_ reader: inout JSONReader) throws(JSONError) -> Voltage? {
        var phase = Phase(device: "", component: "", letter: "")
        var isVoltage = false
        var volts: Double?
        while let key = try reader.nextKey() {
            switch key {
            case "component": phase.component = try reader.text().string
            case "phase": phase.letter = try reader.text().string
            case "measurand": isVoltage = try reader.text() == "voltmagnitude"
            case "data":
                let token = try reader.next()
                if case .number(let number) = token { volts = number.double } else { try reader.skipRest(of: token) }
            default: try reader.skipValue()
            }
        }
        guard isVoltage, let volts else { return nil }
        return Voltage(phase: phase, volts: volts)
    }
}
