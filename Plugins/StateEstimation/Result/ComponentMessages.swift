import Grid
import PluginAPI

/// Estimates in the form of SOGNO's services: one message per component, phase by phase.
///
/// `{"component", "timestamp", "readings": [{"measurand", "phase", "data"}]}`: for a busbar `voltmagnitude` (volt to ground), `voltangle`
/// (radian), `activepower` and `reactivepower` (single-phase, fed in); for a line or transformer `currmagnitude`, `activepower` and
/// `reactivepower` at its first end. The state is symmetrical, so that the phases differ by a third of a turn.
struct ComponentMessages {
    /// Begins the topic of each message; the component's mRID follows.
    let topic: String

    func append(_ state: GridState, _ drawn: DrawnGrid, to batch: inout PublicationBatch) {
        for (component, node) in zip(drawn.nodes, state.nodes) where node.perUnit.isFinite {
            append(component.identity.mRID, state.time, to: &batch) { json, phase in
                Self.reading(&json, "voltmagnitude", phase, node.volts / 3.0.squareRoot())
                Self.reading(&json, "voltangle", phase, Complex(magnitude: 1, angle: node.angleRadians - phase.lag).angle)
                Self.reading(&json, "activepower", phase, node.power.real / 3)
                Self.reading(&json, "reactivepower", phase, node.power.imaginary / 3)
            }
        }
        for (component, branch) in zip(drawn.branches, state.branches) where branch.amperes.isFinite {
            append(component.identity.mRID, state.time, to: &batch) { json, phase in
                Self.reading(&json, "currmagnitude", phase, branch.fromAmperes)
                Self.reading(&json, "activepower", phase, branch.fromPower.real / 3)
                Self.reading(&json, "reactivepower", phase, branch.fromPower.imaginary / 3)
            }
        }
    }

    private func append(
        _ component: String, _ time: Timestamp, to batch: inout PublicationBatch, _ readings: (inout JSONWriter, ChannelPhase) -> Void
    ) {
        var json = JSONWriter()
        json.beginObject()
        json.member("component", component)
        json.member("timestamp", time.description)
        json.key("readings")
        json.beginArray()
        for phase in [ChannelPhase.a, .b, .c] { readings(&json, phase) }
        json.endArray()
        json.endObject()
        batch.append("\(topic)/\(component)", json.bytes)
    }

    private static func reading(_ json: inout JSONWriter, _ measurand: String, _ phase: ChannelPhase, _ value: Double) {
        json.beginObject()
        json.member("measurand", measurand)
        json.member("phase", ["A", "B", "C", ""][phase.rawValue])
        json.member("data", value)
        json.endObject()
    }
}
