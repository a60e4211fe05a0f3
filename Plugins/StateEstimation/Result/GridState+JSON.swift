import Grid
import LiveGrid
import PluginAPI

extension GridState {
    /// The state as routes answer it and `estimates/<grid>` carries it.
    func json(_ drawn: DrawnGrid, _ grid: FollowedGrid, name: String, now: Timestamp) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("grid", name)
        json.member("time", time.description)
        json.member("age_ms", Int(max(0, now.nanoseconds - time.nanoseconds) / 1_000_000))
        json.member("status", status.rawValue)
        json.member("detail", detail)
        json.member("model", grid.model)
        json.member("calculation", calculation.rawValue)
        json.member("revision", revision)
        json.member("iterations", iterations)
        json.member("objective", short(objective))
        json.member("chi_square_95", short(chiSquare95))
        json.member("metered_values", meteredValues)
        json.member("losses_watts", short(lossesWatts))
        json.list("nodes", zip(drawn.nodes, nodes)) { json, pair in pair.1.write(&json, pair.0.identity.mRID) }
        json.list("branches", zip(drawn.branches, branches)) { json, pair in pair.1.write(&json, pair.0.identity.mRID) }
        json.list("loads", zip(grid.network.loads, loads).filter { $0.1 != nil }) { json, pair in pair.1?.write(&json, pair.0.identity.mRID) }
        json.list("switches", drawn.switches) { json, device in
            json.member("id", device.identity.mRID)
            json.member("position", grid.shownPosition(device.position))
            json.member("reported", grid.reports[device.position] != nil)
        }
        json.list("taps", grid.taps.changers.indices) { json, position in
            json.member("id", grid.taps.changers[position].mRID)
            json.member("transformer", grid.network.transformers[grid.taps.changers[position].transformer].identity.mRID)
            json.member("position", grid.tapStep(position))
            json.member("reported", grid.tapReports[position] != nil)
        }
        json.list("violations", violations) { json, violation in
            json.member("severity", violation.severity.rawValue)
            json.member("id", violation.mRID)
            json.member("sentence", violation.sentence)
        }
        json.key("switch_suspicions")
        json.beginArray()
        for sentence in switchSuspicions { json.value(sentence) }
        json.endArray()
        json.key("suspects")
        json.beginArray()
        for sentence in suspects { json.value(sentence) }
        json.endArray()
        json.endObject()
        return json
    }
}

extension FollowedGrid {
    /// `open`, `closed`, or `unknown` where the device does not know.
    func shownPosition(_ position: Int) -> String {
        if let report = reports[position], report.isDoubtful { return "unknown" }
        return assembly.topology.isSwitchClosed(position) ? "closed" : "open"
    }
}

extension GridState.Node {
    fileprivate func write(_ json: inout JSONWriter, _ mRID: String) {
        json.member("id", mRID)
        json.member("energised", isEnergised)
        json.member("source", source.rawValue)
        json.member("volts", short(volts))
        json.member("per_unit", short(perUnit))
        json.member("angle_degrees", short(angleRadians * 180 / .pi))
        json.member("sigma_volts", short(sigmaVolts))
        json.member("p", short(power.real))
        json.member("q", short(power.imaginary))
        if let measuredVolts { json.member("measured_volts", short(measuredVolts)) }
        if let residual { json.member("residual", short(residual)) }
        if let violation { json.member("violation", violation) }
        guard !phases.isEmpty else { return }
        if let shownPhase { json.member("shown_phase", shownPhase) }
        if let unbalancePercent { json.member("unbalance_percent", short(unbalancePercent)) }
        json.list("phases", phases) { json, phase in phase.write(&json) }
    }
}

extension GridState.Load {
    fileprivate func write(_ json: inout JSONWriter, _ mRID: String) {
        json.member("id", mRID)
        json.member("p", short(power.real))
        json.member("q", short(power.imaginary))
        json.member("sigma_p", short(activeSigma))
        json.member("sigma_q", short(reactiveSigma))
        json.member("basis", basis)
        if let readingSeconds { json.member("reading_time", Timestamp(nanoseconds: Int64(readingSeconds * 1e9)).description) }
    }
}

extension GridState.Branch {
    fileprivate func write(_ json: inout JSONWriter, _ mRID: String) {
        json.member("id", mRID)
        json.member("energised", isEnergised)
        json.member("amperes", short(amperes))
        if let loadingPercent { json.member("loading_percent", short(loadingPercent)) }
        json.member("p_from", short(fromPower.real))
        json.member("q_from", short(fromPower.imaginary))
        json.member("p_to", short(toPower.real))
        json.member("q_to", short(toPower.imaginary))
        if let lossesWatts { json.member("losses_watts", short(lossesWatts)) }
        if sigmaAmperes.isFinite {
            json.member("sigma_amperes", short(sigmaAmperes))
            json.member("sigma_p_from", short(fromSigma.real))
            json.member("sigma_q_from", short(fromSigma.imaginary))
            json.member("sigma_p_to", short(toSigma.real))
            json.member("sigma_q_to", short(toSigma.imaginary))
        }
        if !phases.isEmpty { json.list("phases", phases) { json, phase in phase.write(&json) } }
    }
}

extension GridState.NodePhase {
    fileprivate func write(_ json: inout JSONWriter) {
        json.member("phase", name)
        json.member("source", source.rawValue)
        json.member("volts", short(volts))
        json.member("per_unit", short(perUnit))
        json.member("angle_degrees", short(angleRadians * 180 / .pi))
        json.member("sigma_volts", short(sigmaVolts))
        json.member("p", short(power.real))
        json.member("q", short(power.imaginary))
        if let measuredVolts { json.member("measured_volts", short(measuredVolts)) }
        if let residual { json.member("residual", short(residual)) }
        if let violation { json.member("violation", violation) }
    }
}

extension GridState.BranchPhase {
    fileprivate func write(_ json: inout JSONWriter) {
        json.member("phase", name)
        json.member("amperes", short(amperes))
        if let loadingPercent { json.member("loading_percent", short(loadingPercent)) }
        json.member("p_from", short(fromPower.real))
        json.member("q_from", short(fromPower.imaginary))
        json.member("p_to", short(toPower.real))
        json.member("q_to", short(toPower.imaginary))
    }
}

/// Six significant digits: what follows means nothing, and costs bytes.
private func short(_ value: Double) -> Double {
    guard value.isFinite, value != 0 else { return value == 0 ? 0 : .nan }
    var scale = 1.0
    var size = abs(value)
    while size < 100_000, scale < 1e12 {
        size *= 10
        scale *= 10
    }
    return (value * scale).rounded() / scale
}

extension JSONWriter {
    /// A list of objects under a key.
    mutating func list<Items: Sequence>(_ key: String, _ items: Items, _ members: (inout JSONWriter, Items.Element) -> Void) {
        self.key(key)
        beginArray()
        for item in items {
            beginObject()
            members(&self, item)
            endObject()
        }
        endArray()
    }
}
