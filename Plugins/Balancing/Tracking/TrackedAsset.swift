/// An asset as the tracking loop sees it, in the load convention: positive is into the asset.
public struct TrackedAsset: Hashable, Sendable {
    /// For sentences; the loop goes by position.
    public var id: String
    /// The band of powers that it reports it could take now, kW.
    public var bandKW: ClosedRange<Double>
    /// What it does now, kW.
    public var measuredKW: Double
    /// What the schedule says for now, kW.
    public var scheduledKW: Double
    /// How fast it may change, kW per second; infinite for no limit.
    public var rampKWPerSecond: Double
    /// Least time between two set-points, seconds: ten for a community battery, a quarter of an hour for a household's.
    public var intervalSeconds: Double
    /// Energy that it could still take (above) and give (below), at its terminals, kWh; nil for an asset without a store.
    public var energyKWh: (above: Double, below: Double)?
    /// The set-point that it had when the exchange was measured, kW; nil where that is the loop's last one.
    public var toldKW: Double?
    /// A set-point that it may have followed already when the exchange was measured, or will follow next, kW: the loop counts on it and gives it no
    /// other; nil if there is none.
    public var awaitedKW: Double?
    /// Whether it takes part: it reports, and follows.
    public var isAvailable: Bool
    /// Generation that takes a curtailment: its set-point bounds what it generates, and it is used only where the others have no room left.
    public var isCurtailable: Bool

    public init(
        id: String, bandKW: ClosedRange<Double>, measuredKW: Double, scheduledKW: Double = 0, rampKWPerSecond: Double = .infinity,
        intervalSeconds: Double = 0, energyKWh: (above: Double, below: Double)? = nil, toldKW: Double? = nil, awaitedKW: Double? = nil,
        isAvailable: Bool = true, isCurtailable: Bool = false
    ) {
        self.id = id
        self.bandKW = bandKW
        self.measuredKW = measuredKW
        self.scheduledKW = scheduledKW
        self.rampKWPerSecond = rampKWPerSecond
        self.intervalSeconds = intervalSeconds
        self.energyKWh = energyKWh
        self.toldKW = toldKW
        self.awaitedKW = awaitedKW
        self.isAvailable = isAvailable
        self.isCurtailable = isCurtailable
    }

    public static func == (left: TrackedAsset, right: TrackedAsset) -> Bool {
        left.id == right.id && left.bandKW == right.bandKW && left.measuredKW == right.measuredKW && left.scheduledKW == right.scheduledKW
            && left.rampKWPerSecond == right.rampKWPerSecond && left.intervalSeconds == right.intervalSeconds && left.isAvailable == right.isAvailable
            && left.toldKW == right.toldKW && left.awaitedKW == right.awaitedKW && left.isCurtailable == right.isCurtailable
            && left.energyKWh?.above == right.energyKWh?.above && left.energyKWh?.below == right.energyKWh?.below
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(id) }

    /// The band, narrowed so that the store is neither full nor empty before `seconds` have passed: power ends gently, not at once.
    func reachableKW(within seconds: Double) -> ClosedRange<Double> {
        guard let energyKWh else { return bandKW }
        let most = max(0, energyKWh.above) * 3600 / seconds, least = -max(0, energyKWh.below) * 3600 / seconds
        let upper = max(bandKW.lowerBound, min(bandKW.upperBound, most))
        return min(upper, max(bandKW.lowerBound, least))...upper
    }
}
