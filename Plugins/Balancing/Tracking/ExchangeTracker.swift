/// The fast loop: every some seconds it moves the assets so that the exchange at the transformer follows its target.
///
/// What nobody decides is the measured exchange less what the assets do; the assets together are to bring it to the target. Each begins from its
/// schedule and takes a share of the rest by the room that its band leaves in that direction, within its ramp, and no more often than it takes
/// set-points. Generation is curtailed only where the others have no room left. Because the loop goes by what assets really do, the others make up for
/// one that does not follow, and nothing winds up.
public struct ExchangeTracker: Sendable {
    /// How the loop works.
    public struct Settings: Hashable, Sendable {
        /// Deviations below this are left, kW.
        public var deadBandKW: Double
        /// Stores are used so that they last at least this long at the present power, seconds.
        public var lastingSeconds: Double
        /// An end of flexibility is told this long before, seconds.
        public var noticeSeconds: Double
        /// A deviation that lasts this long with all assets at their limits is the end of flexibility, seconds.
        public var exhaustedAfterSeconds: Double
        /// Beyond this the deviation counts as one, kW.
        public var toleranceKW: Double

        public init(
            deadBandKW: Double = 0, lastingSeconds: Double = 60, noticeSeconds: Double = 900, exhaustedAfterSeconds: Double = 60, toleranceKW: Double = 1
        ) {
            self.deadBandKW = deadBandKW
            self.lastingSeconds = lastingSeconds
            self.noticeSeconds = noticeSeconds
            self.exhaustedAfterSeconds = exhaustedAfterSeconds
            self.toleranceKW = toleranceKW
        }
    }

    private let settings: Settings
    /// Last set-point of each asset, and how long ago it was given, by id: an asset that goes and comes back keeps its own.
    private var given: [String: (setPointKW: Double, ageSeconds: Double)] = [:]
    private var limitedSeconds = 0.0
    private var isExhausted = false

    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// One step of the loop.
    /// - Parameters:
    ///   - targetKW: the wanted exchange, positive for import.
    ///   - exchangeKW: the measured one.
    ///   - assets: as they were when it was measured.
    ///   - seconds: since the last step.
    public mutating func step(targetKW: Double, exchangeKW: Double, assets: [TrackedAsset], seconds: Double) -> TrackingStep {
        let deviation = exchangeKW - targetKW
        var shares = Shares(assets, settings.lastingSeconds)
        for index in assets.indices { limitShare(index, assets[index], seconds, &shares) }
        let wanted = wantedKW(shares.measured - deviation, assets)
        let isIdle = abs(deviation) < settings.deadBandKW && !shares.mustMove
        let residual = isIdle ? 0 : shares.distribute(wanted)
        if isIdle { shares.hold(assets.map { given[$0.id]?.setPointKW ?? $0.measuredKW }) }
        note(residual, seconds)
        let end = endOfFlexibility(assets, deviation: deviation)
        if isExhausted { shares.returnToSchedule(assets) }
        remember(assets, shares.setPoints, seconds)
        return TrackingStep(
            setPointKW: shares.setPoints, residualKW: residual, upKW: shares.upKW, downKW: shares.downKW, state: state(residual), exhaustedInSeconds: end,
            sentence: sentence(residual, end))
    }

    /// What the assets are to draw together so that exchange = target. Where it is not sure whether the exchange was measured before or after some of
    /// them followed their set-points, that leaves a range of powers: they stay where they are if it is in there, and go no further than into it.
    /// - Parameter power: of assets that had not followed.
    private func wantedKW(_ power: Double, _ assets: [TrackedAsset]) -> Double {
        guard assets.contains(where: { $0.awaitedKW != nil }) else { return power }
        var (least, most, held) = (power, power, 0.0)
        for asset in assets {
            guard asset.isAvailable, let awaited = asset.awaitedKW else {
                held += asset.isAvailable ? given[asset.id]?.setPointKW ?? asset.measuredKW : asset.measuredKW
                continue
            }
            held += awaited
            least += min(0, awaited - asset.measuredKW)
            most += max(0, awaited - asset.measuredKW)
        }
        return min(max(held, least), most)
    }

    /// Forgets what was given, when the target is another one: flexibility may be there again.
    public mutating func restart() {
        limitedSeconds = 0
        isExhausted = false
    }

