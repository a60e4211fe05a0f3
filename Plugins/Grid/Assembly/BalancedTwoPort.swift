/// Two-ports of equipment in per unit, before they have a place in a grid.
struct BalancedTwoPort: Sendable {
    var yff: Complex
    var yft: Complex
    var ytf: Complex
    var ytt: Complex
    /// Angle of the first end less that of the second when nothing is loaded, in radian.
    var shift = 0.0

    /// A pi model in siemens between nodes of the given line-to-line volts.
    static func line(_ parameters: SequenceParameters, fromVolts: Double, toVolts: Double, basePowerVA: Double) -> BalancedTwoPort {
        let series = parameters.impedance.reciprocal
        let own = series + parameters.admittance / 2
        return BalancedTwoPort(
            yff: own * (fromVolts * fromVolts / basePowerVA), yft: -series * (fromVolts * toVolts / basePowerVA),
            ytf: -series * (fromVolts * toVolts / basePowerVA), ytt: own * (toVolts * toVolts / basePowerVA))
    }

    var isFinite: Bool { yff.isFinite && yft.isFinite && ytf.isFinite && ytt.isFinite && shift.isFinite }

    /// What the first end sees when the second one is open.
    var openAtSecondEnd: Complex { yff - yft * ytf / ytt }
    /// What the second end sees when the first one is open.
    var openAtFirstEnd: Complex { ytt - ytf * yft / yff }
}

/// A transformer in per unit: each winding an impedance and an ideal ratio to the common star point.
struct BalancedStar: Sendable {
    /// Voltage of each winding over that of the star point, at no load: ratio, taps and vector group.
    var ratios: [Complex]
    /// Of each winding at its node; nil where the winding has no impedance.
    var admittances: [Complex?]
    /// At the star point.
    var magnetising: Complex

    /// - Parameter nodeVolts: line-to-line volts of the node of each winding.
    init(_ transformer: Transformer, nodeVolts: [Double], basePowerVA: Double) {
        let windings = transformer.windings
        ratios = []
        admittances = []
        for (position, (winding, volts)) in zip(windings, nodeVolts).enumerated() {
            let rated = winding.connection == .single ? Self.bankVolts(winding) : winding.ratedVolts
            let hours = transformer.isSinglePhase ? 0 : winding.clock - windings[0].clock
            let turn = Complex(magnitude: rated / volts, angle: -Double(hours) * .pi / 6)
            ratios.append(winding.tapFactor * turn)
            // The coils of three tanks are the phases of a bank: in delta, the star has a third of a coil's impedance.
            let share = winding.connection == .single && !winding.coil.contains(.neutral) ? 3.0 : 1
            let perUnit = winding.impedance * (transformer.impedanceShare(position) / share) * (basePowerVA / (volts * volts))
            admittances.append(perUnit.magnitude > 1e-12 ? perUnit.reciprocal : nil)
        }
        magnetising = Self.magnetising(transformer, basePowerVA: basePowerVA)
    }

    /// In per unit at a star point whose voltage is 1 when each winding has its rated voltage.
    static func magnetising(_ transformer: Transformer, basePowerVA: Double) -> Complex {
        let rated = transformer.windings[0].ratedVolts
        let coils = transformer.isSinglePhase ? 3.0 : 1
        return transformer.magnetisingAdmittance * (coils * rated * rated / basePowerVA)
    }

    /// The line-to-line voltage of a bank whose coils have a rated voltage: of coils between phase and neutral √3 times as much.
    private static func bankVolts(_ winding: Transformer.Winding) -> Double {
        winding.coil.contains(.neutral) ? winding.ratedVolts * 3.0.squareRoot() : winding.ratedVolts
    }

    /// Two windings without the star point.
    var twoPort: BalancedTwoPort {
        let (a, b) = (ratios[0], ratios[1])
        let shift = (a * b.conjugate).angle
        switch (admittances[0], admittances[1]) {
        case (let first?, let second?):
            let total = a.squaredMagnitude * first + b.squaredMagnitude * second + magnetising
            return BalancedTwoPort(
                yff: first - a.squaredMagnitude * first * first / total, yft: -(a * b.conjugate) * first * second / total,
                ytf: -(b * a.conjugate) * first * second / total, ytt: second - b.squaredMagnitude * second * second / total, shift: shift)
        case (let first?, nil):
            let ratio = a / b
            return BalancedTwoPort(
                yff: first, yft: -ratio * first, ytf: -ratio.conjugate * first,
                ytt: ratio.squaredMagnitude * first + magnetising / b.squaredMagnitude, shift: shift)
        case (nil, let second?):
            let ratio = b / a
            return BalancedTwoPort(
                yff: ratio.squaredMagnitude * second + magnetising / a.squaredMagnitude, yft: -ratio.conjugate * second,
                ytf: -ratio * second, ytt: second, shift: shift)
        case (nil, nil): return BalancedTwoPort(yff: .zero, yft: .zero, ytf: .zero, ytt: .zero, shift: shift)
        }
    }

    /// From the node of a winding to the star point.
    func branch(_ winding: Int) -> BalancedTwoPort {
        // A winding without impedance gets one in a hundred millionth of what is base: no result shows it.
        let own = admittances[winding] ?? Complex(0, -1e7)
        let ratio = ratios[winding]
        return BalancedTwoPort(
            yff: own, yft: -ratio * own, ytf: -ratio.conjugate * own, ytt: ratio.squaredMagnitude * own, shift: ratio.angle)
    }
}
