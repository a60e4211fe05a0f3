internal import Grid
internal import Solvers

/// Steps with a factorisation that is kept from frame to frame, in single precision, and with equations that are exact in double precision.
///
/// What a step lacks the next one makes good, because the right-hand side is computed from the state itself (iterative refinement in mixed
/// precision: Buttari et al., ACM Trans. Math. Softw. 34, 2008): rounding to single precision costs far less than the age of the matrix does.
/// Evaluation and forward substitution share one walk over the grid, back substitution and the new state the other.
///
/// Lanes hold what is computed alike: a voltage and the conjugate of what its row's multipliers weigh currents with, so that one product with
/// the admittances (y_ij, y_ji) gives a part of the current and of the conjugate gradient.
final class KeptFactor {
    private let equations: Equations
    /// L and D⁻¹ of the equations without their scales, and Lᵀ beside L: either way a product is a sum of columns.
    private let lower: FixedBuffer<SingleBlock>
    private let upper: FixedBuffer<SingleBlock>
    private let diagonal: FixedBuffer<SingleBlock>
    /// Of each block below the diagonal the admittances of (column, row) and of (row, column); zero where it is fill.
    private let admittances: FixedBuffer<Pair>
    private let ownAdmittances: FixedBuffer<Pair>
    private let rows: FixedBuffer<InjectionRow>
    /// Voltage and conjugate weight of each conductor.
    private let state: FixedBuffer<Pair>
    /// Current and conjugate gradient as far as they are summed.
    private let sums: FixedBuffer<Pair>
    private let eliminated: FixedBuffer<SIMD4<Float>>
    private let steps: FixedBuffer<SIMD4<Float>>

    /// Two complex numbers, lane by lane.
    private struct Pair: BitwiseCopyable {
        var real: SIMD2<Double>
        var imaginary: SIMD2<Double>

        static let zero = Pair(real: .zero, imaginary: .zero)

        @inline(__always)
        mutating func add(_ a: Pair, times b: Pair) {
            real += a.real * b.real - a.imaginary * b.imaginary
            imaginary += a.real * b.imaginary + a.imaginary * b.real
        }

        @inline(__always)
        var exchanged: Pair { Pair(real: SIMD2(real.y, real.x), imaginary: SIMD2(imaginary.y, imaginary.x)) }
    }

    /// Residual of a conductor's injection: `present·(value − power) + variance·ν − kirchhoff·current`.
    private struct InjectionRow: BitwiseCopyable {
        var present: SIMD2<Double>
        var variance: SIMD2<Double>
        /// 1 where the rows are those of the current, 0 where those of a power.
        var kirchhoff: Double
        var isPower: Double { 1 - kirchhoff }
    }

    init(_ equations: Equations) {
        self.equations = equations
        let (pattern, layout) = (equations.layout.pattern, equations.layout)
        lower = FixedBuffer(repeating: .zero, count: pattern.rows.count)
        upper = FixedBuffer(repeating: .zero, count: pattern.rows.count)
        diagonal = FixedBuffer(repeating: .zero, count: layout.count)
        admittances = FixedBuffer(repeating: .zero, count: pattern.rows.count)
        ownAdmittances = FixedBuffer(repeating: .zero, count: layout.count)
        rows = FixedBuffer(repeating: InjectionRow(present: .zero, variance: .zero, kirchhoff: 0), count: layout.count)
        state = FixedBuffer(repeating: .zero, count: layout.count)
        sums = FixedBuffer(repeating: .zero, count: layout.count)
        eliminated = FixedBuffer(repeating: .zero, count: layout.count)
        steps = FixedBuffer(repeating: .zero, count: layout.count)
        for position in 0..<layout.count {
            for index in Int(layout.rowStarts[position])..<Int(layout.rowStarts[position + 1]) {
                let entry = layout.entries[index]
                guard Int(entry.column) >= position else { continue }
                let pair = Pair(
                    real: SIMD2(entry.y.real, entry.transposed.real), imaginary: SIMD2(entry.y.imaginary, -entry.transposed.imaginary))
                if Int(entry.column) == position { ownAdmittances[position] = pair } else { admittances[Int(entry.slot)] = pair }
            }
        }
    }

