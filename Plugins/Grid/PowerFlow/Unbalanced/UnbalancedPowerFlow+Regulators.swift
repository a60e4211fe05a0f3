extension UnbalancedPowerFlow {
    /// Round the power flow: automatic regulators step until all are within their dead-bands or at rest.
    func solveRegulated(_ injections: Injections, into state: inout PowerFlowState) throws(PowerFlowError) -> PowerFlowReport {
        var rests = regulators.map { _ in TapRest() }
        var (iterations, rounds) = (0, 0)
        while true {
            var report = try solveOnce(injections, into: &state)
            (iterations, rounds) = (iterations + report.iterations, rounds + 1)
            report.iterations = iterations
            report.isSettled = rounds < options.maximumControlRounds
            guard report.converged, report.isSettled, try moveTaps(&rests, state: state) else {
                report.taps = taps(rests, state)
                return report
            }
        }
    }

    /// The magnitude that a regulator keeps: at its conductor, less the drop of the compensated line.
    private func sensed(_ regulator: PhaseRegulator, _ state: PowerFlowState) -> Double {
        let voltage = state.voltages[Int(regulator.controlledConductor)]
        guard regulator.lineDrop != .zero, let terminal = regulator.terminals.first else { return voltage.magnitude }
        return (voltage - regulator.lineDrop * -current(into: elements[regulator.element], at: terminal, state)).magnitude
    }

    private func moveTaps(_ rests: inout [TapRest], state: PowerFlowState) throws(PowerFlowError) -> Bool {
        var moved = false
        for index in regulators.indices where regulators[index].isAutomatic {
            let regulator = regulators[index]
            let step = rests[index].step(
                magnitude: sensed(regulator, state), target: regulator.target, deadBand: regulator.deadBand, effect: regulator.stepRatio,
                position: regulator.position, range: regulator.minimumPosition...regulator.maximumPosition)
            guard step != 0 else { continue }
            regulators[index].position += step
            moved = true
        }
        guard moved else { return false }
        for regulator in regulators { elements[regulator.element] = grid.elements[regulator.element] }
        for regulator in regulators { elements[regulator.element] = regulator.applied(to: elements[regulator.element]) }
        admittance.assemble(elements)
        try factorise()
        return true
    }

    private func taps(_ rests: [TapRest], _ state: PowerFlowState) -> [TapResult] {
        zip(regulators, rests).map { regulator, rest in
            let magnitude = sensed(regulator, state)
            let isInside = abs(magnitude - regulator.target) <= regulator.deadBand / 2
            let outcome: TapResult.Outcome =
                !regulator.isAutomatic ? .fixed : isInside ? .withinBand : rest.isNearest ? .nearestStep : .atLimit
            return TapResult(position: regulator.position, magnitude: magnitude, outcome: outcome)
        }
    }
}
