internal import Grid
internal import Solvers

extension Estimator {
    /// What the estimate says of quantities that need not be measured, with standard deviations: the load of a node without a meter, the
    /// flow at the end of a branch.
    ///
    /// Call it after a frame; the factorisation is renewed at its state, then each quantity costs one solve.
    ///
    /// - Throws: ``EstimationError`` when a place is not in the grid.
    public func values(of quantities: [(quantity: Quantity, place: Place)]) throws(EstimationError) -> [(value: Double, sigma: Double)] {
        _ = covarianceAtState()
        equations.evaluateCurrents()
        var result: [(value: Double, sigma: Double)] = []
        for (quantity, place) in quantities {
            let gradient = try SparseGradient(quantity, at: place, model: model, equations: equations)
            let variance = gradient.product(gradient.covariance(equations))
            let isLost = deficiency != nil && gradient.entries.contains { isLoose[$0.position] && $0.gradient != .zero }
            result.append((try value(of: quantity, at: place), isLost ? .infinity : max(0, variance).squareRoot()))
        }
        return result
    }

    /// A quantity at the present state.
    func value(of quantity: Quantity, at place: Place) throws(EstimationError) -> Double {
        let positions = equations.layout.pattern.positions
        switch place {
        case .node(let node):
            let position = Int(positions[Int(node)])
            guard quantity.isPower else { return VoltageRow(quantity, at: equations.voltages[position]).value }
            return BranchRow(quantity, voltage: equations.voltages[position], current: equations.currents[position]).value
        case .branch(let branch, let end, let conductor):
            let network = model.network
            let terminal = try network.terminal(element: branch, end: end, conductor: conductor)
            let range = network.terminalStarts[Int(branch)]..<network.terminalStarts[Int(branch) + 1]
            let start = network.matrixStarts[Int(branch)] + (terminal - range.lowerBound) * range.count
            var current = Complex.zero
            for (offset, other) in range.enumerated() {
                current += network.admittances[start + offset] * equations.voltages[Int(positions[Int(network.terminals[other])])]
            }
            return BranchRow(quantity, voltage: equations.voltages[Int(positions[Int(network.terminals[terminal])])], current: current).value
        }
    }

    /// Pairs of measurements of which either may go, but not both: their normalised residuals are always equal, so that a gross error
    /// in one cannot be told from one in the other.
    ///
    /// - Parameter measurements: those to look at; nil for all. One solve each, and as many products.
    public func criticalPairs(among measurements: [Int]? = nil) throws(EstimationError) -> [(Int, Int)] {
        let estimate = statistics(estimate())
        let candidates = (measurements ?? Array(model.measurements.indices)).filter { !estimate.normalizedResiduals[$0].isNaN }
        equations.evaluateCurrents()
        var gradients: [SparseGradient] = []
        for index in candidates {
            let measurement = model.measurements[index]
            gradients.append(try SparseGradient(measurement.quantity, at: measurement.place, model: model, equations: equations))
        }
        let sigmas = candidates.map { self.measurement($0).sigma }
        var pairs: [(Int, Int)] = []
        var own = [Double](repeating: 0, count: candidates.count)
        var cross: [(Int, Int, Double)] = []
        for a in candidates.indices {
            let covariance = gradients[a].covariance(equations)
            own[a] = sigmas[a] * sigmas[a] - gradients[a].product(covariance)
            for b in a + 1..<max(candidates.count, a + 1) {
                let value = gradients[b].product(covariance)
                if value != 0 { cross.append((a, b, value)) }
            }
        }
        for (a, b, value) in cross where value * value > (1 - 1e-6) * own[a] * own[b] { pairs.append((candidates[a], candidates[b])) }
        return pairs
    }
}
