extension PowerFlow {
    /// Round the power flow: generators at their reactive limits are released, tap changers step, until nothing changes.
    func solveControlled(_ injections: Injections, isFlat: Bool, into state: inout PowerFlowState) throws(PowerFlowError) -> PowerFlowReport {
        var injections = injections
        var limits = controls.map { _ in ReactiveLimit.none }
        for control in controls { isHeld[Int(control.node)] = true }
        defer { for control in controls { isHeld[Int(control.node)] = false } }
        var rests = regulators.map { _ in TapRest() }
        var (isFlat, iterations) = (isFlat, 0)
        var rounds = 0
        while true {
            var report = try solveOnce(injections, isFlat: isFlat, into: &state)
            (iterations, isFlat, rounds) = (iterations + report.iterations, false, rounds + 1)
            report.iterations = iterations
            report.isSettled = rounds < options.maximumControlRounds
            guard report.converged, report.isSettled else { return told(report, injections, limits, rests, state) }
            let released = switchLimits(&limits, &injections, state: state)
            let moved = released ? false : try moveTaps(&rests, state: state)
            if !released && !moved { return told(report, injections, limits, rests, state) }
        }
    }

    /// Which reactive limit binds.
    enum ReactiveLimit { case none, minimum, maximum }

    /// A generator beyond its limit gives the limit and lets the voltage go; one whose voltage is on the good side again takes it back.
    private func switchLimits(_ limits: inout [ReactiveLimit], _ injections: inout Injections, state: PowerFlowState) -> Bool {
        var changed = false
        for (index, control) in controls.enumerated() {
            let node = Int(control.node)
            let magnitude = state.voltages[node].magnitude
            switch limits[index] {
            case .none:
                let power = generated(at: node, injections, state)
                guard power > control.maximumReactivePower + 1e-9 || power < control.minimumReactivePower - 1e-9 else { continue }
                limits[index] = power > control.maximumReactivePower ? .maximum : .minimum
                injections.constantPower[node].imaginary += limit(limits[index], of: control)
                isHeld[node] = false
            case .maximum where magnitude <= control.magnitude + 1e-9, .minimum where magnitude >= control.magnitude - 1e-9:
                continue
            case .maximum, .minimum:
                injections.constantPower[node].imaginary -= limit(limits[index], of: control)
                limits[index] = .none
                isHeld[node] = true
            }
            changed = true
        }
        return changed
    }

    private func limit(_ limit: ReactiveLimit, of control: VoltageControl) -> Double {
        switch limit {
        case .none: 0
        case .minimum: control.minimumReactivePower
        case .maximum: control.maximumReactivePower
        }
    }

    /// Reactive power of the generator that holds a node, beyond the node's injections.
    private func generated(at node: Int, _ injections: Injections, _ state: PowerFlowState) -> Double {
        let voltage = state.voltages[node]
        let flow = state.voltages.withUnsafeBufferPointer { voltage * admittance.current(node, voltages: $0.baseAddress!).conjugate }
        return flow.imaginary - injections.power(node: node, magnitude: voltage.magnitude).imaginary
    }

    private func told(
        _ report: PowerFlowReport, _ injections: Injections, _ limits: [ReactiveLimit], _ rests: [TapRest], _ state: PowerFlowState
    ) -> PowerFlowReport {
        var report = report
        report.controls = zip(controls, limits).map { control, binding in
            let power = binding == .none ? generated(at: Int(control.node), injections, state) : limit(binding, of: control)
            return VoltageControlResult(reactivePower: power, isAtLimit: binding != .none)
        }
        report.taps = zip(regulators, rests).map { regulator, rest in
            let magnitude = state.voltages[Int(regulator.controlledNode)].magnitude
            let isInside = abs(magnitude - regulator.target) <= regulator.deadBand / 2
            return TapResult(position: regulator.position, magnitude: magnitude, outcome: isInside ? .withinBand : rest.isNearest ? .nearestStep : .atLimit)
        }
        return report
    }
}