    /// Ramp and interval of an asset become limits of its share.
    private func limitShare(_ index: Int, _ asset: TrackedAsset, _ seconds: Double, _ shares: inout Shares) {
        guard asset.isAvailable else { return shares.fix(index, at: asset.measuredKW) }
        if let awaited = asset.awaitedKW { return shares.fix(index, at: awaited) }
        if asset.intervalSeconds > seconds, let last = given[asset.id], last.ageSeconds + seconds < asset.intervalSeconds * 0.999 {
            return shares.fix(index, at: last.setPointKW)
        }
        if asset.rampKWPerSecond.isFinite {
            let reach = asset.rampKWPerSecond * seconds
            shares.narrow(index, to: (asset.measuredKW - reach)...(asset.measuredKW + reach))
        }
        let followed = max(settings.toleranceKW, 0.02 * (asset.bandKW.upperBound - asset.bandKW.lowerBound))
        guard let told = asset.toldKW ?? given[asset.id]?.setPointKW else { return }
        let error = asset.isCurtailable ? told - asset.measuredKW : abs(asset.measuredKW - told)
        if error > followed { shares.suspect(index, at: asset.measuredKW) }
    }

    private mutating func note(_ residual: Double, _ seconds: Double) {
        limitedSeconds = abs(residual) > settings.toleranceKW ? limitedSeconds + seconds : 0
        if limitedSeconds >= settings.exhaustedAfterSeconds { isExhausted = true }
        if limitedSeconds == 0, abs(residual) <= settings.toleranceKW { isExhausted = false }
    }

    private mutating func remember(_ assets: [TrackedAsset], _ setPoints: [Double], _ seconds: Double) {
        for (index, asset) in assets.enumerated() {
            let last = given[asset.id]
            let isSame = last.map { $0.setPointKW == setPoints[index] && $0.ageSeconds + seconds < asset.intervalSeconds * 0.999 } ?? false
            given[asset.id] = (setPoints[index], isSame ? (last?.ageSeconds ?? 0) + seconds : 0)
        }
    }

    /// When the stores end at what they do now: seconds, nil if not within the notice.
    private func endOfFlexibility(_ assets: [TrackedAsset], deviation: Double) -> Double? {
        var (discharge, below, charge, above) = (0.0, 0.0, 0.0, 0.0)
        for asset in assets where asset.isAvailable {
            guard let energy = asset.energyKWh else { continue }
            below += max(0, energy.below)
            above += max(0, energy.above)
            if asset.measuredKW < 0 { discharge -= asset.measuredKW } else { charge += asset.measuredKW }
        }
        let net = discharge - charge
        guard abs(net) > settings.toleranceKW else { return nil }
        let seconds = (net > 0 ? below : above) * 3600 / abs(net)
        return seconds <= settings.noticeSeconds ? seconds : nil
    }

    private func state(_ residual: Double) -> TrackingState {
        if isExhausted { return .exhausted }
        return abs(residual) > settings.toleranceKW ? .limited : .following
    }

    private func sentence(_ residual: Double, _ end: Double?) -> String {
        if isExhausted { return "flexibility is exhausted: \(PlainNumber.text(abs(residual))) kW more would be needed; the assets return to their schedule" }
        if abs(residual) > settings.toleranceKW { return "all assets are at their limits: \(PlainNumber.text(abs(residual))) kW are missing" }
        return end.map { "the stores last \(PlainNumber.text(($0 / 60).rounded())) minutes more at the present power" } ?? ""
    }
}

/// How well the loop can follow.
public enum TrackingState: String, Hashable, Sendable {
    /// The target is reached within the tolerance, or will be as fast as the assets can.
    case following
    /// All assets are at a limit.
    case limited
    /// They have been for long: the assets go back to their schedules.
    case exhausted
}

/// What a step of the loop decided.
public struct TrackingStep: Sendable {
    /// What each asset is to do, kW, in the order that was given.
    public let setPointKW: [Double]
    /// What the assets together lack to reach the target, kW; positive: they can't draw enough.
    public let residualKW: Double
    /// How much more the assets could draw, and how much less, kW.
    public let upKW: Double
    public let downKW: Double
    /// How well it goes.
    public let state: TrackingState
    /// When the stores end at the present power, if that is within the notice.
    public let exhaustedInSeconds: Double?
    /// For people; empty if there is nothing to say.
    public let sentence: String
}
