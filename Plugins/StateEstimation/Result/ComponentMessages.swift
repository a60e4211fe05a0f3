import Grid
import PluginAPI

/// Estimates in the form of SOGNO's services: one message per component, phase by phase.
///
/// `{"component", "timestamp", "readings": [{"measurand", "phase", "data"}]}`: for a busbar `voltmagnitude` (volt to ground), `voltangle`
/// (radian), `activepower` and `reactivepower` (single-phase, fed in); for a line or transformer `currmagnitude`, `activepower` and
/// `reactivepower` at its first end. In a positive-sequence calculation the phases differ by a third of a turn; in three phases each has
/// its own values, and a busbar tells its `voltunbalance` in per cent.
struct ComponentMessages {
    /// Begins the topic of each message; the component's mRID follows.
    let topic: String

    func append(_ state: GridState, _ drawn: DrawnGrid, to batch: inout PublicationBatch) {
        guard state.calculation == .positiveSequence else { return appendPhases(state, drawn, to: &batch) }
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

    private func appendPhases(_ state: GridState, _ drawn: DrawnGrid, to batch: inout PublicationBatch) {
        for (component, node) in zip(drawn.nodes, state.nodes) where node.perUnit.isFinite {
            append(component.identity.mRID, state.time, to: &batch) { json in
                for phase in node.phases where phase.perUnit.isFinite {
                    Self.reading(&json, "voltmagnitude", phase.name, phase.volts)
                    Self.reading(&json, "voltangle", phase.name, phase.angleRadians)
                    Self.reading(&json, "activepower", phase.name, phase.power.real)
                    Self.reading(&json, "reactivepower", phase.name, phase.power.imaginary)
                }
                if let unbalance = node.unbalancePercent { Self.reading(&json, "voltunbalance", "", unbalance) }
            }
        }
        for (component, branch) in zip(drawn.branches, state.branches) where branch.amperes.isFinite {
            append(component.identity.mRID, state.time, to: &batch) { json in
                for phase in branch.phases where phase.fromAmperes.isFinite {
                    Self.reading(&json, "currmagnitude", phase.name, phase.fromAmperes)
                    Self.reading(&json, "activepower", phase.name, phase.fromPower.real)
                    Self.reading(&json, "reactivepower", phase.name, phase.fromPower.imaginary)
                }
            }
        }
    }

    private func append(
        _ component: String, _ time: Timestamp, to batch: inout PublicationBatch, _ readings: (inout JSONWriter, ChannelPhase) -> Void
    ) {
        append(component, time, to: &batch) { json in
            for phase in [ChannelPhase.a, .b, .c] { readings(&json, phase) }
        }
    }

    private func append(_ component: String, _ time: Timestamp, to batch: inout PublicationBatch, _ readings: (inout JSONWriter) -> Void) {
        var json = JSONWriter()
        json.beginObject()
        json.member("component", component)
        json.member("timestamp", time.description)
        json.key("readings")
        json.beginArray()
        readings(&json)
        json.endArray()
        json.endObject()
        batch.append("\(topic)/\(component)", json.bytes)
    }

    private static func reading(_ json: inout JSONWriter, _ measurand: String, _ phase: ChannelPhase, _ value: Double) {
        reading(&json, measurand, phase.name, value)
    }

    private static func reading(_ json: inout JSONWriter, _ measurand: String, _ phase: String, _ value: Double) {
        json.beginObject()
        json.member("measurand", measurand)
        if !phase.isEmpty { json.member("phase", phase) }
        json.member("data", value)
        json.endObject()
    }
}
