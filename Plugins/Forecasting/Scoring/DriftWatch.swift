import Glibc

/// Says when a series is no longer what its model was made for: the forecasts of the last days are worse than they were when the model was
/// new. Two looks: a fortnight against the ratio of the settings, and three days against twice that excess, so that a sudden change is found
/// within days and a slow one without false alarms.
struct DriftWatch: Sendable {
    let ratio: Double

    struct Finding: Sendable {
        let days: Int
        let pinball: Double
        let reference: Double
        var ratio: Double { pinball / reference }

        var sentence: String {
            "the pinball of the last \(days) days is \(rounded(ratio)) times its reference (\(rounded(pinball)) against \(rounded(reference)))"
        }

        private func rounded(_ number: Double) -> String {
            let digits = abs(number) >= 100 ? 1.0 : abs(number) >= 1 ? 100.0 : 10_000.0
            return String((number * digits).rounded() / digits)
        }
    }

    /// - Parameters:
    ///   - reference: mean pinball that the model promised, NaN if it could not be said.
    ///   - since: when the model began to answer; days before do not count.
    func finding(_ scores: ScoreBoard, reference: Double, since: Int64, now: Int64) -> Finding? {
        guard reference > 0, reference.isFinite else { return nil }
        let age = Int((now - since) / 86_400)
        for (days, limit) in [(3, 1 + 2 * (ratio - 1)), (14, ratio)] where age >= days {
            let score = scores.rolling(.dayAhead, days: days, until: now)
            // Half of the intervals at least, of an hour each.
            guard score.count >= days * 12, score.meanPinball > limit * reference else { continue }
            return Finding(days: days, pinball: score.meanPinball, reference: reference)
        }
        return nil
    }
}
