public import Grid

/// A frame's result with what it is worth: how well each voltage is known and how well each measurement fits.
public struct Estimate: Sendable {
    /// Per node (conductor) the voltage, per unit. Where `grades` says ``Grade/notEstimable`` it is nominal and means nothing.
    public var voltages: [Complex]
    /// Standard deviation of each voltage's magnitude, per unit; infinite where nothing is known.
    public var magnitudeSigmas: [Double]
    /// Standard deviation of each voltage's angle against the reference, radian; infinite where nothing is known.
    public var angleSigmas: [Double]
    public var grades: [Grade]
    /// Measured minus estimated, in the unit of each measurement; also of those that were left out.
    public var residuals: [Double]
    /// |residual| divided by its own standard deviation; not a number where a measurement is critical or left out.
    public var normalizedResiduals: [Double]
    /// Measurements without which some node would not be observable: their residual is always zero, so no test can judge them.
    public var criticalMeasurements: [Int]
    /// How hard each zero injection has to be held: large where the grid's topology is wrong.
    public var zeroInjections: [ZeroInjection]
    /// The weighted sum of the squared residuals.
    public var objective: Double
    /// Measurements and constraints beyond what the state needs.
    public var degreesOfFreedom: Int
    public var outcome: Estimator.Outcome

    /// What a node's voltage rests on.
    public enum Grade: UInt8, Hashable, Sendable {
        /// A voltage meter at the node.
        case measured
        /// Meters elsewhere and the grid's equations.
        case estimated
        /// Pseudo-measurements: without them it would not be observable.
        case pseudoOnly
        case notEstimable
    }

    public struct ZeroInjection: Hashable, Sendable {
        public var conductor: Int32
        /// The larger of the normalised multipliers of the constraint's two rows; not a number where no redundancy tests it.
        public var normalizedMultiplier: Double
    }

    /// What the objective of a correct model stays below with a probability of 95 and 99 %; 0 without redundancy.
    public var chiSquare95: Double { ChiSquare.quantile(0.95, degrees: degreesOfFreedom) }
    public var chiSquare99: Double { ChiSquare.quantile(0.99, degrees: degreesOfFreedom) }

    /// The measurement with the largest normalised residual, if one has any.
    public var largestResidual: (measurement: Int, value: Double)? {
        var best: (measurement: Int, value: Double)?
        for (index, value) in normalizedResiduals.enumerated() where value > best?.value ?? -1 { best = (index, value) }
        return best
    }
}
