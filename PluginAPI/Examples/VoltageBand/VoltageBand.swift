import PluginAPI

/// The example of a service in Swift: watches phase-to-ground voltages against the band of EN 50160.
///
/// It takes PMU messages, `{"device", "timestamp", "readings": [{"component", "measurand", "phase", "data"}]}`, stores how far
/// each `voltmagnitude` is from nominal (field `deviation_percent`), and publishes a retained message to
/// `alarms/voltage/<device>/<component>/<phase>` whenever a voltage changes between `low`, `normal` and `high`. `GET /violations`
/// lists the phases that are outside now. Start reading at `process`; `VoltageMessage.swift` takes messages apart.
final class VoltageBand: Service {
    private let host: Host
    private var settings: Settings?
    private var alarms: Counter?
    private var malformed: MalformedMessages?
    /// What is known of each phase, by its name.
    private var phases: [Phase: PhaseState] = [:]

    private static let violationsRoute: UInt32 = 1

    init(host: Host, name: String) { self.host = host }

    func validate(_ configuration: Configuration) throws { _ = try Settings(configuration) }

    func configure(_ configuration: Configuration) throws { settings = try Settings(configuration) }

    func start() throws {
        phases = [:]  // Handles of columns end with `stop`.
        alarms = try host.metrics.counter("alarms_total", help: "Alarms published, of voltages leaving the band and coming back.")
        malformed = try MalformedMessages(host: host)
        try host.http.add(
            VoltageBand.violationsRoute, "GET", "/violations",
            operation: #"{"summary": "The phases whose voltage is outside of the band."}"#)
    }

    func process(_ batch: MessageBatch) throws {
        var points = Points<Double>()
        for message in batch {
            let read: VoltageMessage
            do { read = try VoltageMessage(message) } catch {
                malformed?.note(message, error)
                continue
            }
            for voltage in read.voltages { try judge(voltage, read.time, &points) }
        }
        try host.timeseries.write(points)
    }

    func respond(to request: Request) throws {
        var json = JSONWriter()
        json.beginArray()
        let outside = phases.filter { $0.value.band != .normal }.sorted { $0.key.name < $1.key.name }
        for (phase, state) in outside {
            json.beginObject()
            json.member("phase", phase.name)
            json.member("state", state.band.rawValue)
            json.member("volts", state.volts)
            json.endObject()
        }
        json.endArray()
        try host.http.respond(to: request.number, with: .json(json))
    }

    /// Adds the point of a voltage, and publishes if it left the band, came back, or went from one side to the other.
    private func judge(_ voltage: Voltage, _ time: Timestamp, _ points: inout Points<Double>) throws {
        guard let settings else { return }
        var state = try phases[voltage.phase] ?? newState(voltage.phase, settings)
        let deviation = (voltage.volts / settings.nominalVolts - 1) * 100
        points.append(state.column, time, deviation)
        let band: BandState = deviation > settings.bandPercent ? .high : deviation < -settings.bandPercent ? .low : .normal
        let changed = band != state.band
        (state.volts, state.band) = (voltage.volts, band)
        if changed { try publish(voltage, time, deviation, band) }
        // Kept only when published: if publishing failed, the next voltage tries again.
        phases[voltage.phase] = state
    }

    private func publish(_ voltage: Voltage, _ time: Timestamp, _ deviation: Double, _ band: BandState) throws {
        var json = JSONWriter()
        json.beginObject()
        json.member("state", band.rawValue)
        json.member("volts", voltage.volts)
        json.member("deviation_percent", deviation)
        json.member("time", time.description)
        json.endObject()
        try host.databus.publish("alarms/voltage/\(voltage.phase.name)", json.string, qos: 1, retain: true)
        alarms?.add()
    }

    private func newState(_ phase: Phase, _ settings: Settings) throws -> PhaseState {
        let tags = [("device", phase.device), ("component", phase.component), ("phase", phase.letter)].filter { !$0.1.isEmpty }
        let column = try host.timeseries.column(
            database: settings.database, measurement: settings.measurement, tags: tags.map { (key: $0.0, value: $0.1) },
            field: "deviation_percent", of: Double.self)
        return PhaseState(column: column, volts: 0, band: .normal)
    }
}

/// Where a voltage lies.
private enum BandState: String {
    case low, normal, high
}

private struct PhaseState {
    let column: Column<Double>
    var volts: Double
    var band: BandState
}
