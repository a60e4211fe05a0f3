import PluginAPI

/// The example of a service in Swift: watches phase-to-ground voltages against the band of EN 50160.
///
/// It takes PMU messages, `{"device", "timestamp", "readings": [{"component", "measurand", "phase", "data"}]}`, stores how far
/// each `voltmagnitude` is from nominal (field `deviation_percent`), and publishes a retained message to
/// `alarms/voltage/<device>/<component>/<phase>` whenever a voltage leaves the band or comes back. `GET /violations` lists the
/// phases that are outside now.
final class VoltageBand: Service {
    private let host: Host
    private var settings: Settings?
    private var alarms: Counter?
    /// What is known of each phase, by its name.
    private var phases: [Phase: PhaseState] = [:]

    private static let violationsRoute: UInt32 = 1

    init(host: Host, name: String) { self.host = host }

    func validate(_ configuration: Configuration) throws { _ = try Settings(configuration) }

    func configure(_ configuration: Configuration) throws { settings = try Settings(configuration) }

    func start() throws {
        phases = [:]  // Handles of columns end with `stop`.
        alarms = try host.metrics.counter("alarms_total", help: "Alarms published, of voltages leaving the band and coming back.")
        try host.http.add(
            VoltageBand.violationsRoute, "GET", "/violations",
            operation: #"{"summary": "The phases whose voltage is outside of the band."}"#)
    }

    func process(_ batch: MessageBatch) throws {
        var points = Points<Double>()
        for message in batch {
            let voltages: [Voltage]
            do throws(JSONError) {
                voltages = try voltagesOf(message)
            } catch {
                host.log.warning("a message is not PMU JSON, \(error)", ["topic": message.topicText])
                continue
            }
            for voltage in voltages { try judge(voltage, &points) }
        }
        try host.timeseries.write(points)
    }

    func respond(to request: Request) throws {
        var json = JSONWriter()
        json.beginArray()
        let outside = phases.filter(\.value.isOutside).sorted { $0.key.name < $1.key.name }
        for (phase, state) in outside {
            json.beginObject()
            json.member("phase", phase.name)
            json.member("volts", state.volts)
            json.endObject()
        }
        json.endArray()
        try host.http.respond(to: request.number, with: .json(json))
    }

    /// The voltages that a message holds; other measurands are passed over.
    private func voltagesOf(_ message: Message) throws(JSONError) -> [Voltage] {
        var reader = JSONReader(message.payload)
        var device = ""
        var time = message.received
        var found: [Voltage] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "device": device = try reader.text().string
            case "timestamp": time = Timestamp(iso8601: try reader.text().raw, offsetIfMissing: 0) ?? message.received
            case "readings":
                try reader.beginArray()
                while case .beginObject = try reader.nextElement() {
                    if let voltage = try reading(&reader) { found.append(voltage) }
                }
            default: try reader.skipValue()
            }
        }
        try reader.end()
        return found.map {
            Voltage(
                phase: Phase(device: device, component: $0.phase.component, letter: $0.phase.letter), volts: $0.volts, time: time)
        }
    }

    /// One element of `readings` whose brace is read; nil if it is no voltage.
    private func reading(_ reader: inout JSONReader) throws(JSONError) -> Voltage? {
        var component = ""
        var letter = ""
        var isVoltage = false
        var volts: Double?
        while let key = try reader.nextKey() {
            switch key {
            case "component": component = try reader.text().string
            case "phase": letter = try reader.text().string
            case "measurand": isVoltage = try reader.text() == "voltmagnitude"
            case "data":
                if case .number(let number) = try reader.next() { volts = number.double }
            default: try reader.skipValue()
            }
        }
        guard isVoltage, let volts else { return nil }
        return Voltage(
            phase: Phase(device: "", component: component, letter: letter), volts: volts, time: Timestamp(nanoseconds: 0))
    }

    /// Adds the point of a voltage, and publishes if it left the band or came back.
    private func judge(_ voltage: Voltage, _ points: inout Points<Double>) throws {
        guard let settings else { return }
        let state = try phases[voltage.phase] ?? newState(voltage.phase, settings)
        let deviation = (voltage.volts / settings.nominalVolts - 1) * 100
        points.append(state.column, voltage.time, deviation)
        let isOutside = abs(deviation) > settings.bandPercent
        phases[voltage.phase] = PhaseState(column: state.column, volts: voltage.volts, isOutside: isOutside)
        guard isOutside != state.isOutside else { return }
        var json = JSONWriter()
        json.beginObject()
        json.member("state", !isOutside ? "normal" : deviation > 0 ? "high" : "low")
        json.member("volts", voltage.volts)
        json.member("deviation_percent", deviation)
        json.member("time", voltage.time.description)
        json.endObject()
        try host.databus.publish("alarms/voltage/\(voltage.phase.name)", json.string, qos: 1, retain: true)
        alarms?.add()
    }

    private func newState(_ phase: Phase, _ settings: Settings) throws -> PhaseState {
        let tags = [("device", phase.device), ("component", phase.component), ("phase", phase.letter)].filter { !$0.1.isEmpty }
        let column = try host.timeseries.column(
            database: settings.database, measurement: settings.measurement, tags: tags.map { (key: $0.0, value: $0.1) },
            field: "deviation_percent", of: Double.self)
        return PhaseState(column: column, volts: 0, isOutside: false)
    }
}

/// One phase at one place.
private struct Phase: Hashable {
    let device: String
    let component: String
    let letter: String

    /// Three levels of a topic; characters that a topic name may not hold are replaced.
    var name: String {
        [device, component, letter].map { part in
            String(part.map { "/+#\0".contains($0) ? "_" : $0 })
        }.joined(separator: "/")
    }
}

private struct PhaseState {
    let column: Column<Double>
    let volts: Double
    let isOutside: Bool
}

private struct Voltage {
    let phase: Phase
    let volts: Double
    let time: Timestamp
}