    /// Takes over the matrix as it is factorised now.
    func renew() {
        let (matrix, layout, scale) = (equations.matrix, equations.layout, equations.weightScale)
        for position in 0..<layout.count {
            let own = scales(position)
            diagonal.pointer[position] = SingleBlock(matrix.diagonal[position], rows: own, columns: own * scale)
            for slot in Int(layout.pattern.columnStarts[position])..<Int(layout.pattern.columnStarts[position + 1]) {
                lower.pointer[slot] = SingleBlock(matrix.lower[slot], rows: 1 / scales(Int(layout.pattern.rows[slot])), columns: own)
                upper.pointer[slot] = lower.pointer[slot].transposed
            }
            let kirchhoff = layout.injections[position] == .zero ? 1.0 : 0
            let target = equations.targets[position]
            rows[position] = InjectionRow(present: (1 - kirchhoff) * target.present, variance: target.variance, kirchhoff: kirchhoff)
        }
    }

    /// What the rows of a block were divided by.
    private func scales(_ position: Int) -> SIMD4<Double> {
        let (weight, row) = (1 / equations.weightScale, 1 / equations.layout.rowScales[position])
        return SIMD4(weight, weight, row, row)
    }

    /// Starts from the voltages and multipliers at hand.
    func begin() {
        let (voltages, multipliers) = (equations.voltages.pointer, equations.multipliers.pointer)
        for position in 0..<steps.count { prepare(position, voltages[position], multipliers[position]) }
    }

    /// Goes one step.
    ///
    /// - Returns: the largest change of a voltage, per unit; not a number where there is none.
    func step() -> Double {
        let sums = sums.pointer
        equations.forEachPull { position, pull in
            sums[position].real.y -= pull.real
            sums[position].imaginary.y += pull.imaginary
        }
        sweepUp()
        return sweepDown().squareRoot()
    }

    /// Equations and forward substitution, leaves first.
    private func sweepUp() {
        let (sums, state, steps, eliminated) = (sums.pointer, state.pointer, steps.pointer, eliminated.pointer)
        let (lower, admittances) = (lower.pointer, admittances.pointer)
        equations.layout.pattern.columnStarts.withUnsafeBufferPointer { starts in
            equations.layout.pattern.rows.withUnsafeBufferPointer { neighbours in
                var slot = 0
                for position in 0..<starts.count - 1 {
                    let (begin, end) = (slot, Int(starts[position + 1]))
                    let own = state[position]
                    var sum = sums[position]
                    while slot < end {
                        let (row, pair) = (Int(neighbours[slot]), admittances[slot])
                        sum.add(pair, times: state[row])
                        sums[row].add(pair.exchanged, times: own)
                        slot += 1
                    }
                    let step = eliminated[position] + side(position, own, sum)
                    steps[position] = step
                    for slot in begin..<end { eliminated[Int(neighbours[slot])] -= SingleBlock.product(lower + slot, step) }
                }
            }
        }
    }

    /// The right-hand side of a conductor, whose sums are complete.
    @inline(__always)
    private func side(_ position: Int, _ own: Pair, _ sum: Pair) -> SIMD4<Float> {
        let (row, value) = (rows.pointer[position], equations.targetValues.pointer[position])
        let multiplier = equations.multipliers.pointer[position]
        let (voltage, current) = (Complex(own.real.x, own.imaginary.x), Complex(sum.real.x, sum.imaginary.x))
        let weighed = multiplier * current * row.isPower
        let power = voltage * current.conjugate
        let active = row.present.x * (value.x - power.real) + (row.variance.x * multiplier.real - row.kirchhoff * current.real)
        let reactive = row.present.y * (value.y - power.imaginary) + (row.variance.y * multiplier.imaginary - row.kirchhoff * current.imaginary)
        return SIMD4(Float(-sum.real.y - weighed.real), Float(sum.imaginary.y - weighed.imaginary), Float(active), Float(reactive))
    }

