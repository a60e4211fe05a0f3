internal import Grid
internal import Solvers

/// The augmented equations of weighted least squares at a state: residuals, exact gradient and matrix.
///
/// Unknown are for each conductor the rectangular voltage x = (e, f) and the multipliers ν of its two injection rows. With G = HᵀWH of the
/// meters of voltage and of branches, J the rows of the injections and R their variances (0 for a zero injection, whose rows are those of
/// the current), a step solves (Gjelsvik, Aam & Holten 1985; README, equation 3)
///
///     ⎡ G/w   Jᵀ/s  ⎤ ⎡ Δx        ⎤   ⎡ (HᵀW·r − Jᵀν)/w ⎤
///     ⎣ J/s  −R·w/s²⎦ ⎣ Δν·s/w    ⎦ = ⎣ (r + R·ν)/s     ⎦
///
/// with the scales w (a typical weight) and s (the largest admittance of a row). The right-hand side is exact at every state, so the
/// solution is the optimum whatever the age of the matrix.
final class Equations {
    let layout: Layout
    let matrix: BlockLDL<Block4>
    let voltages: FixedBuffer<Complex>
    /// (P, Q) or, at a zero injection, (Re I, Im I) rows' multipliers.
    let multipliers: FixedBuffer<Complex>
    /// The current into the grid at each conductor, of the last `evaluate`.
    let currents: FixedBuffer<Complex>
    let rightHandSide: FixedBuffer<SIMD4<Double>>
    /// By measurement.
    let values: FixedBuffer<Double>
    /// 1/σ² by measurement; 0: left out.
    let weights: FixedBuffer<Double>
    let targets: FixedBuffer<InjectionTarget>
    /// Weighted mean of the measured P and Q of each conductor.
    let targetValues: FixedBuffer<SIMD2<Double>>
    /// Of each meter of an injection its part of the weight of all there.
    private let meterShares: FixedBuffer<Double>
    private let transported: FixedBuffer<Complex>
    /// w of the equations.
    var weightScale = 1.0
    /// The weight of the symmetry of a source's phases, relative to that of a typical meter.
    var symmetryWeight = 1e8
    /// Current magnitudes enter after a solution without them: at no current they have no derivative.
    var usesCurrentMagnitudes = false
    /// Added to the scaled diagonal of x: with `softening`, it keeps the matrix quasi-definite where pivots vanish, and leaves the solution
    /// where it is, because the right-hand side is exact (proximal method of multipliers).
    var damping = 0.0
    /// Subtracted from the scaled diagonal of ν.
    var softening = 0.0

    /// What is supposed where nothing is known, so that the rest can be estimated.
    var suppositions = Suppositions()

    /// What all meters of one injection together say, beside `targetValues`.
    struct InjectionTarget: BitwiseCopyable {
        /// Variance of the mean; 0 for a zero injection and for what is not measured.
        var variance: SIMD2<Double>
        /// 1 where there is an equation, 0 where not.
        var present: SIMD2<Double>
    }

    init(_ model: EstimationModel, layout: Layout? = nil) {
        let layout = layout ?? Layout(model)
        self.layout = layout
        let count = layout.count
        matrix = BlockLDL(pattern: layout.pattern)
        voltages = FixedBuffer(repeating: .one, count: count)
        multipliers = FixedBuffer(repeating: .zero, count: count)
        currents = FixedBuffer(repeating: .zero, count: count)
        transported = FixedBuffer(repeating: .zero, count: count)
        rightHandSide = FixedBuffer(repeating: .zero, count: count)
        values = FixedBuffer(model.measurements.map(\.value))
        weights = FixedBuffer(model.measurements.map { 1 / ($0.sigma * $0.sigma) })
        meterShares = FixedBuffer(repeating: 0, count: layout.injectionMeters.count)
        targets = FixedBuffer(repeating: InjectionTarget(variance: .zero, present: .zero), count: count)
        targetValues = FixedBuffer(repeating: .zero, count: count)
    }

    /// Takes the meters of each injection together: call after `weights` have changed.
    func gatherTargets() {
        let targets = targets.pointer
        for position in 0..<layout.count {
            let present: SIMD2<Double> = layout.injections[position] == .zero ? SIMD2(1, 1) : .zero
            targets[position] = InjectionTarget(variance: .zero, present: present)
            targetValues[position] = .zero
        }
        for index in 0..<layout.injectionMeters.count {
            let meter = layout.injectionMeters[index]
            let weight = weights[Int(meter.measurement)]
            guard weight > 0 else { continue }
            let place = targets + Int(meter.position)
            let total = weight + (place.pointee.present[meter.lane] > 0 ? 1 / place.pointee.variance[meter.lane] : 0)
            place.pointee.variance[meter.lane] = 1 / total
            place.pointee.present[meter.lane] = 1
        }
        for index in 0..<layout.injectionMeters.count {
            let meter = layout.injectionMeters[index]
            let weight = weights[Int(meter.measurement)]
            meterShares[index] = weight > 0 ? weight * targets[Int(meter.position)].variance[meter.lane] : 0
        }
        gatherValues()
    }

    /// Renews the means of all injections: call after `values` alone have changed and `setValue` did not follow.
    func gatherValues() {
        let (means, values, shares) = (targetValues.pointer, values.pointer, meterShares.pointer)
        let meters = layout.injectionMeters.pointer
        var last = SIMD2<Int32>(-1, -1)
        for index in 0..<layout.injectionMeters.count where shares[index] > 0 {
            let meter = meters[index]
            let part = shares[index] * values[Int(meter.measurement)]
            let value = last[meter.lane] == meter.position ? means[Int(meter.position)][meter.lane] + part : part
            means[Int(meter.position)][meter.lane] = value
            last[meter.lane] = meter.position
        }
        writeSuppositions()
    }

