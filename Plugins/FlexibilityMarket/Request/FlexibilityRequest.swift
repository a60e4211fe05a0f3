public import PluginAPI

/// What somebody asks for: that the power at a place differs from its baseline by so much, at these times.
///
/// Load convention: power is positive into the asset, so that *up* is more consumption or less generation, *down* the contrary.
public struct FlexibilityRequest: Hashable, Sendable {
    /// Who asks.
    public enum Source: String, CaseIterable, Sendable {
        case market, dso, tso, `operator`
    }

    /// Where the power is to change.
    public enum Location: Hashable, Sendable {
        /// A name that the configuration gives to a place of the grid, in UFTP an entity address.
        case congestionPoint(String)
        /// Nodes of the grid model, by mRID or name.
        case nodes([String])
        /// An energy community.
        case community(String)
        /// One asset, addressed directly.
        case asset(String)
        /// A connection that somebody else disposes of: metered, not commanded.
        case connection(String)
    }

    /// One span of time with what is wanted in it.
    public struct Interval: Hashable, Sendable {
        public let start: Timestamp
        public let end: Timestamp
        /// Lower and upper bound of the deviation from the baseline, kW; of a set-point, both are the power itself.
        public let kilowatts: ClosedRange<Double>
        /// False: room in which the power may deviate, as for the energy that is made up for afterwards (UFTP `Available`); nothing is asked for.
        public let isRequested: Bool

        public init(start: Timestamp, end: Timestamp, kilowatts: ClosedRange<Double>, isRequested: Bool = true) {
            (self.start, self.end, self.kilowatts, self.isRequested) = (start, end, kilowatts, isRequested)
        }

        /// The end of the range that is farther from zero: what is wanted.
        public var wantedKW: Double { abs(kilowatts.lowerBound) > abs(kilowatts.upperBound) ? kilowatts.lowerBound : kilowatts.upperBound }
        /// The least that is of use, kW of the same sign; zero where the range reaches to zero.
        public var leastKW: Double {
            kilowatts.contains(0) ? 0 : abs(kilowatts.lowerBound) > abs(kilowatts.upperBound) ? kilowatts.upperBound : kilowatts.lowerBound
        }
        public var hours: Double { Double(end.nanoseconds - start.nanoseconds) / 3.6e12 }
    }

    /// Given by who asks, unique.
    public let id: String
    /// A higher one replaces the former as long as that was not accepted.
    public let revision: Int
    public let source: Source
    public let location: Location
    /// In the order of time, without overlap.
    public let intervals: [Interval]
    /// Whether the intervals are powers at the place (UC2), not deviations from a baseline.
    public let isSetPoint: Bool
    /// Not to be accepted after this time; nil: until the first interval begins.
    public let expires: Timestamp?
    /// Not to be activated before; nil: when the first interval begins.
    public let notBefore: Timestamp?
    /// What is paid for a kWh delivered, at most; nil leaves it to the offer.
    public let pricePerKWh: Double?
    /// Where the grid does not carry all that is carried out, requests of lower priority give way first. 0 … 9.
    public let priority: Int
    /// The smallest share of what is wanted that is of use in every interval, 0 … 1.
    public let minimumActivationFactor: Double
    /// What the request is based on, for the record: a contract, a market's reference.
    public let reference: String

    public init(
        id: String, revision: Int = 1, source: Source = .operator, location: Location, intervals: [Interval], isSetPoint: Bool = false,
        expires: Timestamp? = nil, notBefore: Timestamp? = nil, pricePerKWh: Double? = nil, priority: Int = 5, minimumActivationFactor: Double = 0,
        reference: String = ""
    ) {
        (self.id, self.revision, self.source, self.location, self.intervals, self.isSetPoint) = (id, revision, source, location, intervals, isSetPoint)
        (self.expires, self.notBefore, self.pricePerKWh, self.priority) = (expires, notBefore, pricePerKWh, priority)
        (self.minimumActivationFactor, self.reference) = (minimumActivationFactor, reference)
    }

    /// The begin of the first interval in which something is asked for.
    public var begin: Timestamp { (intervals.first(where: \.isRequested) ?? intervals[0]).start }
    /// The end of the last one.
    public var end: Timestamp { (intervals.last(where: \.isRequested) ?? intervals[intervals.count - 1]).end }
    /// After this time it is not accepted.
    public var lastAcceptance: Timestamp { min(expires ?? begin, begin) }

    /// What is asked for, cut at the boundaries of settlement periods (UFTP: ISP), so that each of them is checked, metered and settled alone.
    /// - Parameter minutes: length of a period; periods begin at whole multiples of it since 1970.
    public func steps(minutes: Int) -> [Interval] {
        let length = Int64(minutes) * 60_000_000_000
        var steps: [Interval] = []
        for interval in intervals where interval.isRequested {
            var start = interval.start
            while start < interval.end {
                let boundary = Timestamp(nanoseconds: (start.nanoseconds / length + 1) * length)
                let end = min(boundary, interval.end)
                steps.append(Interval(start: start, end: end, kilowatts: interval.kilowatts))
                start = end
            }
        }
        return steps
    }
}