    /// Back substitution and the new state, roots first.
    ///
    /// - Returns: the square of the largest change of a voltage.
    private func sweepDown() -> Double {
        let (steps, upper, diagonal) = (steps.pointer, upper.pointer, diagonal.pointer)
        let (voltages, multipliers) = (equations.voltages.pointer, equations.multipliers.pointer)
        var largest = 0.0
        equations.layout.pattern.columnStarts.withUnsafeBufferPointer { starts in
            equations.layout.pattern.rows.withUnsafeBufferPointer { neighbours in
                var slot = neighbours.count
                var position = starts.count - 2
                while position >= 0 {
                    var step = SingleBlock.product(diagonal + position, steps[position])
                    let begin = Int(starts[position])
                    while slot > begin {
                        slot -= 1
                        step -= SingleBlock.product(upper + slot, steps[Int(neighbours[slot])])
                    }
                    steps[position] = step
                    let change = Complex(Double(step.x), Double(step.y))
                    let square = change.squaredMagnitude
                    if !(square <= largest) { largest = square }
                    let voltage = voltages[position] + change
                    let multiplier = multipliers[position] + Complex(Double(step.z), Double(step.w))
                    voltages[position] = voltage
                    multipliers[position] = multiplier
                    prepare(position, voltage, multiplier)
                    position -= 1
                }
            }
        }
        return largest
    }

    /// Voltage and weight, and the part of the conductor's own admittance in its current and gradient.
    @inline(__always)
    private func prepare(_ position: Int, _ voltage: Complex, _ multiplier: Complex) {
        let kirchhoff = rows.pointer[position].kirchhoff
        let product = multiplier * voltage.conjugate
        let weight = product + kirchhoff * (multiplier.conjugate - product)
        let own = Pair(real: SIMD2(voltage.real, weight.real), imaginary: SIMD2(voltage.imaginary, weight.imaginary))
        state.pointer[position] = own
        var sum = Pair.zero
        sum.add(ownAdmittances.pointer[position], times: own)
        sums.pointer[position] = sum
        eliminated.pointer[position] = .zero
    }
}

/// A 4×4 block in single precision, by columns.
private struct SingleBlock: BitwiseCopyable {
    var c0: SIMD4<Float>
    var c1: SIMD4<Float>
    var c2: SIMD4<Float>
    var c3: SIMD4<Float>

    static let zero = SingleBlock(c0: .zero, c1: .zero, c2: .zero, c3: .zero)

    private init(c0: SIMD4<Float>, c1: SIMD4<Float>, c2: SIMD4<Float>, c3: SIMD4<Float>) { (self.c0, self.c1, self.c2, self.c3) = (c0, c1, c2, c3) }

    /// A block with its rows and columns multiplied.
    init(_ block: Block4, rows: SIMD4<Double>, columns: SIMD4<Double>) {
        c0 = SIMD4(block.c0 * rows * columns.x)
        c1 = SIMD4(block.c1 * rows * columns.y)
        c2 = SIMD4(block.c2 * rows * columns.z)
        c3 = SIMD4(block.c3 * rows * columns.w)
    }

    var transposed: SingleBlock {
        SingleBlock(
            c0: SIMD4(c0.x, c1.x, c2.x, c3.x), c1: SIMD4(c0.y, c1.y, c2.y, c3.y), c2: SIMD4(c0.z, c1.z, c2.z, c3.z),
            c3: SIMD4(c0.w, c1.w, c2.w, c3.w))
    }

    /// Not inlined: beside code that takes lanes apart, the compiler would take this one apart too, and a call costs a tenth of that.
    @inline(never)
    static func product(_ block: UnsafePointer<SingleBlock>, _ v: SIMD4<Float>) -> SIMD4<Float> {
        let (first, second) = (block.pointee.c0 * v.x + block.pointee.c1 * v.y, block.pointee.c2 * v.z + block.pointee.c3 * v.w)
        return first + second
    }
}
