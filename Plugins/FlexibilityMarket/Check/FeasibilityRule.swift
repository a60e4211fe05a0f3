public import PluginAPI

/// Decides how much of a request can be offered: what is wanted against what assets and grid allow, period after period.
public struct FeasibilityRule {
    /// What is known of one settlement period. Deviations from the baseline, kW.
    public struct Bounds: Sendable {
        /// What each resource can do, less what is promised to others already; each contains zero.
        public var resourcesKW: [ClosedRange<Double>]
        /// What limits the assets.
        public var flexibleElement: String
        /// What the grid carries. May lie beside zero where the grid is overloaded as it is.
        public var gridKW: ClosedRange<Double>
        /// What the grid's bounds come from.
        public var lowGridLimit: FeasibilityCheck.Limit?
        public var highGridLimit: FeasibilityCheck.Limit?

        public init(
            resourcesKW: [ClosedRange<Double>], flexibleElement: String, gridKW: ClosedRange<Double> = -Double.infinity...Double.infinity,
            lowGridLimit: FeasibilityCheck.Limit? = nil, highGridLimit: FeasibilityCheck.Limit? = nil
        ) {
            (self.resourcesKW, self.flexibleElement, self.gridKW) = (resourcesKW, flexibleElement, gridKW)
            (self.lowGridLimit, self.highGridLimit) = (lowGridLimit, highGridLimit)
        }
    }

    /// How much more energy than at the baseline a resource can take in all, and how much less, kWh.
    public struct Room: Sendable {
        public var aboveKWh: Double
        public var belowKWh: Double

        public init(aboveKWh: Double, belowKWh: Double) { (self.aboveKWh, self.belowKWh) = (aboveKWh, belowKWh) }

        public static let unlimited = Room(aboveKWh: .infinity, belowKWh: .infinity)
    }

    /// - Parameters:
    ///   - steps: settlement periods with the deviation that is wanted and the least of use, kW.
    ///   - bounds: as many as steps, each of the same resources.
    ///   - rooms: the energy of each resource; those that are missing are unlimited.
    ///   - minimumFactor: the smallest share of what is wanted that is of use.
    public static func decide(
        _ steps: [(interval: FlexibilityRequest.Interval, wantedKW: Double, leastKW: Double)], _ bounds: [Bounds], rooms: [Room] = [],
        minimumFactor: Double, at time: Timestamp
    ) -> FeasibilityCheck {
        var checked: [FeasibilityCheck.Step] = [], sharing = Sharing(rooms, count: bounds.first?.resourcesKW.count ?? 0)
        for (step, bound) in zip(steps, bounds) {
            let one = check(step, bound, sharing)
            _ = sharing.share(one.offeredKW, bound.resourcesKW, hours: one.hours)
            checked.append(one)
        }
        return conclude(checked, minimumFactor, time)
    }

    private static func check(
        _ step: (interval: FlexibilityRequest.Interval, wantedKW: Double, leastKW: Double), _ bound: Bounds, _ sharing: Sharing
    ) -> FeasibilityCheck.Step {
        let isUp = step.wantedKW >= 0, wanted = abs(step.wantedKW)
        let sign: Double = isUp ? 1 : -1, word = isUp ? "more" : "less"
        let hours = step.interval.hours
        let flexible = bound.resourcesKW.reduce(0) { $0 + max(0, isUp ? $1.upperBound : -$1.lowerBound) }
        let able = sharing.able(isUp, bound.resourcesKW, hours: hours).reduce(0, +)
        let allowed = max(0, isUp ? bound.gridKW.upperBound : -bound.gridKW.lowerBound)
        let offered = min(wanted, able, allowed)
        var limit: FeasibilityCheck.Limit?
        if offered < wanted - 1e-6 {
            if allowed <= offered + 1e-6 {
                limit = (isUp ? bound.highGridLimit : bound.lowGridLimit)
                    ?? .init(.unknown, element: "the grid", value: wanted, limit: allowed, sentence: "the grid allows \(shown(allowed)) of \(shown(wanted)) kW")
            } else if able < flexible - 1e-6 {
                limit = .init(
                    .energy, element: bound.flexibleElement, value: wanted * hours, limit: able * hours,
                    sentence: "\(bound.flexibleElement) can take \(shown(able * hours)) kWh \(word), wanted are \(shown(wanted * hours)) in this period")
            } else {
                limit = .init(
                    .power, element: bound.flexibleElement, value: wanted, limit: flexible,
                    sentence: "\(bound.flexibleElement) can draw \(shown(flexible)) of \(shown(wanted)) kW \(word)")
            }
        }
        return FeasibilityCheck.Step(
            start: step.interval.start, end: step.interval.end, wantedKW: step.wantedKW, leastKW: step.leastKW,
            availableKW: sign * able, allowedKW: sign * allowed, offeredKW: sign * offered, limit: limit)
    }

    private static func conclude(_ steps: [FeasibilityCheck.Step], _ minimumFactor: Double, _ time: Timestamp) -> FeasibilityCheck {
        func result(_ outcome: FeasibilityCheck.Outcome, _ reason: String) -> FeasibilityCheck {
            FeasibilityCheck(time: time, outcome: outcome, steps: steps, reason: reason)
        }
        let limited = steps.filter { $0.limit != nil }
        let why = limited.first?.limit?.sentence ?? ""
        if limited.isEmpty { return result(.feasible, "all that is wanted can be offered") }
        if let short = steps.first(where: { abs($0.offeredKW) < max(abs($0.leastKW), minimumFactor * abs($0.wantedKW)) - 1e-6 }) {
            let least = max(abs(short.leastKW), minimumFactor * abs(short.wantedKW))
            return result(.infeasible, "from \(short.start) \(shown(abs(short.offeredKW))) kW are possible and \(shown(least)) are the least of use: \(short.limit?.sentence ?? why)")
        }
        if steps.allSatisfy({ abs($0.offeredKW) < 1e-6 }) { return result(.infeasible, why) }
        return result(.partly, "in \(limited.count) of \(steps.count) periods less is possible than is wanted: \(why)")
    }
}
