/// How the search for gross errors goes about it.
public struct BadDataOptions: Hashable, Sendable {
    /// A normalised residual above this is a gross error. 3 is usual (99.7 %); 4 keeps more of the good ones.
    public var threshold = 4.0
    /// At most so many are removed: beyond, the grid model is more likely wrong than the meters.
    public var maximumRemovals = 12
    /// A pseudo-measurement is only suspected where no meter's normalised residual comes within this share of its own. 1 goes by the size
    /// alone; 0.8 is sensible where supposed loads are vague.
    public var pseudoLead = 1.0
    /// Whether removed values are tried with another sign, unit and phase.
    public var namesSuspicions = true

    public init() {}
}

extension Estimator {
    /// Estimates, and takes out one after another the measurements with the largest normalised residual while it exceeds the threshold;
    /// then tries to take each back (Abur & Gómez-Expósito, section 5.8).
    ///
    /// What is removed stays out of later frames until ``setMeasurement(_:value:sigma:)`` gives it a sigma again. Critical measurements
    /// cannot be judged and are never removed.
    ///
    /// - Throws: ``EstimationError`` when a frame does not converge.
    public func estimateWithoutBadData(_ options: BadDataOptions = BadDataOptions()) throws(EstimationError) -> BadDataReport {
        var estimate = try estimateWithStatistics()
        var report = BadDataReport(
            estimate: estimate, removals: [], reinserted: [], firstObjective: estimate.objective, firstChiSquare95: estimate.chiSquare95)
        var sigmas: [Int: Double] = [:]
        while let worst = suspect(estimate, options), worst.value > options.threshold, report.removals.count < options.maximumRemovals {
            let ties = estimate.normalizedResiduals.indices.filter {
                $0 != worst.measurement && abs(estimate.normalizedResiduals[$0] - worst.value) < 1e-5 * worst.value
            }
            report.removals.append(
                BadDataReport.Removal(measurement: worst.measurement, normalizedResidual: worst.value, ties: ties, suspicion: nil))
            sigmas[worst.measurement] = leaveOut(worst.measurement)
            estimate = try estimateWithStatistics()
        }
        estimate = try reinsert(&report, sigmas, options, estimate)
        if options.namesSuspicions, !report.removals.isEmpty {
            try nameSuspicions(&report, sigmas)
            estimate = try estimateWithStatistics()
        }
        report.estimate = estimate
        return report
    }

    /// The measurement with the largest normalised residual; a meter's before a pseudo-measurement's that is hardly larger: a supposed load is
    /// known to be wrong within its sigma, a meter that lies is the likelier cause of both.
    private func suspect(_ estimate: Estimate, _ options: BadDataOptions) -> (measurement: Int, value: Double)? {
        guard let worst = estimate.largestResidual, model.measurements[worst.measurement].origin == .pseudo else { return estimate.largestResidual }
        var best = worst
        var bestMeter = options.pseudoLead * worst.value
        for (index, value) in estimate.normalizedResiduals.enumerated() where model.measurements[index].origin == .meter && value > bestMeter {
            best = (index, value)
            bestMeter = value
        }
        return best
    }

    /// Starts the next estimate flat: without the error the optimum may be far from where it was.
    ///
    /// - Returns: the sigma that the measurement had.
    private func leaveOut(_ measurement: Int) -> Double {
        restart()
        let (value, sigma) = self.measurement(measurement)
        setMeasurement(measurement, value: value, sigma: .infinity)
        return sigma
    }

    func takeBack(_ measurement: Int, sigma: Double) {
        setMeasurement(measurement, value: self.measurement(measurement).value, sigma: sigma)
    }

    private func reinsert(
        _ report: inout BadDataReport, _ sigmas: [Int: Double], _ options: BadDataOptions, _ clean: Estimate
    ) throws(EstimationError) -> Estimate {
        var clean = clean
        for removal in report.removals.dropLast() {
            takeBack(removal.measurement, sigma: sigmas[removal.measurement] ?? .infinity)
            let estimate = try estimateWithStatistics()
            let residual = estimate.normalizedResiduals[removal.measurement]
            if residual.isNaN || residual > options.threshold || estimate.largestResidual?.value ?? 0 > options.threshold {
                _ = leaveOut(removal.measurement)
            } else {
                report.reinserted.append(removal.measurement)
                clean = estimate
            }
        }
        report.removals.removeAll { report.reinserted.contains($0.measurement) }
        guard weightsChanged else { return clean }
        return try estimateWithStatistics()
    }
}
