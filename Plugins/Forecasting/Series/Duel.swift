import ForecastModels
import PluginAPI

/// A new model while it is judged against the one that answers: both forecast the same intervals from what is known at the same times, once a
/// day and as far as the next day's end, and what comes of it decides. Back-tests of different weeks would not tell.
struct Duel: Sendable {
    private(set) var challenger: ServedModel
    /// Version of the model that answers.
    let against: Int
    /// When it began, seconds since 1970.
    let began: Int64
    /// Until where both have forecast.
    private(set) var reach: Int64
    private var pending: [Int64: Pair] = [:]
    private(set) var answering = DayScore()
    private(set) var challenging = DayScore()
    private var evidence = DuelEvidence()

    private struct Pair {
        let answering: [Double]
        let challenging: [Double]
    }

    enum Outcome: Equatable {
        case won, lost
    }

    init(_ challenger: ServedModel, against: Int, now: Int64) {
        self.challenger = challenger
        self.against = against
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
            let before = (answering.pinball, challenging.pinball)
            answering.add(pair.answering[...], actual: value, naive: .nan)
            challenging.add(pair.challenging[...], actual: value, naive: .nan)
            evidence.add(answering: answering.pinball - before.0, challenging: challenging.pinball - before.1, at: interval)
            pending[interval] = nil
        }
    }

    /// Who is better: before the days of the settings are over where a sequential test is sure of it and a whole day has come true, so that
    /// no night decides for the days; after them the one with the smaller loss. Where too little came true in twice the time, the newer one is
    /// believed.
    func outcome(now: Int64, step: Int64, days: Int) -> Outcome? {
        let perDay = 86_400 / step
        if Int64(answering.count) >= perDay {
            if evidence.ofChallenger(until: now) >= DuelEvidence.sure { return .won }
            if evidence.ofAnswering(until: now) >= DuelEvidence.sure { return .lost }
        }
        guard now >= began + Int64(days) * 86_400 else { return nil }
        guard Int64(answering.count) >= Int64(days) * perDay / 2 else { return now >= began + 2 * Int64(days) * 86_400 ? .won : nil }
        return challenging.meanPinball <= answering.meanPinball ? .won : .lost
    }

    /// For a person.
    func figures(against version: Int) -> String {
        "a pinball of \(challenging.meanPinball.shortened) against \(answering.meanPinball.shortened) of version \(version) on the same \(answering.count) intervals"
    }

    /// What is kept over a restart, beside the challenger itself.
    var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("version", challenger.record.version)
        json.member("against", against)
        json.member("began", Int(began))
        json.member("reach", Int(reach))
        json.numbers("answering", answering.numbers)
        json.numbers("challenging", challenging.numbers)
        json.rows("evidence", evidence.rows)
        json.rows("pending", pending.sorted { $0.key < $1.key }.map { [Double($0.key)] + $0.value.answering + $0.value.challenging })
        json.endObject()
        return json
    }

    /// Reads ``json``; nil where it is of other models, or damaged.
    init?(_ challenger: ServedModel, against: Int, json: [UInt8]) {
        guard let root = try? json.withUnsafeBytes({ try JSONValue($0) }), root["version"]?.integer == Int64(challenger.record.version),
            root["against"]?.integer == Int64(against), let began = root["began"]?.integer, let reach = root["reach"]?.integer,
            let answering = DayScore(root.row("answering")), let challenging = DayScore(root.row("challenging"))
        else { return nil }
        self.challenger = challenger
        self.against = against
        (self.began, self.reach, self.answering, self.challenging) = (began, reach, answering, challenging)
        evidence = DuelEvidence(rows: root.rows("evidence"))
        let levels = ForecastResult.levels.count
        for (time, numbers) in root.rows("pending") where numbers.count == 2 * levels {
            pending[time] = Pair(answering: Array(numbers[..<levels]), challenging: Array(numbers[levels...]))
        }
    }
}
