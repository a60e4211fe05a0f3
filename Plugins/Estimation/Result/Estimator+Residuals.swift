internal import Grid

extension Estimator {
    /// Measured minus estimated at the present state, in the unit of each measurement.
    public func residuals() -> [Double] {
        var residuals = [Double](repeating: 0, count: model.measurements.count)
        equations.evaluateCurrents()
        forEachRow { measurement, estimated in
            let difference = equations.values[measurement] - estimated
            let isAngle = model.measurements[measurement].quantity == .voltageAngle
            residuals[measurement] = isAngle ? VoltageRow.turn(difference) : difference
        }
        return residuals
    }

    /// What each meter should read at the present state.
    public func estimatedMeasurements() -> [Double] {
        var estimated = [Double](repeating: 0, count: model.measurements.count)
        equations.evaluateCurrents()
        forEachRow { estimated[$0] = $1 }
        return estimated
    }

    /// The objective at the present state.
    public var objective: Double {
        equations.evaluateCurrents()
        return equations.objective()
    }

    private func forEachRow(_ body: (_ measurement: Int, _ estimated: Double) -> Void) {
        let layout = equations.layout
        for index in 0..<layout.voltageMeters.count {
            let meter = layout.voltageMeters[index]
            body(Int(meter.measurement), VoltageRow(meter.quantity, at: equations.voltages[Int(meter.position)]).value)
        }
        for index in 0..<layout.injectionMeters.count {
            let meter = layout.injectionMeters[index]
            body(Int(meter.measurement), equations.injection(meter))
        }
        for index in 0..<layout.ends.count {
            let end = layout.ends[index]
            let voltage = equations.voltages[Int(layout.terms[Int(end.ownTerm)].position)]
            let current = equations.current(of: end)
            for index in Int(end.firstMeter)..<Int(end.firstMeter + end.meterCount) {
                let meter = layout.endMeters[index]
                body(Int(meter.measurement), BranchRow(meter.quantity, voltage: voltage, current: current).value)
            }
        }
    }
}
