import PluginAPI

/// Keeps forecasts until they come true, and how good they were, by day and lead.
struct ScoreBoard: Sendable {
    /// By lead and begin of the interval.
    private var pending: [Lead: [Int64: [Double]]] = [:]
    /// By lead and day since 1970.
    private var days: [Lead: [Int: DayScore]] = [:]

    /// The gate of the last day-ahead forecast that was made, stored and published.
    var gate: Int64?

    /// How long a reading may come late.
    private static let patience: Int64 = 3 * 86_400
    private static let keptDays = 400

    /// Remembers what was forecast for an interval; the last of several with one lead holds, as in the store.
    mutating func expect(_ lead: Lead, _ interval: Int64, _ quantiles: ArraySlice<Double>) {
        pending[lead, default: [:]][interval] = Array(quantiles)
    }

    /// Scores what has come true.
    /// - Parameter actual: the value of an interval that has ended, NaN if it is not known.
    mutating func score(until time: Int64, step: Int64, actual: (Int64) -> Double) {
        for (lead, waiting) in pending {
            for (interval, quantiles) in waiting where interval + step <= time {
                let value = actual(interval)
                guard value.isFinite else {
                    if interval < time - Self.patience { pending[lead]?[interval] = nil }
                    continue
                }
                days[lead, default: [:]][Int(interval.floored(by: 86_400)), default: DayScore()]
                    .add(quantiles[...], actual: value, naive: actual(interval - 7 * 86_400))
                pending[lead]?[interval] = nil
            }
        }
        let oldest = Int(time.floored(by: 86_400)) - Self.keptDays
        for lead in days.keys where days[lead]?.keys.contains(where: { $0 < oldest }) ?? false {
            days[lead] = days[lead]?.filter { $0.key >= oldest }
        }
    }

    /// The score of the days before a time, today included.
    func rolling(_ lead: Lead, days number: Int, until time: Int64) -> DayScore {
        let today = Int(time.floored(by: 86_400))
        var sum = DayScore()
        for (day, score) in days[lead] ?? [:] where day > today - number && day <= today { sum += score }
        return sum
    }

    /// Each day's score, the oldest first.
    func byDay(_ lead: Lead) -> [(day: Int, score: DayScore)] { (days[lead] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    /// What is kept over a restart: the scores, the forecasts that wait for what comes of them, and the gate of the last day ahead.
    var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        for lead in Lead.allCases {
            json.key(lead.rawValue)
            json.beginArray()
            for (day, score) in byDay(lead) {
                json.beginArray()
                json.value(day)
                for number in score.numbers { json.value(number) }
                json.endArray()
            }
            json.endArray()
        }
        json.key("pending")
        json.beginObject()
        for lead in Lead.allCases { json.rows(lead.rawValue, (pending[lead] ?? [:]).sorted { $0.key < $1.key }.map { [Double($0.key)] + $0.value }) }
        json.endObject()
        if let gate { json.member("gate", Int(gate)) }
        json.endObject()
        return json
    }

    init() {}

    /// Reads ``json``; what is malformed is left out.
    init(json: [UInt8]) {
        guard let root = try? json.withUnsafeBytes({ try JSONValue($0) }) else { return }
        for lead in Lead.allCases {
            for (day, numbers) in root.rows(lead.rawValue) {
                guard let score = DayScore(numbers) else { continue }
                days[lead, default: [:]][Int(day)] = score
            }
            for (time, quantiles) in root["pending"]?.rows(lead.rawValue) ?? [] where quantiles.count == ForecastResult.levels.count {
                pending[lead, default: [:]][time] = quantiles
            }
        }
        gate = root["gate"]?.integer
    }
}
