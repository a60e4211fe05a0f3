internal import Glibc
internal import Grid
internal import Solvers

/// The changes of the state that no meter notices, found numerically.
///
/// The gain of all rows, each divided by its length, is factorised with ε added to its diagonal. Then ε·(gain + ε)⁻¹ is, up to ε over the
/// smallest eigenvalue that is not zero, the projector onto the null space: its trace is the nullity, and it turns any vector into one
/// of the null space. Sigmas do not matter. Injections count as exact (their rows stand in the augmented form), so that the result does
/// not depend on the length of feeders.
struct NullSpace {
    let equations: Equations
    let nullity: Int
    /// By position the share of the nullity.
    let shares: [Double]
    /// By position an arbitrary vector of the null space, largest entry one; all zero when the nullity is.
    let vector: [Complex]

    static let damping = 1e-9
    /// Entries of the vector below this are rounding.
    static let least = 1e-6

    /// - Parameters:
    ///   - suppositions: injections that count as known.
    ///   - takesPart: which measurements count.
    init(_ model: EstimationModel, layout: Layout, suppositions: Suppositions = Suppositions(), takesPart: (Int) -> Bool) {
        let equations = Equations(model, layout: layout)
        equations.suppositions.injections = suppositions.injections
        self.equations = equations
        for index in 0..<model.measurements.count { equations.weights[index] = takesPart(index) ? 1 : 0 }
        equations.usesCurrentMagnitudes = true
        // A row like any other: a heavy one beside the damping would need more digits than there are.
        equations.symmetryWeight = 1
        equations.gatherTargets()
        for position in 0..<layout.count { equations.targets[position].variance = .zero }
        Self.leaveFlatStart(equations, model)
        equations.evaluateCurrents()
        Self.normalizeRows(equations)
        equations.damping = Self.damping
        equations.softening = Self.damping
        equations.assemble()
        equations.matrix.factor(tolerance: 0)
        shares = Self.shares(equations)
        nullity = max(0, Int(shares.reduce(0, +).rounded()))
        vector = nullity == 0 ? Array(repeating: .zero, count: layout.count) : Self.vector(equations)
    }

    /// At the nominal voltages no current flows, and rows are dependent that are not anywhere else.
    private static func leaveFlatStart(_ equations: Equations, _ model: EstimationModel) {
        equations.startFlat(model)
        var noise = Noise(seed: 1)
        for position in 0..<equations.layout.count {
            let change = Complex(magnitude: 1 + 0.02 * noise.next(), angle: 0.02 * noise.next())
            equations.voltages[position] = equations.voltages[position] * change
        }
        keepZeroInjections(equations)
    }

    /// Moves the state as little as possible to where the zero injections hold: beyond, their rows would tell apart what they cannot.
    private static func keepZeroInjections(_ equations: Equations) {
        let (weights, targets) = (equations.weights.array, equations.targets.array)
        equations.weights.fill(0)
        for position in 0..<equations.layout.count where equations.layout.injections[position] == .power {
            equations.targets[position].present = .zero
        }
        equations.damping = 1
        equations.softening = 1e-12
        equations.evaluate()
        equations.assemble()
        equations.matrix.factor(tolerance: 0)
        _ = equations.solveStep()
        equations.advance(by: 1)
        equations.multipliers.fill(.zero)
        for (index, weight) in weights.enumerated() { equations.weights[index] = weight }
        for (position, target) in targets.enumerated() { equations.targets[position] = target }
    }

    private static func normalizeRows(_ equations: Equations) {
        let layout = equations.layout
        for index in 0..<layout.voltageMeters.count {
            let meter = layout.voltageMeters[index]
            let row = VoltageRow(meter.quantity, at: equations.voltages[Int(meter.position)])
            equations.weights[Int(meter.measurement)] /= row.gradient.squaredMagnitude
        }
        for index in 0..<layout.ends.count {
            let end = layout.ends[index]
            let voltage = equations.voltages[Int(layout.terms[Int(end.ownTerm)].position)]
            let current = equations.current(of: end)
            for index in Int(end.firstMeter)..<Int(end.firstMeter + end.meterCount) {
                let meter = layout.endMeters[index]
                let row = BranchRow(meter.quantity, voltage: voltage, current: current)
                var square = 0.0
                for term in Int(end.firstTerm)..<Int(end.firstTerm + end.termCount) {
                    square += equations.gradient(of: row, end: end, term: term).squaredMagnitude
                }
                if square > 0 { equations.weights[Int(meter.measurement)] /= square }
            }
        }
    }

    private static func shares(_ equations: Equations) -> [Double] {
        let inverse = SelectedInverse<Block4>(pattern: equations.layout.pattern)
        inverse.compute(from: equations.matrix)
        return (0..<equations.layout.count).map { damping * (inverse.diagonal[$0].c0.x + inverse.diagonal[$0].c1.y) }
    }

    /// Inverse iteration from noise.
    private static func vector(_ equations: Equations) -> [Complex] {
        let count = equations.layout.count
        var noise = Noise(seed: 2)
        for position in 0..<count { equations.rightHandSide[position] = SIMD4(noise.next(), noise.next(), 0, 0) }
        for _ in 0..<3 {
            equations.matrix.solve(equations.rightHandSide.pointer)
            var largest = 0.0
            for position in 0..<count {
                let step = equations.rightHandSide[position]
                largest = max(largest, abs(step.x), abs(step.y))
            }
            for position in 0..<count {
                equations.rightHandSide[position] *= SIMD4(1 / largest, 1 / largest, 0, 0)
            }
        }
        return (0..<count).map { Complex(equations.rightHandSide[$0].x, equations.rightHandSide[$0].y) }
    }

    /// Whether the voltage at a position may change unnoticed.
    func moves(_ position: Int) -> Bool { vector[position].magnitude > Self.least }

    /// Whether the power at a terminal may change unnoticed.
    func changesPower(terminals: [Int], row: Int, admittances: [Complex]) -> Bool {
        var current = Complex.zero
        var change = Complex.zero
        var scale = 0.0
        for (position, y) in zip(terminals, admittances) {
            current += y * equations.voltages[position]
            change += y * vector[position]
            scale = max(scale, y.magnitude)
        }
        let power = vector[terminals[row]] * current.conjugate + equations.voltages[terminals[row]] * change.conjugate
        return power.magnitude > Self.least * scale
    }
}

/// Numbers between -1 and 1 that are the same in every run (xorshift, Marsaglia 2003).
struct Noise {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> Double {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Double(Int64(bitPattern: state) >> 11) / Double(1 << 52)
    }
}
