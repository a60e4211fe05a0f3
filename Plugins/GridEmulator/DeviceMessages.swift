import Glibc
import Grid
import PluginAPI

/// Writes what devices would publish: the platform's own form of readings, phase by phase.
struct DeviceMessages {
    private static let phases: [(name: String, turn: Double)] = [("A", 0), ("B", -2 * .pi / 3), ("C", 2 * .pi / 3)]

    /// The message of a PMU at a busbar.
    /// - Parameter voltage: line-to-line phasor in volt.
    static func pmu(
        _ device: String, at component: String, time: Timestamp, voltage: Complex, frequencyHertz: Double, noise: Double, angleNoise: Double,
        _ random: inout NormalNoise
    ) -> [UInt8] {
        message(device, time) { json in
            for phase in phases {
                let volts = voltage.magnitude / 3.0.squareRoot() * (1 + noise * random.next())
                reading(&json, component, "voltmagnitude", phase.name, volts)
                let angle = voltage.angle + phase.turn + angleNoise * random.next()
                reading(&json, component, "voltangle", phase.name, atan2(sin(angle), cos(angle)))
            }
            reading(&json, component, "frequency", nil, frequencyHertz)
        }
    }

    /// The message of a bay's device: power and current into what it feeds.
    static func bay(
        _ device: String, component: String, time: Timestamp, power: Complex, current: Complex, noise: Double, _ random: inout NormalNoise
    ) -> [UInt8] {
        message(device, time) { json in
            for phase in phases {
                reading(&json, component, "currmagnitude", phase.name, current.magnitude * (1 + noise * random.next()))
                write(&json, component, phase.name, power / 3, noise, &random)
            }
        }
    }

    /// The message of a meter: consumed power, negative where it feeds in.
    static func meter(
        _ device: String, component: String, time: Timestamp, power: Complex, noise: Double, _ random: inout NormalNoise
    ) -> [UInt8] {
        message(device, time) { json in
            for phase in phases { write(&json, component, phase.name, power / 3, noise, &random) }
        }
    }

    private static func write(
        _ json: inout JSONWriter, _ component: String, _ phase: String, _ power: Complex, _ noise: Double, _ random: inout NormalNoise
    ) {
        reading(&json, component, "activepower", phase, power.real * (1 + noise * random.next()))
        reading(&json, component, "reactivepower", phase, power.imaginary * (1 + noise * random.next()))
    }

    private static func message(_ device: String, _ time: Timestamp, _ readings: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("device", device)
        json.member("timestamp", time.description)
        json.key("readings")
        json.beginArray()
        readings(&json)
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private static func reading(_ json: inout JSONWriter, _ component: String, _ measurand: String, _ phase: String?, _ value: Double) {
        json.beginObject()
        json.member("component", component)
        json.member("measurand", measurand)
        if let phase { json.member("phase", phase) }
        json.member("data", value)
        json.endObject()
    }
}
