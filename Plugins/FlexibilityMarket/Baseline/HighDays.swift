/// The baseline of the X highest of the last Y days of the kind with same-day adjustment, as the operators of capacity programmes reckon
/// (for example NYISO, *Day-Ahead Demand Response Program Manual*, customer baseline load; PJM's economic load response: 4 of 5 days, additive).
public struct HighDays: Sendable {
    /// How many days are looked at, and how many of them with the highest load are averaged.
    public var days: Int
    public var best: Int
    /// By how much the adjustment may move the mean of the days, as a part of it.
    public var adjustmentLimit: Double

    public init(days: Int = 10, best: Int = 5, adjustmentLimit: Double = 0.2) {
        (self.days, self.best, self.adjustmentLimit) = (days, best, adjustmentLimit)
    }

    /// What one of the days before was like.
    public struct Day: Sendable {
        /// Power in the settlement periods of the activation, kW, by time of the day; nil where it was not metered.
        public var kilowatts: [Double?]
        /// Mean power in the hours of the day that the adjustment compares; nil where it was not metered.
        public var adjustmentKW: Double?

        public init(kilowatts: [Double?], adjustmentKW: Double?) { (self.kilowatts, self.adjustmentKW) = (kilowatts, adjustmentKW) }
    }

    /// - Parameters:
    ///   - history: days of the kind without activation, the latest first; those with gaps are passed over.
    ///   - sameDayKW: mean power in the adjustment's hours of the day itself; nil leaves the adjustment out.
    /// - Returns: kW by settlement period and how many days it stands on; nil with fewer than ``best`` days.
    public func baseline(_ history: [Day], sameDayKW: Double?) -> (kilowatts: [Double], days: Int)? {
        let whole = history.filter { !$0.kilowatts.isEmpty && $0.kilowatts.allSatisfy { $0 != nil } }.prefix(days)
        guard whole.count >= best, let count = whole.first?.kilowatts.count else { return nil }
        func mean(_ day: Day) -> Double { day.kilowatts.reduce(0) { $0 + ($1 ?? 0) } / Double(count) }
        let highest = whole.sorted { mean($0) > mean($1) }.prefix(best)
        var profile = (0..<count).map { step in highest.reduce(0) { $0 + ($1.kilowatts[step] ?? 0) } / Double(highest.count) }
        let before = highest.compactMap(\.adjustmentKW)
        if let sameDayKW, before.count == highest.count {
            let level = profile.reduce(0) { $0 + abs($1) } / Double(count)
            let shift = sameDayKW - before.reduce(0, +) / Double(before.count)
            let bounded = max(-adjustmentLimit * level, min(shift, adjustmentLimit * level))
            for step in profile.indices { profile[step] += bounded }
        }
        return (profile, highest.count)
    }
}

/// The straight line from what was metered before an activation to what was metered after it.
public enum MeterBeforeMeterAfter {
    /// The longest activation that it is taken for, hours.
    public static let longestHours = 2.0

    /// - Parameters:
    ///   - before: mean power of the last whole period before, kW.
    ///   - after: the same of the first one after; nil until it is known, or if it never will be: then the power before counts.
    ///   - count: how many settlement periods the activation has.
    public static func baseline(before: Double, after: Double?, count: Int) -> [Double] {
        (0..<count).map { before + ((after ?? before) - before) * (Double($0) + 1) / Double(count + 1) }
    }
}
