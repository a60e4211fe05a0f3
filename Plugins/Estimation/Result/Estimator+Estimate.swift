internal import Grid
internal import Solvers

extension Estimator {
    /// ``estimate()`` with the whole account of it: variances and normalised residuals cost about two factorisations more.
    ///
    /// - Throws: ``EstimationError`` with the reason when the frame does not converge.
    public func estimateWithStatistics() throws(EstimationError) -> Estimate {
        let outcome = estimate()
        if let reason = outcome.reason { throw EstimationError(reason) }
        return statistics(outcome)
    }

    /// The account of the state at hand.
    func statistics(_ outcome: Outcome) -> Estimate {
        let covariance = covarianceAtState()
        let count = model.network.conductorCount
        var estimate = Estimate(
            voltages: voltages, magnitudeSigmas: Array(repeating: .infinity, count: count),
            angleSigmas: Array(repeating: .infinity, count: count), grades: grades(),
            residuals: Array(repeating: 0, count: model.measurements.count),
            normalizedResiduals: Array(repeating: .nan, count: model.measurements.count), criticalMeasurements: [], zeroInjections: [],
            objective: equations.objective(), degreesOfFreedom: degreesOfFreedom, outcome: outcome)
        fillSigmas(&estimate, covariance)
        fillVoltageResiduals(&estimate, covariance)
        fillInjectionResiduals(&estimate, covariance)
        fillBranchResiduals(&estimate, covariance)
        estimate.criticalMeasurements.sort()
        estimate.zeroInjections = model.zeroInjections.map { zeroInjection($0, covariance) }
        return estimate
    }

    /// A factorisation at the present state and the inverse on its pattern.
    func covarianceAtState() -> Covariance {
        equations.weakenSuppositions(by: 1e6)
        defer { equations.weakenSuppositions(by: 1e-6) }
        equations.evaluate()
        refactor()
        let inverse = self.inverse ?? SelectedInverse(pattern: equations.layout.pattern)
        self.inverse = inverse
        return Covariance(equations, into: inverse)
    }

    private func fillSigmas(_ estimate: inout Estimate, _ covariance: Covariance) {
        var gauges: [Int32: Double] = [:]
        let islands = model.network.islands().ofNode
        for reference in equations.layout.references where reference.isGauge {
            let square = equations.voltages[reference.position].squaredMagnitude
            gauges[islands[node(at: reference.position)]] = 1 / (equations.weight(of: reference) * square)
        }
        for conductor in 0..<model.network.conductorCount where estimate.grades[conductor] != .notEstimable {
            let position = Int(equations.layout.pattern.positions[conductor])
            let voltage = equations.voltages[position]
            let magnitude = VoltageRow(.voltageMagnitude, at: voltage)
            let angle = VoltageRow(.voltageAngle, at: voltage)
            estimate.magnitudeSigmas[conductor] = covariance.variance(magnitude.gradient, at: position).squareRoot()
            let gauge = gauges[islands[Int(model.network.nodes[conductor])]] ?? 0
            estimate.angleSigmas[conductor] = max(0, covariance.variance(angle.gradient, at: position) - gauge).squareRoot()
        }
    }

    private func node(at position: Int) -> Int { Int(model.network.nodes[Int(equations.layout.pattern.order[position])]) }

    private func fillVoltageResiduals(_ estimate: inout Estimate, _ covariance: Covariance) {
        for index in 0..<equations.layout.voltageMeters.count {
            let meter = equations.layout.voltageMeters[index]
            let measurement = Int(meter.measurement)
            let row = VoltageRow(meter.quantity, at: equations.voltages[Int(meter.position)])
            let variance = covariance.variance(row.gradient, at: Int(meter.position))
            let weight = equations.weights[measurement]
            judge(&estimate, measurement, residual: row.residual(equations.values[measurement]), left: 1 / weight - variance)
        }
    }

    private func fillInjectionResiduals(_ estimate: inout Estimate, _ covariance: Covariance) {
        for index in 0..<equations.layout.injectionMeters.count {
            let meter = equations.layout.injectionMeters[index]
            let measurement = Int(meter.measurement)
            let lane = meter.quantity == .activePower ? 0 : 1
            let together = equations.targets[Int(meter.position)].variance[lane]
            let own = 1 / equations.weights[measurement]
            let entry = covariance.multiplierEntry(at: Int(meter.position), lane: lane)
            let residual = equations.values[measurement] - equations.injection(meter)
            judge(&estimate, measurement, residual: residual, left: own - together + together * together * entry)
        }
    }

    private func fillBranchResiduals(_ estimate: inout Estimate, _ covariance: Covariance) {
        let layout = equations.layout
        for index in 0..<layout.ends.count {
            let end = layout.ends[index]
            let voltage = equations.voltages[Int(layout.terms[Int(end.ownTerm)].position)]
            let current = equations.current(of: end)
            for index in Int(end.firstMeter)..<Int(end.firstMeter + end.meterCount) {
                let meter = layout.endMeters[index]
                let measurement = Int(meter.measurement)
                let row = BranchRow(meter.quantity, voltage: voltage, current: current)
                let left = 1 / equations.weights[measurement] - covariance.variance(of: row, end: end)
                judge(&estimate, measurement, residual: equations.values[measurement] - row.value, left: left)
            }
        }
    }

    /// - Parameter left: the variance of the residual, Ω.
    private func judge(_ estimate: inout Estimate, _ measurement: Int, residual: Double, left: Double) {
        estimate.residuals[measurement] = residual
        let weight = equations.weights[measurement]
        guard weight > 0 else { return }
        if left * weight > Self.leastRedundancy {
            estimate.normalizedResiduals[measurement] = abs(residual) / left.squareRoot()
        } else {
            estimate.criticalMeasurements.append(measurement)
        }
    }

    /// Below this share of its variance a residual is rounding.
    static let leastRedundancy = 1e-7

    private func zeroInjection(_ conductor: Int32, _ covariance: Covariance) -> Estimate.ZeroInjection {
        let position = Int(equations.layout.pattern.positions[Int(conductor)])
        let multiplier = equations.multipliers[position]
        let entries = (covariance.multiplierEntry(at: position, lane: 0), covariance.multiplierEntry(at: position, lane: 1))
        let least = equations.weightScale * 1e-12
        let parts = [(abs(multiplier.real), entries.0), (abs(multiplier.imaginary), entries.1)].filter { $0.1 > least }
        let largest = parts.map { $0.0 / $0.1.squareRoot() }.max() ?? .nan
        return Estimate.ZeroInjection(conductor: conductor, normalizedMultiplier: largest)
    }

    /// Measurements that take part, two rows for each zero injection, the angle references, less two unknown a conductor.
    public var degreesOfFreedom: Int {
        let taking = (0..<model.measurements.count).reduce(0) { $0 + (equations.weights[$1] > 0 ? 1 : 0) }
        let rows = taking + 2 * model.zeroInjections.count + equations.layout.references.count
        return max(0, rows - 2 * model.network.conductorCount + (deficiency?.nullity ?? 0))
    }
}
