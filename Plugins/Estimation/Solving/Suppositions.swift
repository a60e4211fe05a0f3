internal import Grid
internal import Solvers

/// What stands in for missing knowledge where a grid is not observable, so that the observable rest can be estimated.
///
/// An injection that is neither measured nor zero is supposed to be anything about zero; where that does not suffice, a voltage to be
/// nominal. Moving each supposition to what the estimate makes of it, again and again, takes its influence on the observable rest away
/// (proximal point method), because nothing else pulls at it.
struct Suppositions {
    var injections: [Injection] = []
    var voltages: [Voltage] = []

    struct Injection {
        var position: Int
        /// 0 for P, 1 for Q.
        var lane: Int
        var value = 0.0
        var variance: Double
    }

    struct Voltage {
        var position: Int
        var voltage: Complex
    }

    /// Of a supposed voltage, relative to the weight scale.
    static let weight = 1e-3

    var isEmpty: Bool { injections.isEmpty && voltages.isEmpty }
}

extension Equations {
    /// Supposes the injections of `nodes` that have no equation, with a standard deviation of ten times the largest
    /// that is measured.
    func supposeInjections(_ nodes: [Int32]) {
        var largest = 1e-3
        for position in 0..<layout.count { largest = max(largest, abs(targetValues[position].x), abs(targetValues[position].y)) }
        for node in nodes {
            let position = Int(layout.pattern.positions[Int(node)])
            for lane in 0...1 where targets[position].present[lane] == 0 {
                suppositions.injections.append(Suppositions.Injection(position: position, lane: lane, variance: 100 * largest * largest))
            }
        }
        writeSuppositions()
    }

    /// Supposes the voltages of `nodes` to be nominal.
    func supposeVoltages(_ nodes: [Int32], _ model: EstimationModel) {
        suppositions.voltages = nodes.map { node in
            let voltage = Complex(magnitude: 1, angle: model.network.nominalAngles[Int(node)])
            return Suppositions.Voltage(position: Int(layout.pattern.positions[Int(node)]), voltage: voltage)
        }
    }

    func writeSuppositions() {
        for supposed in suppositions.injections {
            targetValues[supposed.position][supposed.lane] = supposed.value
            targets[supposed.position].variance[supposed.lane] = supposed.variance
            targets[supposed.position].present[supposed.lane] = 1
        }
    }

    /// Moves every supposition to the present state.
    func moveSuppositions() {
        evaluateCurrents()
        for index in suppositions.injections.indices {
            let position = suppositions.injections[index].position
            let power = voltages[position] * currents[position].conjugate
            suppositions.injections[index].value = suppositions.injections[index].lane == 0 ? power.real : power.imaginary
        }
        for index in suppositions.voltages.indices { suppositions.voltages[index].voltage = voltages[suppositions.voltages[index].position] }
        writeSuppositions()
    }

    /// Makes supposed injections so weak that they add nothing to what is known.
    func weakenSuppositions(by factor: Double) {
        for index in suppositions.injections.indices { suppositions.injections[index].variance *= factor }
        writeSuppositions()
    }
}
