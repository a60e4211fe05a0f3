public import Grid

/// A state of a switch that the grid model may have wrong.
public struct SwitchHypothesis: Sendable {
    public var name: String
    public var change: Change

    public enum Change: Sendable {
        /// A branch that the model takes as open is closed.
        case closed(BalancedGrid.Branch)
        /// The branch with this index is open.
        case opened(Int)
    }

    public init(_ name: String, _ change: Change) {
        self.name = name
        self.change = change
    }
}

/// How well a grid with another switch state explains the measurements.
public struct TopologyVerdict: Hashable, Sendable {
    /// Nil for the model as it is.
    public var hypothesis: String?
    /// Not a number when the estimate of that grid does not converge.
    public var objective: Double
    public var degreesOfFreedom: Int

    /// The probability that a correct model gives so large an objective; 0 when there is none.
    public var plausibility: Double {
        objective.isFinite ? 1 - ChiSquare.probability(below: objective, degrees: degreesOfFreedom) : 0
    }
}

extension BalancedGrid {
    /// The grid with a switch thrown; branches keep their numbers.
    public func applying(_ change: SwitchHypothesis.Change) -> BalancedGrid {
        var grid = self
        switch change {
        case .closed(let branch): grid.branches.append(branch)
        case .opened(let index):
            grid.branches[index].yff = .zero
            grid.branches[index].yft = .zero
            grid.branches[index].ytf = .zero
            grid.branches[index].ytt = .zero
        }
        return grid
    }
}

/// Estimates the state of a grid and of each variant of its switches, the most plausible first.
///
/// Worth its cost when the objective is far above chi-square and no single measurement explains it, or when the multipliers of zero
/// injections are large (``Estimate/zeroInjections``).
///
/// - Throws: ``EstimationError`` when the model itself is wrong.
public func testTopology(
    of grid: BalancedGrid, measurements: [Measurement], zeroInjections: [Int32], hypotheses: [SwitchHypothesis]
) throws(EstimationError) -> [TopologyVerdict] {
    var verdicts = [try verdict(on: grid, measurements, zeroInjections, name: nil)]
    for hypothesis in hypotheses {
        verdicts.append(try verdict(on: grid.applying(hypothesis.change), measurements, zeroInjections, name: hypothesis.name))
    }
    return verdicts.sorted { ($0.plausibility, -$0.objective) > ($1.plausibility, -$1.objective) }
}

private func verdict(
    on grid: BalancedGrid, _ measurements: [Measurement], _ zeroInjections: [Int32], name: String?
) throws(EstimationError) -> TopologyVerdict {
    let estimator = Estimator(try EstimationModel(grid: grid, measurements: measurements, zeroInjections: zeroInjections))
    guard estimator.estimate().isConverged else { return TopologyVerdict(hypothesis: name, objective: .nan, degreesOfFreedom: 0) }
    return TopologyVerdict(hypothesis: name, objective: estimator.objective, degreesOfFreedom: estimator.degreesOfFreedom)
}
