internal import Grid
internal import Solvers

extension Equations {
    /// Writes the matrix at the state of the last `evaluate`.
    func assemble() {
        matrix.clear()
        assembleInjections()
        let scale = 1 / weightScale
        for index in 0..<layout.voltageMeters.count {
            let meter = layout.voltageMeters[index]
            let row = VoltageRow(meter.quantity, at: voltages[Int(meter.position)])
            addSquare(row.gradient, weight: weights[Int(meter.measurement)] * scale, at: Int(meter.position))
        }
        for reference in layout.references {
            let row = VoltageRow(reference: reference, at: voltages[reference.position])
            addSquare(row.gradient, weight: weight(of: reference) * scale, at: reference.position)
        }
        for held in suppositions.voltages {
            addSquare(.one, weight: Suppositions.weight, at: held.position)
            addSquare(.i, weight: Suppositions.weight, at: held.position)
        }
        for index in 0..<layout.ends.count { assemble(layout.ends[index], scale: scale) }
    }

    private func assembleInjections() {
        let (starts, entries) = (layout.rowStarts.pointer, layout.entries.pointer)
        for position in 0..<layout.count {
            let own = InjectionRows(self, position)
            for index in Int(starts[position])..<Int(starts[position + 1]) {
                let entry = entries[index]
                let column = Int(entry.column)
                if column > position { break }
                let (first, second) = own.gradients(entry.y)
                if column == position {
                    matrix.diagonal[position] = own.diagonal(first, second, damping: damping, softening: softening)
                    continue
                }
                let (otherFirst, otherSecond) = InjectionRows(self, column).gradients(entry.transposed.conjugate)
                matrix.lower[Int(entry.slot)] = Block4(
                    SIMD4(0, 0, first.real, second.real), SIMD4(0, 0, first.imaginary, second.imaginary),
                    SIMD4(otherFirst.real, otherFirst.imaginary, 0, 0), SIMD4(otherSecond.real, otherSecond.imaginary, 0, 0))
            }
        }
    }

    private func addSquare(_ gradient: Complex, weight: Double, at position: Int) {
        let (x, y) = (gradient.real * weight, gradient.imaginary * weight)
        let block = matrix.diagonal + position
        block.pointee.c0 += SIMD4(x * gradient.real, x * gradient.imaginary, 0, 0)
        block.pointee.c1 += SIMD4(y * gradient.real, y * gradient.imaginary, 0, 0)
    }

    private func assemble(_ end: Layout.BranchEnd, scale: Double) {
        let voltage = voltages[Int(layout.terms[Int(end.ownTerm)].position)]
        let current = current(of: end)
        for index in Int(end.firstMeter)..<Int(end.firstMeter + end.meterCount) {
            let meter = layout.endMeters[index]
            let weight = weight(of: meter) * scale
            guard weight > 0 else { continue }
            let row = BranchRow(meter.quantity, voltage: voltage, current: current)
            addProducts(of: end, row: row, weight: weight)
        }
    }

    private func addProducts(of end: Layout.BranchEnd, row: BranchRow, weight: Double) {
        let terms = Int(end.firstTerm)..<Int(end.firstTerm + end.termCount)
        var pair = Int(end.firstPair)
        for a in terms {
            let gradient = gradient(of: row, end: end, term: a)
            let position = layout.terms[a].position
            addSquare(gradient, weight: weight, at: Int(position))
            for b in a + 1..<max(terms.upperBound, a + 1) {
                let other = self.gradient(of: row, end: end, term: b)
                let isBelow = layout.terms[b].position > position
                let (rows, columns) = isBelow ? (other, gradient) : (gradient, other)
                let block = matrix.lower + Int(layout.pairSlots[pair])
                let (x, y) = (columns.real * weight, columns.imaginary * weight)
                block.pointee.c0 += SIMD4(x * rows.real, x * rows.imaginary, 0, 0)
                block.pointee.c1 += SIMD4(y * rows.real, y * rows.imaginary, 0, 0)
                pair += 1
            }
        }
    }

    func gradient(of row: BranchRow, end: Layout.BranchEnd, term: Int) -> Complex {
        let through = layout.terms[term].y.conjugate * row.through
        return term == Int(end.ownTerm) ? through + row.own : through
    }
}

/// The two scaled injection rows of a conductor: their gradients are linear in the admittance to the conductor that is varied.
struct InjectionRows {
    /// conj(y)·first and conj(y)·second are the gradients; zero where there is no equation.
    private var first = Complex.zero
    private var second = Complex.zero
    private var ownFirst = Complex.zero
    private var ownSecond = Complex.zero
    private var diagonal = SIMD2<Double>(-1, -1)

    @inline(__always)
    init(_ equations: Equations, _ position: Int) {
        let layout = equations.layout
        let target = equations.targets.pointer[position]
        let scale = target.present * (1 / layout.rowScales.pointer[position])
        switch layout.injections.pointer[position] {
        case .power:
            let voltage = equations.voltages.pointer[position]
            let current = equations.currents.pointer[position]
            first = voltage * scale.x
            second = Complex(voltage.imaginary, -voltage.real) * scale.y
            ownFirst = current * scale.x
            ownSecond = Complex(-current.imaginary, current.real) * scale.y
            diagonal = target.present - 1 - target.variance * scale * scale * equations.weightScale
        case .zero:
            first = Complex(scale.x)
            second = Complex(0, scale.y)
            diagonal = .zero
        }
    }

    /// ∂row/∂e + j·∂row/∂f by the voltage that `y` leads to.
    @inline(__always)
    func gradients(_ y: Complex) -> (Complex, Complex) { (y.conjugate * first, y.conjugate * second) }

    @inline(__always)
    func diagonal(_ first: Complex, _ second: Complex, damping: Double, softening: Double) -> Block4 {
        let (a, b) = (first + ownFirst, second + ownSecond)
        return Block4(
            SIMD4(damping, 0, a.real, b.real), SIMD4(0, damping, a.imaginary, b.imaginary),
            SIMD4(a.real, a.imaginary, diagonal.x - softening, 0), SIMD4(b.real, b.imaginary, 0, diagonal.y - softening))
    }
}