    /// The largest weight of a voltage meter, which the matrix is scaled with; of any meter where no voltage is measured.
    func chooseWeightScale() {
        var largest = 0.0
        for index in 0..<layout.voltageMeters.count { largest = max(largest, weights[Int(layout.voltageMeters[index].measurement)]) }
        if largest == 0 { for index in 0..<weights.count { largest = max(largest, weights[index]) } }
        weightScale = largest > 0 ? largest : 1
    }

    /// The weight of the angle reference. What merely fixes a gauge has no influence on the rest; the symmetry of a source's phases has,
    /// and stands far above every meter.
    func weight(of reference: Layout.Reference) -> Double { reference.isGauge ? weightScale : symmetryWeight * weightScale }

    func weight(of meter: Layout.Meter) -> Double {
        meter.quantity == .currentMagnitude && !usesCurrentMagnitudes ? 0 : weights[Int(meter.measurement)]
    }
}

extension Equations {
    /// Currents, residuals and gradient at `voltages` and `multipliers`; fills `rightHandSide`.
    func evaluate() {
        transport()
        evaluateInjections()
        let (scale, sides) = (1 / weightScale, rightHandSide.pointer)
        forEachPull { position, pull in
            sides[position].x += pull.real * scale
            sides[position].y += pull.imaginary * scale
        }
        for held in suppositions.voltages {
            let pull = Suppositions.weight * (held.voltage - voltages[held.position])
            sides[held.position].x += pull.real
            sides[held.position].y += pull.imaginary
        }
    }

    /// Calls back with what each meter of a voltage or of a branch, and each reference, pulls at a voltage: HᵀW·r, row by row.
    @inline(__always)
    func forEachPull(_ body: (Int, Complex) -> Void) {
        let (meters, voltages) = (layout.voltageMeters.pointer, voltages.pointer)
        for index in 0..<layout.voltageMeters.count {
            let (position, measurement) = (Int(meters[index].position), Int(meters[index].measurement))
            let row = VoltageRow(meters[index].quantity, at: voltages[position])
            body(position, weights.pointer[measurement] * row.residual(values.pointer[measurement]) * row.gradient)
        }
        for reference in layout.references {
            let row = VoltageRow(reference: reference, at: voltages[reference.position])
            body(reference.position, -weight(of: reference) * row.value * row.gradient)
        }
        for index in 0..<layout.ends.count { forEachPull(of: layout.ends[index], body) }
    }

    /// What each row's multipliers weigh its current with.
    private func transport() {
        let (voltages, multipliers, transported) = (voltages.pointer, multipliers.pointer, transported.pointer)
        let kinds = layout.injections.pointer
        for position in 0..<layout.count {
            switch kinds[position] {
            case .power: transported[position] = multipliers[position].conjugate * voltages[position]
            case .zero: transported[position] = multipliers[position]
            }
        }
    }

    private func evaluateInjections() {
        let (voltages, multipliers, transported, currents) = (voltages.pointer, multipliers.pointer, transported.pointer, currents.pointer)
        let (starts, entries, kinds, scales) = (
            layout.rowStarts.pointer, layout.entries.pointer, layout.injections.pointer, layout.rowScales.pointer)
        let (targets, sides) = (targets.pointer, rightHandSide.pointer)
        let scale = -1 / weightScale
        for position in 0..<layout.count {
            var current = Complex.zero
            var gradient = Complex.zero
            for index in Int(starts[position])..<Int(starts[position + 1]) {
                let column = Int(entries[index].column)
                current += entries[index].y * voltages[column]
                gradient += entries[index].transposed * transported[column]
            }
            currents[position] = current
            var residual = SIMD2<Double>.zero
            switch kinds[position] {
            case .power:
                let power = voltages[position] * current.conjugate
                let multiplier = multipliers[position]
                let target = targets[position]
                gradient += multiplier * current
                residual = target.present * (targetValues.pointer[position] - SIMD2(power.real, power.imaginary))
                residual += target.variance * SIMD2(multiplier.real, multiplier.imaginary)
            case .zero: residual = -SIMD2(current.real, current.imaginary)
            }
            residual *= 1 / scales[position]
            sides[position] = SIMD4(gradient.real * scale, gradient.imaginary * scale, residual.x, residual.y)
        }
    }

    @inline(__always)
    private func forEachPull(of end: Layout.BranchEnd, _ body: (Int, Complex) -> Void) {
        let voltage = voltages[Int(layout.terms[Int(end.ownTerm)].position)]
        let current = current(of: end)
        var own = Complex.zero
        var through = Complex.zero
        for index in Int(end.firstMeter)..<Int(end.firstMeter + end.meterCount) {
            let meter = layout.endMeters[index]
            let row = BranchRow(meter.quantity, voltage: voltage, current: current)
            let pull = weight(of: meter) * (values[Int(meter.measurement)] - row.value)
            own += pull * row.own
            through += pull * row.through
        }
        for index in Int(end.firstTerm)..<Int(end.firstTerm + end.termCount) {
            let term = layout.terms[index]
            body(Int(term.position), term.y.conjugate * through)
        }
        body(Int(layout.terms[Int(end.ownTerm)].position), own)
    }

    /// The current into a branch at one of its ends.
    func current(of end: Layout.BranchEnd) -> Complex {
        var current = Complex.zero
        for index in Int(end.firstTerm)..<Int(end.firstTerm + end.termCount) {
            let term = layout.terms[index]
            current += term.y * voltages[Int(term.position)]
        }
        return current
    }
}
