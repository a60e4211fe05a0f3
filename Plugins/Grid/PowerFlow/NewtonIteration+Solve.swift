internal import Solvers

extension NewtonIteration {
    /// How an iteration ended, and where its largest mismatch of power was.
    struct Outcome {
        var converged: Bool
        var iterations: Int
        var change: Double
        var node: Int
        var mismatch: Double
    }

    /// Iterates from the given voltages, with the affine invariant step control of Deuflhard (Newton Methods for Nonlinear Problems,
    /// section 3.3): a step is as long as the correction that the same Jacobian asks for after it is smaller than the step itself.
    ///
    /// - Parameters:
    ///   - isHeld: whether the magnitude of a node is held by a generator.
    ///   - voltages: by node; the sources hold theirs, held nodes have their magnitude already.
    func solve(
        _ admittance: NodalAdmittance, _ injections: Injections, isHeld: [Bool], options: PowerFlowOptions, voltages: inout [Complex]
    ) -> Outcome {
        var worst = mismatches(admittance, injections, isHeld: isHeld, voltages: voltages)
        var outcome = Outcome(converged: nodes.isEmpty, iterations: 0, change: nodes.isEmpty ? 0 : .infinity, node: worst.node, mismatch: worst.value)
        while !outcome.converged, outcome.iterations < options.maximumNewtonIterations, worst.value.isFinite {
            outcome.iterations += 1
            fill(admittance, injections, isHeld: isHeld, voltages: voltages)
            guard (try? factor.refactor(values)) != nil, let largest = correction() else { break }
            swap(&direction, &residual)
            outcome.change = largest
            var length = min(1, 0.7 / largest)
            while true {
                advance(voltages, by: length)
                worst = mismatches(admittance, injections, isHeld: isHeld, voltages: trial)
                let next = worst.value.isFinite ? correction() ?? .infinity : .infinity
                if next <= max((1 - length / 4) * largest, options.tolerance) {
                    swap(&voltages, &trial)
                    outcome.converged = min(length == 1 ? largest : .infinity, next) <= options.tolerance
                    if outcome.converged { outcome.change = min(next, largest) }
                    break
                }
                length /= 2
                if length < 0.01 { return outcome }
            }
            (outcome.node, outcome.mismatch) = (worst.node, worst.value)
        }
        return outcome
    }

    /// Solves for the present mismatches with the present Jacobian, into `residual`.
    ///
    /// - Returns: the largest angle or relative magnitude of the correction; nil where there is none.
    private func correction() -> Double? {
        residual.withUnsafeMutableBufferPointer { target in mismatch.withUnsafeBufferPointer { _ = target.update(from: $0) } }
        let solved = residual.withUnsafeMutableBufferPointer { x in (try? factor.solve(x.baseAddress!)) != nil }
        let largest = residual.reduce(0) { max($0, abs($1)) }
        return solved && largest.isFinite ? largest : nil
    }

    private func advance(_ voltages: [Complex], by length: Double) {
        for node in voltages.indices { trial[node] = voltages[node] }
        for (number, node) in nodes.enumerated() {
            let turn = Complex(magnitude: Self.growth(length * direction[2 * number + 1]), angle: length * direction[2 * number])
            trial[Int(node)] = voltages[Int(node)] * turn
        }
    }

    /// The factor of a magnitude for a step of its logarithm: the first order of the exponential, which a step of at most 0.7 keeps positive.
    private static func growth(_ step: Double) -> Double { 1 + step }

    /// Writes the mismatches (given less calculated) into `mismatch` and tells the largest.
    func mismatches(_ admittance: NodalAdmittance, _ injections: Injections, isHeld: [Bool], voltages: [Complex]) -> (node: Int, value: Double) {
        var worst = (node: nodes.first.map { Int($0) } ?? 0, value: 0.0)
        voltages.withUnsafeBufferPointer { voltages in
            guard let base = voltages.baseAddress else { return }
            for (number, node) in nodes.enumerated() {
                let voltage = base[Int(node)]
                let flow = voltage * admittance.current(Int(node), voltages: base).conjugate
                let mismatch = injections.power(node: Int(node), magnitude: voltage.magnitude) - flow
                self.mismatch[2 * number] = mismatch.real
                self.mismatch[2 * number + 1] = isHeld[Int(node)] ? 0 : mismatch.imaginary
                let size = max(abs(mismatch.real), abs(self.mismatch[2 * number + 1]))
                if size > worst.value || !size.isFinite { worst = (Int(node), size) }
            }
        }
        return worst
    }

    private func fill(_ admittance: NodalAdmittance, _ injections: Injections, isHeld: [Bool], voltages: [Complex]) {
        voltages.withUnsafeBufferPointer { voltages in
            guard let base = voltages.baseAddress else { return }
            for (number, node) in nodes.enumerated() {
                let node = Int(node)
                let voltage = base[node]
                for index in Int(admittance.graph.starts[node])..<Int(admittance.graph.starts[node + 1]) {
                    let place = offDiagonalPlaces[index]
                    guard place.place >= 0 else { continue }
                    let m = voltage * (admittance.offDiagonal[index] * base[Int(admittance.graph.neighbours[index])]).conjugate
                    write(place, Complex(m.imaginary, -m.real), m, isHeld: isHeld[node])
                }
                let m = voltage * (admittance.diagonal[node] * voltage).conjugate
                let flow = voltage * admittance.current(node, voltages: base).conjugate
                let byAngle = Complex.i * (flow - m)
                let byMagnitude = flow + m - injections.slope(node: node, magnitude: voltage.magnitude)
                write(diagonalPlaces[number], byAngle, byMagnitude, isHeld: isHeld[node])
                if isHeld[node] { values[Int(diagonalPlaces[number].place + diagonalPlaces[number].stride) + 1] = 1 }
            }
        }
    }

    /// Writes a 2×2 block: derivatives of P and Q by angle and by the logarithm of the magnitude.
    private func write(_ place: (place: Int32, stride: Int32), _ byAngle: Complex, _ byMagnitude: Complex, isHeld: Bool) {
        let (first, second) = (Int(place.place), Int(place.place + place.stride))
        values[first] = byAngle.real
        values[first + 1] = isHeld ? 0 : byAngle.imaginary
        values[second] = byMagnitude.real
        values[second + 1] = isHeld ? 0 : byMagnitude.imaginary
    }
}
