internal import Glibc
internal import Grid
internal import Solvers

extension Equations {
    /// Every voltage at its nominal magnitude and angle, no multipliers.
    func startFlat(_ model: EstimationModel) {
        for position in 0..<layout.count {
            let conductor = Int(layout.pattern.order[position])
            voltages[position] = Complex(magnitude: 1, angle: model.network.nominalAngles[conductor])
        }
        for reference in layout.references where reference.isGauge {
            turn(by: reference.angle - model.network.nominalAngles[Int(layout.pattern.order[reference.position])], model, like: reference)
        }
        multipliers.fill(.zero)
    }

    /// Turns an island to the angle of its reference: the nominal angles count from another one.
    private func turn(by angle: Double, _ model: EstimationModel, like reference: Layout.Reference) {
        guard angle != 0 else { return }
        let islands = model.network.islands().ofNode
        let nodes = model.network.nodes
        let island = islands[Int(nodes[Int(layout.pattern.order[reference.position])])]
        let rotation = Complex(magnitude: 1, angle: angle)
        for position in 0..<layout.count where islands[Int(nodes[Int(layout.pattern.order[position])])] == island {
            voltages[position] = voltages[position] * rotation
        }
    }

    /// Solves with the last factorisation for the step that `rightHandSide` asks for.
    ///
    /// - Returns: the largest change of a voltage, per unit; not a number when the factor is void.
    func solveStep() -> Double {
        matrix.solve(rightHandSide.pointer)
        return largestStep { _ in true }
    }

    /// The largest change of a voltage in the step that was solved for, among the positions that count.
    @inline(__always)
    func largestStep(where counts: (Int) -> Bool) -> Double {
        var largest = 0.0
        let steps = rightHandSide.pointer
        for position in 0..<layout.count where counts(position) {
            let square = steps[position].x * steps[position].x + steps[position].y * steps[position].y
            if !(square <= largest) { largest = square }
        }
        return largest.squareRoot()
    }

    /// Goes the step in `rightHandSide`, or a part of it; negative goes back.
    func advance(by part: Double) {
        let (steps, voltages, multipliers, scales) = (
            rightHandSide.pointer, voltages.pointer, multipliers.pointer, layout.rowScales.pointer)
        for position in 0..<layout.count {
            let step = steps[position] * part
            let scale = weightScale / scales[position]
            voltages[position] += Complex(step.x, step.y)
            multipliers[position] += Complex(step.z * scale, step.w * scale)
        }
    }

    /// J(x): the weighted sum of the squared residuals of all meters that take part.
    func objective() -> Double {
        var sum = 0.0
        for index in 0..<layout.voltageMeters.count {
            let meter = layout.voltageMeters[index]
            let row = VoltageRow(meter.quantity, at: voltages[Int(meter.position)])
            let residual = row.residual(values[Int(meter.measurement)])
            sum += weights[Int(meter.measurement)] * residual * residual
        }
        for index in 0..<layout.injectionMeters.count {
            let meter = layout.injectionMeters[index]
            let residual = values[Int(meter.measurement)] - injection(meter)
            sum += weights[Int(meter.measurement)] * residual * residual
        }
        for index in 0..<layout.ends.count {
            let end = layout.ends[index]
            let current = current(of: end)
            let voltage = voltages[Int(layout.terms[Int(end.ownTerm)].position)]
            for index in Int(end.firstMeter)..<Int(end.firstMeter + end.meterCount) {
                let meter = layout.endMeters[index]
                let residual = values[Int(meter.measurement)] - BranchRow(meter.quantity, voltage: voltage, current: current).value
                sum += weight(of: meter) * residual * residual
            }
        }
        return sum
    }

    /// What a meter of an injection should read at the state of the last `evaluate`.
    func injection(_ meter: Layout.Meter) -> Double {
        let power = voltages[Int(meter.position)] * currents[Int(meter.position)].conjugate
        return meter.quantity == .activePower ? power.real : power.imaginary
    }

    /// Recomputes the currents alone, at the present voltages.
    func evaluateCurrents() {
        let (starts, entries) = (layout.rowStarts.pointer, layout.entries.pointer)
        for position in 0..<layout.count {
            var current = Complex.zero
            for index in Int(starts[position])..<Int(starts[position + 1]) {
                current += entries[index].y * voltages[Int(entries[index].column)]
            }
            currents[position] = current
        }
    }

    /// The objective with what is left at the zero injections as a heavy penalty: what a step has to lower. Needs the present currents.
    func merit() -> Double {
        var left = 0.0
        for position in 0..<layout.count where layout.injections[position] == .zero {
            left += currents[position].squaredMagnitude / (layout.rowScales[position] * layout.rowScales[position])
        }
        return objective() + 1e4 * weightScale * left
    }
}
