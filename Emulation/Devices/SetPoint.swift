import PluginAPI

/// A set-point as the host's arbiter publishes it: `{"command", "value", "unit"}`.
struct SetPoint {
    let command: Int64
    let kilowatts: Double

    /// Nil where it is no set-point of a power.
    init?(_ payload: [UInt8]) {
        guard let value = payload.withUnsafeBytes({ try? JSONValue($0) }), let number = value["value"]?.number, let command = value["command"]?.integer,
            let scale = ["kW": 1.0, "W": 0.001, "MW": 1000][value["unit"]?.text ?? "kW"]
        else { return nil }
        self.command = command
        kilowatts = number * scale
    }
}
