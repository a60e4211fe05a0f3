public import PluginAPI

/// What was metered in a settlement period.
public struct MeteredPeriod: Hashable, Sendable {
    /// Mean power, kW.
    public let meanKW: Double
    /// The part of the period that readings cover, 0 … 1.
    public let coverage: Double

    public init(meanKW: Double, coverage: Double) { (self.meanKW, self.coverage) = (meanKW, coverage) }
}

/// What was delivered in a settlement period.
public struct VerifiedStep: Hashable, Sendable {
    public enum Quality: String, Sendable {
        case good
        /// Less than nine tenths of the period are metered.
        case partial
        /// No metering or no baseline: nothing is known, which is not the same as nothing delivered.
        case unverified
    }

    public let start: Timestamp
    public let end: Timestamp
    public let baselineKW: Double?
    /// Deviation that was ordered, kW.
    public let orderedKW: Double
    public let actualKW: Double?
    /// Deviation in the ordered direction, at most what was ordered, kW.
    public let deliveredKW: Double?
    /// What was ordered and not delivered, kW, a magnitude.
    public let deficiencyKW: Double?
    /// The deficiency is within the tolerance.
    public let isWithinTolerance: Bool
    public let quality: Quality

    public var hours: Double { Double(end.nanoseconds - start.nanoseconds) / 3.6e12 }
}

/// Compares what was ordered with what was metered.
public struct Verification: Sendable {
    /// What may be missing without a penalty, a part of what was ordered.
    public var tolerance: Double
    /// The part of a period that must be metered.
    public var leastCoverage: Double

    public init(tolerance: Double = 0.1, leastCoverage: Double = 0.5) { (self.tolerance, self.leastCoverage) = (tolerance, leastCoverage) }

    /// - Parameters:
    ///   - baseline: kW; NaN or missing where it is not known.
    ///   - metered: by period; nil where nothing was metered.
    ///   - others: deviation that other orders asked of the same assets, kW by period: what is theirs is not counted here.
    public func steps(
        _ periods: [FlexibilityRequest.Interval], ordered: [Double], baseline: [Double], metered: [MeteredPeriod?], others: [Double]
    ) -> [VerifiedStep] {
        periods.indices.map { index in
            let period = periods[index], order = ordered[index]
            let reading = metered[index].flatMap { $0.coverage >= leastCoverage ? $0 : nil }
            let base = baseline.indices.contains(index) && baseline[index].isFinite ? baseline[index] : nil
            guard let reading, let base else {
                return VerifiedStep(
                    start: period.start, end: period.end, baselineKW: base, orderedKW: order, actualKW: reading?.meanKW, deliveredKW: nil, deficiencyKW: nil,
                    isWithinTolerance: false, quality: .unverified)
            }
            let sign: Double = order < 0 ? -1 : 1
            let moved = sign * (reading.meanKW - base - (others.indices.contains(index) ? others[index] : 0))
            let delivered = max(0, min(moved, abs(order)))
            let missing = abs(order) - delivered
            return VerifiedStep(
                start: period.start, end: period.end, baselineKW: base, orderedKW: order, actualKW: reading.meanKW, deliveredKW: sign * delivered,
                deficiencyKW: missing, isWithinTolerance: missing <= tolerance * abs(order) + 1e-9, quality: reading.coverage >= 0.9 ? .good : .partial)
        }
    }
}
