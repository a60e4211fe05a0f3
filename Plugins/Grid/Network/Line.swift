/// Parameters of a line in one sequence, over its whole length.
public struct SequenceParameters: Hashable, Sendable {
    /// Series impedance in ohm.
    public var impedance: Complex
    /// Shunt admittance of the whole length in siemens; half of it is at either end.
    public var admittance: Complex

    public init(impedance: Complex, admittance: Complex = .zero) {
        self.impedance = impedance
        self.admittance = admittance
    }
}

/// Parameters of a line between its phase conductors over its whole length, earth and neutral conductors reduced (Kron).
public struct PhaseParameters: Hashable, Sendable {
    /// The phases of the rows and columns.
    public var phases: [Phase]
    /// Series impedance in ohm, row by row, `phases.count` squared.
    public var impedance: [Complex]
    /// Shunt admittance of the whole length in siemens, row by row; half of it is at either end.
    public var admittance: [Complex]

    public init(phases: [Phase], impedance: [Complex], admittance: [Complex]) {
        self.phases = phases
        self.impedance = impedance
        self.admittance = admittance
    }
}

/// A line or cable section (CIM: `ACLineSegment`), or any other series impedance (`SeriesCompensator`, `EquivalentBranch`).
public struct Line: Hashable, Sendable {
    public enum Parameters: Hashable, Sendable {
        /// Positive sequence, and zero sequence where it is known.
        case sequence(positive: SequenceParameters, zero: SequenceParameters?)
        case phases(PhaseParameters)
    }

    public var identity: Identity
    public var from: Terminal
    public var to: Terminal
    public var parameters: Parameters
    /// Nominal line-to-line voltage in volt.
    public var nominalVolts: Double
    /// In metre; 0 where it is not known (the parameters contain it).
    public var lengthMetres: Double
    /// The current it may carry for ever (CIM: PATL), in ampere.
    public var ratedAmperes: Double?

    public init(
        _ identity: Identity, from: Terminal, to: Terminal, parameters: Parameters, nominalVolts: Double, lengthMetres: Double = 0,
        ratedAmperes: Double? = nil
    ) {
        self.identity = identity
        self.from = from
        self.to = to
        self.parameters = parameters
        self.nominalVolts = nominalVolts
        self.lengthMetres = lengthMetres
        self.ratedAmperes = ratedAmperes
    }

    /// The positive sequence; of phase matrices the mean of the self less the mean of the mutual terms.
    public var positiveSequence: SequenceParameters {
        switch parameters {
        case .sequence(let positive, _): positive
        case .phases(let matrix):
            SequenceParameters(
                impedance: positiveSequence(of: matrix.impedance, order: matrix.phases.count),
                admittance: positiveSequence(of: matrix.admittance, order: matrix.phases.count))
        }
    }

    /// What the phase conductors see: `phases` itself, or the matrix that the sequences give for the phases of the terminals.
    ///
    /// Without a zero sequence, it is taken as the positive one: no coupling between the phases.
    public var phaseParameters: PhaseParameters {
        switch parameters {
        case .phases(let matrix): return matrix
        case .sequence(let positive, let zero):
            let phases = from.phases.withoutNeutral.phases
            let zero = zero ?? positive
            return PhaseParameters(
                phases: phases,
                impedance: phaseMatrix(positive: positive.impedance, zero: zero.impedance, order: phases.count),
                admittance: phaseMatrix(positive: positive.admittance, zero: zero.admittance, order: phases.count))
        }
    }

    private func positiveSequence(of matrix: [Complex], order: Int) -> Complex {
        var own = Complex.zero
        var mutual = Complex.zero
        for row in 0..<order {
            for column in 0..<order {
                if row == column { own += matrix[row * order + column] } else { mutual += matrix[row * order + column] }
            }
        }
        let pairs = order * (order - 1)
        return own / Double(max(order, 1)) - (pairs > 0 ? mutual / Double(pairs) : .zero)
    }

    /// Self (z0 + 2·z1)/3, mutual (z0 - z1)/3.
    private func phaseMatrix(positive: Complex, zero: Complex, order: Int) -> [Complex] {
        let own = (zero + 2 * positive) / 3
        let mutual = (zero - positive) / 3
        return (0..<order * order).map { $0 / order == $0 % order ? own : mutual }
    }
}
