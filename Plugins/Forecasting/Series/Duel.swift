import ForecastModels

/// A new model while it is judged against the one that answers: both forecast the same intervals from what is known at the same times, once a
/// day and as far as the next day's end, and what comes of it decides. Back-tests of different weeks would not tell.
struct Duel: Sendable {
    private(set) var challenger: ServedModel
    /// When it began, seconds since 1970.
    let began: Int64
    /// Until where both have forecast.
    private(set) var reach: Int64
    private var pending: [Int64: Pair] = [:]
    private(set) var answering = DayScore()
    private(set) var challenging = DayScore()

    private struct Pair {
        let answering: [Double]
        let challenging: [Double]
    }

    enum Outcome: Equatable {
        case won, lost
    }

    /// Loss of the better one, relative to the other's, at which a day is enough.
    private static let clear = 0.8

    init(_ challenger: ServedModel, now: Int64) {
        self.challenger = challenger
        (began, reach) = (now, now)
    }

    mutating func update(_ recent: SeriesWindow, _ weather: WeatherHistory, _ calendar: CalendarColumns, at issue: Int64) throws {
        try challenger.update(recent, weather, calendar, at: issue)
    }

    /// Remembers what both say of the same intervals.
    mutating func note(_ answer: ForecastResult, _ challenge: ForecastResult) {
        for index in 0..<min(answer.grid.count, challenge.grid.count) {
            pending[answer.grid.time(index)] = Pair(answering: Array(answer[index]), challenging: Array(challenge[index]))
        }
        reach = max(reach, answer.grid.end)
    }

    /// Scores what has come true.
    mutating func score(until time: Int64, step: Int64, actual: (Int64) -> Double) {
        for (interval, pair) in pending where interval + step <= time {
            let value = actual(interval)
            guard value.isFinite else {
                if interval < time - 3 * 86_400 { pending[interval] = nil }
                continue
            }
            answering.add(pair.answering[...], actual: value, naive: .nan)
            challenging.add(pair.challenging[...], actual: value, naive: .nan)
            pending[interval] = nil
        }
    }

    /// Who is better: after the days of the settings, or after one where one is clearly so. Where too little came true in twice the time,
    /// the newer one is believed.
    func outcome(now: Int64, step: Int64, days: Int) -> Outcome? {
        let perDay = 86_400 / step
        let (old, new) = (answering.meanPinball, challenging.meanPinball)
        if Int64(answering.count) >= perDay * 3 / 4 {
            if new <= Self.clear * old { return .won }
            if old < Self.clear * new { return .lost }
        }
        guard now >= began + Int64(days) * 86_400 else { return nil }
        guard Int64(answering.count) >= Int64(days) * perDay / 2 else { return now >= began + 2 * Int64(days) * 86_400 ? .won : nil }
        return new <= old ? .won : .lost
    }

    /// For a person.
    func figures(against version: Int) -> String {
        "a pinball of \(challenging.meanPinball.shortened) against \(answering.meanPinball.shortened) of version \(version) on the same \(answering.count) intervals"
    }
}
