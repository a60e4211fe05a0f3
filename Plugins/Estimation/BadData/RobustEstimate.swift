public import Grid

/// A loss that grows slower than the square of a residual, so that gross errors hardly pull at the estimate.
public enum RobustLoss: Hashable, Sendable {
    /// The square up to `threshold` standard deviations, linear beyond (Huber 1964). 1.5 is usual.
    case huber(threshold: Double = 1.5)
    /// The absolute value, smoothed within `width` standard deviations: the least absolute value estimator by reweighting.
    case leastAbsoluteValue(width: Double = 1e-3)

    /// The factor of a measurement's weight at a residual of `deviations` standard deviations.
    func factor(_ deviations: Double) -> Double {
        switch self {
        case .huber(let threshold): deviations <= threshold ? 1 : threshold / deviations
        case .leastAbsoluteValue(let width): 1 / max(deviations, width)
        }
    }
}

/// The state that a robust loss leads to, and what it thinks of each measurement.
public struct RobustEstimate: Sendable {
    /// Per node (conductor), per unit.
    public var voltages: [Complex]
    /// Per measurement the part of its weight that is left, at most 1: far below, it is suspected.
    public var trust: [Double]
    /// Measured minus estimated, in the unit of each measurement.
    public var residuals: [Double]
    /// Estimates that were made, each with new weights.
    public var rounds: Int
    /// The account of the state with the weights that are left; nil where none was asked for.
    public var account: Estimate?
}

extension Estimator {
    /// Estimates with a robust loss by iteratively reweighted least squares; the sigmas are afterwards what they were.
    ///
    /// An alternative to ``estimateWithoutBadData(_:)`` that removes nothing: it needs no decision, and no order of removals.
    ///
    /// - Parameter withStatistics: whether the result has an ``RobustEstimate/account``: variances are then those of the weights that are left.
    /// - Throws: ``EstimationError`` when a round does not converge, or the weights do not settle within `maximumRounds`.
    public func estimateRobustly(
        _ loss: RobustLoss = .huber(), maximumRounds: Int = 100, tolerance: Double = 1e-6, withStatistics: Bool = false
    ) throws(EstimationError) -> RobustEstimate {
        let weights = equations.weights.array
        defer { replaceWeights(weights) }
        var previous: [Complex] = []
        for round in 1...max(1, maximumRounds) {
            let outcome = estimate()
            if let reason = outcome.reason { throw EstimationError("round \(round) of the robust estimate: \(reason)") }
            let (residuals, voltages) = (residuals(), voltages)
            let deviations = zip(residuals, weights).map { abs($0) * $1.squareRoot() }
            let trust = deviations.map { min(1, loss.factor($0)) }
            let change = zip(voltages, previous).map { ($0 - $1).magnitude }.max() ?? .infinity
            if change < tolerance {
                return RobustEstimate(
                    voltages: voltages, trust: trust, residuals: residuals, rounds: round, account: withStatistics ? statistics(outcome) : nil)
            }
            previous = voltages
            replaceWeights(zip(weights, deviations).map { $0 * loss.factor($1) })
        }
        throw EstimationError("the robust estimate does not settle within \(maximumRounds) rounds: raise them, or the tolerance of \(tolerance)")
    }

    private func replaceWeights(_ weights: [Double]) {
        for (index, weight) in weights.enumerated() { equations.weights[index] = weight }
        weightsChanged = true
    }
}
