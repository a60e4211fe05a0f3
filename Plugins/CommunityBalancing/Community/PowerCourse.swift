import PluginAPI

/// How an asset's power went lately, as far as it is known: what it reported, and the set-points that it acknowledged since.
struct PowerCourse {
    /// From a power towards another one, by a ramp, until the next stretch begins.
    private struct Stretch {
        let begin: Timestamp
        let fromKW: Double
        let towardsKW: Double
        let rampKWPerSecond: Double
        let isSetPoint: Bool

        func powerKW(at time: Timestamp) -> Double {
            guard time >= begin else { return fromKW }
            let reach = rampKWPerSecond.isFinite ? rampKWPerSecond * Double((time - begin).nanoseconds) / 1e9 : .infinity
            return fromKW + max(-reach, min(reach, towardsKW - fromKW))
        }
    }

    /// In order of time.
    private var stretches: [Stretch] = []
    /// The two last set-points and what was reported between them are enough for an exchange that was measured a turn of the loop ago.
    private static let most = 8

    /// It reports a power, and stays with it as far as one knows.
    mutating func take(reportKW: Double, at time: Timestamp) {
        var begin = time
        if let last = stretches.lastIndex(where: { $0.begin <= time }), !stretches[last].isSetPoint {
            begin = stretches[last].begin
            stretches.remove(at: last)
        }
        insert(Stretch(begin: begin, fromKW: reportKW, towardsKW: reportKW, rampKWPerSecond: .infinity, isSetPoint: false))
    }

    /// It acknowledges a set-point, and goes there.
    mutating func take(setPointKW: Double, at time: Timestamp, rampKWPerSecond: Double) {
        let from = powerKW(at: time) ?? setPointKW
        insert(Stretch(begin: time, fromKW: from, towardsKW: setPointKW, rampKWPerSecond: rampKWPerSecond, isSetPoint: true))
    }

    /// Reports and acknowledgements come on different ways, and so not in their order.
    private mutating func insert(_ stretch: Stretch) {
        stretches.insert(stretch, at: (stretches.lastIndex { $0.begin <= stretch.begin } ?? -1) + 1)
        if stretches.count > Self.most { stretches.removeFirst() }
    }

    /// Its power at a time, kW; nil before anything is known.
    func powerKW(at time: Timestamp) -> Double? { (stretches.last { $0.begin <= time } ?? stretches.first)?.powerKW(at: time) }

    /// The last set-point that it had acknowledged at a time, kW; nil if none was before.
    func setPointKW(at time: Timestamp) -> Double? { stretches.last { $0.isSetPoint && $0.begin <= time }?.towardsKW }

    /// Whether it acknowledged a set-point after a time.
    func hasSetPoint(after time: Timestamp) -> Bool { stretches.last { $0.isSetPoint }.map { $0.begin > time } ?? false }

    /// Between which powers it is to be at a time by the last set-point that it had acknowledged, kW: on its way there, and still at the power before
    /// while the set-point is younger than `seconds`; nil if it had acknowledged none.
    func expectedKW(at time: Timestamp, settling seconds: Double) -> ClosedRange<Double>? {
        guard let last = stretches.last(where: { $0.isSetPoint && $0.begin <= time }) else { return nil }
        let isYoung = Double((time - last.begin).nanoseconds) / 1e9 < seconds
        let least = isYoung ? last.fromKW : last.powerKW(at: time)
        return min(least, last.towardsKW)...max(least, last.towardsKW)
    }
}
