/// What of a request fits the grid, and what keeps the rest out.
public struct CapacityAnswer: Sendable {
    /// One for each interval of the request.
    public let intervals: [CapacityInterval]
    /// Why nothing of it could be checked: a sentence about places without supply; nil where it was.
    public let refusal: String?
    /// What could not be examined, a sentence each: outages after which nothing is supplied.
    public let notes: [String]

    /// Whether every interval takes the whole range.
    public var isWhole: Bool { refusal == nil && intervals.allSatisfy { $0.acceptedKW == $0.wishedKW } }

    /// A sentence for the request as a whole where it is refused, and one for each interval that is cut.
    public var sentences: [String] { (refusal.map { [$0] } ?? []) + intervals.compactMap(\.sentence) + notes }
}

/// What of one interval of a request fits.
public struct CapacityInterval: Hashable, Sendable {
    /// Position of the interval.
    public var interval: Int
    /// What was asked for, kW beyond the forecast, consumption positive.
    public var wishedKW: ClosedRange<Double>
    /// The part of it that fits; nil where none does, so that the interval has to be refused.
    public var acceptedKW: ClosedRange<Double>?
    /// How far more consumption fits; nil where none is asked for.
    public var increase: CapacityEnd?
    /// How far less consumption, or feed-in, fits; nil where none is asked for.
    public var reduction: CapacityEnd?

    /// What is cut and why; nil where nothing is.
    public var sentence: String? {
        let cuts = [increase, reduction].compactMap { $0?.sentence }
        return cuts.isEmpty ? nil : "interval \(interval): " + cuts.joined(separator: "; ")
    }
}

/// How far one direction of a request fits in one interval.
public struct CapacityEnd: Hashable, Sendable {
    /// kW, consumption positive.
    public var wishedKW: Double
    /// The part of it up to which every limit is kept in every case: zero, or of the same sign.
    public var fittingKW: Double
    /// What keeps the rest out; nil where all of it fits, and where the request is refused as a whole.
    public var limitedBy: CapacityLimit?
    /// What lines and transformers take more in the interval with ``fittingKW``, in the median case; negative where it relieves the grid.
    public var addedLossesKWh: Double
    /// What is left to others with ``fittingKW``; nil where the grid has no solution in some case.
    public var headroom: Headroom?

    /// "cut to 83 of 100 kW: line L5 would carry 412 A of 400 A in the P90 case".
    var sentence: String? {
        guard let limitedBy else { return nil }
        let (fitting, wished) = Figures.apart(fittingKW, wishedKW)
        return (fittingKW == 0 ? "nothing of \(wished) kW fits: " : "cut to \(fitting) of \(wished) kW: ") + limitedBy.description
    }
}

/// The limit at which a request is cut.
public struct CapacityLimit: Hashable, Sendable, CustomStringConvertible {
    /// The limit, and what the whole request would bring it to; where that has no solution, what a little more than fits would.
    public var congestion: Congestion
    /// Whether the forecast exceeds it without the request. Requests may then not make it worse.
    public var isExceededAlready: Bool

    /// One sentence without its end.
    public var description: String { congestion.description + (isExceededAlready ? ", which the forecast exceeds already" : "") }
}

/// How much room the grid has left, over all cases of an interval.
public struct Headroom: Hashable, Sendable {
    /// The highest current over what is allowed, and of which line or transformer; nil where none has a rating.
    public var highestLoading: Double
    /// The line or transformer that is nearest to its rating.
    public var mostLoaded: GridElement?
    /// The least distance of a voltage to either end of its band, per unit; negative where the forecast itself is beyond.
    public var leastVoltageMargin: Double
    /// The node of that distance.
    public var nearestNode: GridElement?
}
