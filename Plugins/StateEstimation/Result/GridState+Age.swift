import Estimation
import Glibc
import Grid
import PluginAPI

extension GridState {
    /// The state as it is to be trusted at a later instant, while no frame succeeds: voltages wander as a random walk of half a per cent in a
    /// quarter of an hour, flows and loads like a quantity that SCADA no longer renews.
    func aged(to now: Timestamp) -> GridState {
        var state = self
        state.status = .stale
        let age = max(0, now.seconds - time.seconds)
        let voltage = StateHistory().driftPerRootSecond * age.squareRoot()
        for index in nodes.indices where nodes[index].perUnit > 0 {
            let nominal = nodes[index].volts / nodes[index].perUnit
            state.nodes[index].sigmaVolts = hypot(nodes[index].sigmaVolts, voltage * nominal)
            for phase in nodes[index].phases.indices where nodes[index].phases[phase].perUnit > 0 {
                let nominal = nodes[index].phases[phase].volts / nodes[index].phases[phase].perUnit
                state.nodes[index].phases[phase].sigmaVolts = hypot(nodes[index].phases[phase].sigmaVolts, voltage * nominal)
            }
        }
        let drift = AgeingRule.scada.relativeDrift * age.squareRoot()
        for index in branches.indices {
            let branch = branches[index]
            state.branches[index].sigmaAmperes = hypot(branch.sigmaAmperes, drift * branch.amperes)
            state.branches[index].fromSigma = branch.fromSigma.grown(by: drift, of: branch.fromPower)
            state.branches[index].toSigma = branch.toSigma.grown(by: drift, of: branch.toPower)
        }
        for (index, load) in loads.enumerated() {
            guard let load else { continue }
            state.loads[index]?.activeSigma = hypot(load.activeSigma, drift * load.power.magnitude)
            state.loads[index]?.reactiveSigma = hypot(load.reactiveSigma, drift * load.power.magnitude)
        }
        return state
    }

    /// What the loads rest on where nothing is measured, for a sentence.
    var pseudoBases: String {
        let names = ["reading": "old meter readings", "forecast": "forecasts", "profile": "load profiles", "model": "the loads of the grid model"]
        let used = Set(loads.compactMap { $0?.basis })
        let listed = ["reading", "forecast", "profile", "model"].filter { used.contains($0) }.compactMap { names[$0] }
        return listed.isEmpty ? "the loads of the grid model" : listed.joined(separator: ", ")
    }
}

extension Complex {
    fileprivate func grown(by drift: Double, of power: Complex) -> Complex {
        Complex(hypot(real, drift * power.magnitude), hypot(imaginary, drift * power.magnitude))
    }
}
