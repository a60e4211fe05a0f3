import Glibc
import Grid
import PluginAPI

/// Writes what devices publish: the platform's own form of readings, reports of assets.
enum DeviceMessages {
    private static let phases: [(name: String, turn: Double)] = [("A", 0), ("B", -2 * .pi / 3), ("C", 2 * .pi / 3)]

    /// Noise of a measurement: a standard normal number at each call.
    typealias Noise = () -> Double

    /// A PMU: phasors of the voltages of a busbar and of the currents into a bay, frequency; standard deviations of a good instrument.
    /// - Parameters:
    ///   - time: seconds since 1970.
    ///   - voltage: line-to-line, volt.
    ///   - current: ampere, against the same reference.
    static func pmu(
        _ device: String, at component: String, bay: String?, time: Double, voltage: Complex, current: Complex, power: Complex, hertz: Double, noise: Noise
    ) -> [UInt8] {
        readings(device, time) { json in
            for phase in phases {
                reading(&json, component, "voltmagnitude", phase.name, voltage.magnitude / 3.0.squareRoot() * (1 + 0.0005 * noise()))
                reading(&json, component, "voltangle", phase.name, wrapped(voltage.angle + phase.turn + 0.0005 * noise()))
                guard let bay else { continue }
                reading(&json, bay, "currmagnitude", phase.name, current.magnitude * (1 + 0.001 * noise()))
                reading(&json, bay, "currangle", phase.name, wrapped(current.angle + phase.turn + 0.001 * noise()))
                reading(&json, bay, "activepower", phase.name, power.real / 3 * (1 + 0.002 * noise()))
                reading(&json, bay, "reactivepower", phase.name, power.imaginary / 3 * (1 + 0.002 * noise()))
            }
            reading(&json, component, "frequency", nil, hertz + 0.0005 * noise())
        }
    }

    /// What a bay of a remote unit says.
    struct BayValues {
        let mRID: String
        let power: Complex
        let current: Complex
    }

    /// A remote terminal unit: transducers of one per cent.
    static func unit(_ device: String, time: Double, busbar: (mRID: String, voltage: Complex)?, bays: [BayValues], noise: Noise) -> [UInt8] {
        readings(device, time) { json in
            if let busbar { for phase in phases { reading(&json, busbar.mRID, "voltmagnitude", phase.name, busbar.voltage.magnitude / 3.0.squareRoot() * (1 + 0.005 * noise())) } }
            for bay in bays {
                for phase in phases {
                    reading(&json, bay.mRID, "currmagnitude", phase.name, bay.current.magnitude * (1 + 0.01 * noise()))
                    reading(&json, bay.mRID, "activepower", phase.name, bay.power.real / 3 * (1 + 0.01 * noise()))
                    reading(&json, bay.mRID, "reactivepower", phase.name, bay.power.imaginary / 3 * (1 + 0.01 * noise()))
                }
            }
        }
    }

    /// A customer's meter: mean powers of the quarter of an hour that ended at `time`, and the voltage; class 1.
    static func meter(_ device: String, component: String, time: Double, watts: Double, vars: Double, voltage: Complex, noise: Noise) -> [UInt8] {
        readings(device, time) { json in
            reading(&json, component, "activepower", nil, watts * (1 + 0.005 * noise()))
            reading(&json, component, "reactivepower", nil, vars * (1 + 0.01 * noise()))
            for phase in phases { reading(&json, component, "voltmagnitude", phase.name, voltage.magnitude / 3.0.squareRoot() * (1 + 0.003 * noise())) }
        }
    }

    /// Powers by component, in watt.
    static func powers(_ device: String, time: Double, _ powers: [(component: String, watts: Double)]) -> [UInt8] {
        readings(device, time) { json in for each in powers { reading(&json, each.component, "activepower", nil, each.watts) } }
    }

    /// The report of an asset, which describes itself where it announces itself to a community.
    static func report(_ asset: FieldAsset, temperature: Double, time: Double, community: String?) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("timestamp", stamp(time))
        json.member("power_kw", rounded(asset.powerKW))
        let band = asset.bandKW(temperature)
        json.key("band_kw")
        json.beginArray()
        json.value(rounded(band.lowerBound))
        json.value(rounded(band.upperBound))
        json.endArray()
        switch asset.description.kind {
        case .battery, .heater: json.member("energy_kwh", rounded(asset.energyKWh))
        case .vehicle:
            if let need = asset.need {
                json.member("need_kwh", rounded(need.kilowattHours))
                json.member("departs", stamp(need.departure))
            }
        case .photovoltaics: json.member("available_kw", rounded(asset.availableKW))
        }
        if let community { announce(asset.description, to: community, &json) }
        json.endObject()
        return json.bytes
    }

    private static func announce(_ description: AssetDescription, to community: String, _ json: inout JSONWriter) {
        json.member("community", community)
        json.member("kind", description.kind.rawValue)
        json.member("maximum_kw", description.maximumKW)
        if description.feedKW > 0 { json.member("feed_kw", description.feedKW) }
        if description.kind == .battery || description.kind == .heater { json.member("capacity_kwh", description.capacityKWh) }
        if description.kind == .heater {
            json.member("cop", 3.2)
            json.member("demand_kw", description.maximumKW)
        }
    }

    /// `{"power_kw"}` of a community's transformer.
    static func exchange(time: Double, kilowatts: Double) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("timestamp", stamp(time))
        json.member("power_kw", rounded(kilowatts))
        json.endObject()
        return json.bytes
    }

    /// The answer to a set-point.
    static func acknowledgement(command: Int64, time: Double) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("command", Int(command))
        json.member("timestamp", stamp(time))
        json.endObject()
        return json.bytes
    }

    private static func readings(_ device: String, _ time: Double, _ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("device", device)
        json.member("timestamp", stamp(time))
        json.key("readings")
        json.beginArray()
        write(&json)
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private static func reading(_ json: inout JSONWriter, _ component: String, _ measurand: String, _ phase: String?, _ value: Double) {
        json.beginObject()
        json.member("component", component)
        json.member("measurand", measurand)
        if let phase { json.member("phase", phase) }
        json.member("data", (value * 1e5).rounded() / 1e5)
        json.endObject()
    }

    static func stamp(_ time: Double) -> String { Timestamp(nanoseconds: Int64((time * 1000).rounded()) * 1_000_000).description }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
    private static func wrapped(_ angle: Double) -> Double { atan2(sin(angle), cos(angle)) }
}
