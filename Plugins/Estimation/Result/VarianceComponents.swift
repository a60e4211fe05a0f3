/// What the scatter of the measurements says of their accuracy, group by group.
public struct VarianceComponents: Sendable {
    /// By how much the standard deviations of each group were multiplied; 1 for a group whose redundancy says nothing.
    public var factors: [Double]
    /// The part of each group's measurements that the others test; the sum over all is the degrees of freedom.
    public var redundancies: [Double]
    public var estimate: Estimate
    public var rounds: Int
}

extension Estimator {
    /// Estimates with standard deviations that fit the scatter of the residuals: those of each group are multiplied by one factor so that its
    /// weighted squared residuals are as many as its redundancy (Helmert, *Die Ausgleichungsrechnung*, 1907; the simplified form of Förstner,
    /// *Zeitschrift für Vermessungswesen* 104, 1979, for groups that hardly depend on each other).
    ///
    /// Meters are often far better, or worse, than what is written of them. One frame of a grid with redundancy says so. A gross error would be
    /// taken for scatter: remove those first. The sigmas stay as they are found.
    ///
    /// - Parameters:
    ///   - groups: the group of each measurement, counted from 0; nil for those whose standard deviation is to stay.
    ///   - leastRedundancy: a group that is tested by less is left as it is.
    ///   - factors: what a group's standard deviations may be multiplied with at most and at least.
    /// - Throws: ``EstimationError`` when a round does not converge.
    public func estimateWithVarianceComponents(
        groups: [Int?], leastRedundancy: Double = 3, factors limits: ClosedRange<Double> = 0.01...100, maximumRounds: Int = 20
    ) throws(EstimationError) -> VarianceComponents {
        let count = (groups.compactMap { $0 }.max() ?? -1) + 1
        var result = VarianceComponents(
            factors: Array(repeating: 1, count: count), redundancies: Array(repeating: 0, count: count),
            estimate: try estimateWithStatistics(), rounds: 0)
        while result.rounds < maximumRounds {
            let (squares, redundancies) = scatter(result.estimate, groups, count)
            result.redundancies = redundancies
            var largest = 1.0
            for group in 0..<count where redundancies[group] >= leastRedundancy {
                let wanted = result.factors[group] * (squares[group] / redundancies[group]).squareRoot()
                let step = min(max(wanted, limits.lowerBound), limits.upperBound) / result.factors[group]
                guard step.isFinite, step > 0 else { continue }
                result.factors[group] *= step
                largest = max(largest, step, 1 / step)
                for (index, member) in groups.enumerated() where member == group && equations.weights[index] > 0 {
                    setMeasurement(index, value: measurement(index).value, sigma: measurement(index).sigma * step)
                }
            }
            guard largest > Self.settled else { return result }
            result.estimate = try estimateWithStatistics()
            result.rounds += 1
        }
        return result
    }

    /// Beyond this factor another round is worth it.
    private static let settled = 1.02

    /// The weighted squared residuals of each group, and its redundancy: the sum of var(residual)/σ².
    private func scatter(_ estimate: Estimate, _ groups: [Int?], _ count: Int) -> (squares: [Double], redundancies: [Double]) {
        var squares = [Double](repeating: 0, count: count)
        var redundancies = squares
        for (index, group) in groups.enumerated() {
            let (residual, normalized) = (abs(estimate.residuals[index]), estimate.normalizedResiduals[index])
            guard let group, normalized.isFinite, normalized > 0 else { continue }
            let weight = equations.weights[index]
            squares[group] += weight * residual * residual
            redundancies[group] += weight * (residual / normalized) * (residual / normalized)
        }
        return (squares, redundancies)
    }
}
