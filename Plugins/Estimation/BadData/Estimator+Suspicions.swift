internal import Glibc

extension Estimator {
    /// Tries for each removed measurement which known error, undone, lets it fit: the objective must then rise by no more than so many
    /// good measurements would raise it.
    func nameSuspicions(_ report: inout BadDataReport, _ sigmas: [Int: Double]) throws(EstimationError) {
        guard estimate().isConverged else { return }
        let clean = objective
        let removed = Set(report.removals.map(\.measurement))
        for index in report.removals.indices where report.removals[index].suspicion == nil {
            let measurement = report.removals[index].measurement
            var best: (suspicion: Suspicion, changed: [Int], rise: Double)?
            for (suspicion, values) in hypotheses(measurement, removed, sigma: sigmas[measurement] ?? .infinity) {
                let rise = rise(of: values, sigmas: sigmas, above: clean)
                let allowed = ChiSquare.quantile(0.999, degrees: values.count)
                if rise < allowed, rise < best?.rise ?? .infinity { best = (suspicion, values.map(\.measurement), rise) }
            }
            guard let best else { continue }
            for other in report.removals.indices where best.changed.contains(report.removals[other].measurement) {
                report.removals[other].suspicion = report.removals[other].suspicion ?? named(best.suspicion, report.removals[other].measurement, measurement)
            }
        }
    }

    /// The partner of an interchange sees the other conductor.
    private func named(_ suspicion: Suspicion, _ measurement: Int, _ first: Int) -> Suspicion {
        guard case .phaseSwap = suspicion, measurement != first, let node = conductor(of: first) else { return suspicion }
        return .phaseSwap(conductor: node)
    }

    /// By how much the objective rises when measurements come back with other values; they leave again.
    private func rise(of values: [(measurement: Int, value: Double)], sigmas: [Int: Double], above clean: Double) -> Double {
        let before = values.map { self.measurement($0.measurement) }
        for (measurement, value) in values {
            let sigma = sigmas[measurement] ?? self.measurement(measurement).sigma
            setMeasurement(measurement, value: value, sigma: sigma)
        }
        restart()
        let outcome = estimate()
        let rise = outcome.isConverged ? objective - clean : .infinity
        for (index, changed) in values.enumerated() {
            setMeasurement(changed.measurement, value: before[index].value, sigma: before[index].sigma)
        }
        restart()
        return rise
    }

    /// Errors worth trying, each with the values that the measurements would have without it.
    private func hypotheses(
        _ measurement: Int, _ removed: Set<Int>, sigma: Double
    ) -> [(Suspicion, [(measurement: Int, value: Double)])] {
        let value = self.measurement(measurement).value
        var result: [(Suspicion, [(measurement: Int, value: Double)])] = []
        if model.measurements[measurement].quantity != .voltageMagnitude, abs(value) > 3 * sigma { result.append((.sign, [(measurement, -value)])) }
        if model.measurements[measurement].quantity != .voltageAngle {
            for factor in [1000, 0.001, 3.0.squareRoot(), 1 / 3.0.squareRoot(), 3, 1.0 / 3] {
                result.append((.unit(factor: factor), [(measurement, value / factor)]))
            }
        }
        for partner in removed where partner != measurement {
            guard let other = conductor(of: partner), areInterchangeable(measurement, partner) else { continue }
            let partnerValue = self.measurement(partner).value
            result.append((.phaseSwap(conductor: other), [(measurement, partnerValue), (partner, value)]))
        }
        return result
    }

    private func conductor(of measurement: Int) -> Int32? {
        switch model.measurements[measurement].place {
        case .node(let node): node
        case .branch: model.network.terminals[Int(model.terminals[measurement])]
        }
    }

    /// Whether two measurements are of one quantity on different conductors of one node or of one end of a branch.
    private func areInterchangeable(_ a: Int, _ b: Int) -> Bool {
        let (first, second) = (model.measurements[a], model.measurements[b])
        guard first.quantity == second.quantity else { return false }
        switch (first.place, second.place) {
        case (.node(let a), .node(let b)): return a != b && model.network.nodes[Int(a)] == model.network.nodes[Int(b)]
        case (.branch(let a, let endA, let conductorA), .branch(let b, let endB, let conductorB)):
            return a == b && endA == endB && conductorA != conductorB
        default: return false
        }
    }
}
