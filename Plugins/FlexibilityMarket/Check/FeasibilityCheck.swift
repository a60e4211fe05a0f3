public import PluginAPI

/// What became of the question whether a request can be fulfilled.
public struct FeasibilityCheck: Hashable, Sendable {
    public enum Outcome: String, CaseIterable, Sendable {
        case feasible, partly, infeasible
    }

    /// What keeps a step from getting all that is wanted.
    public struct Limit: Hashable, Sendable {
        public enum Kind: String, CaseIterable, Sendable {
            case voltage, current, transformer, source, energy, power, comfort, priority, unknown
        }

        public let kind: Kind
        /// The line, transformer, node, community or asset.
        public let element: String
        /// What would come of the request, and what is allowed, in the unit of the kind: per unit, per cent of the rating, kWh, kW.
        public let value: Double
        public let limit: Double
        public let sentence: String

        public init(_ kind: Kind, element: String, value: Double, limit: Double, sentence: String) {
            (self.kind, self.element, self.value, self.limit, self.sentence) = (kind, element, value, limit, sentence)
        }
    }

    /// One settlement period of the request.
    public struct Step: Hashable, Sendable {
        public let start: Timestamp
        public let end: Timestamp
        /// Deviation from the baseline that is wanted, and the least that is of use, kW.
        public let wantedKW: Double
        public let leastKW: Double
        /// What the assets can give in that direction, and what the grid allows of it, kW.
        public let availableKW: Double
        public let allowedKW: Double
        /// What can be offered, kW.
        public let offeredKW: Double
        /// Nil where all that is wanted can be offered.
        public let limit: Limit?

        public init(
            start: Timestamp, end: Timestamp, wantedKW: Double, leastKW: Double, availableKW: Double, allowedKW: Double, offeredKW: Double, limit: Limit?
        ) {
            (self.start, self.end, self.wantedKW, self.leastKW) = (start, end, wantedKW, leastKW)
            (self.availableKW, self.allowedKW, self.offeredKW, self.limit) = (availableKW, allowedKW, offeredKW, limit)
        }

        public var hours: Double { Double(end.nanoseconds - start.nanoseconds) / 3.6e12 }
    }

    /// On what knowledge of the grid the check stands.
    public struct GridCase: Hashable, Sendable {
        /// Time of the state estimate; nil without one.
        public var estimate: Timestamp?
        /// When the forecast of each series was issued.
        public var forecastRuns: [String: String]
        /// Quantiles of the load that were computed, for example `q10, q50, q90`.
        public var quantiles: [String]
        /// Counts changes of switch positions.
        public var topology: Int

        public init(estimate: Timestamp? = nil, forecastRuns: [String: String] = [:], quantiles: [String] = [], topology: Int = 0) {
            (self.estimate, self.forecastRuns, self.quantiles, self.topology) = (estimate, forecastRuns, quantiles, topology)
        }
    }

    /// What the request, as offered, costs the rest of the grid.
    public struct Effect: Hashable, Sendable {
        /// Additional losses over all steps, kWh; negative: less.
        public var lossesKWh: Double
        /// Highest loading before and after, per cent, and of what.
        public var loadingBeforePercent: Double
        public var loadingAfterPercent: Double
        public var loadedElement: String

        public init(lossesKWh: Double, loadingBeforePercent: Double, loadingAfterPercent: Double, loadedElement: String) {
            (self.lossesKWh, self.loadingBeforePercent) = (lossesKWh, loadingBeforePercent)
            (self.loadingAfterPercent, self.loadedElement) = (loadingAfterPercent, loadedElement)
        }
    }

    public let time: Timestamp
    public let outcome: Outcome
    public let steps: [Step]
    /// One sentence: why not all of it, or that all of it.
    public let reason: String
    public var gridCase: GridCase
    public var effect: Effect?

    public init(time: Timestamp, outcome: Outcome, steps: [Step], reason: String, gridCase: GridCase = GridCase(), effect: Effect? = nil) {
        (self.time, self.outcome, self.steps, self.reason, self.gridCase, self.effect) = (time, outcome, steps, reason, gridCase, effect)
    }

    /// The smallest share of what is wanted that is offered in any step.
    public var activationFactor: Double {
        steps.reduce(1) { $1.wantedKW == 0 ? $0 : min($0, $1.offeredKW / $1.wantedKW) }
    }
}
