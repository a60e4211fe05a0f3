import PluginAPI
import SiteCalendar

/// The newest forecast of each series, kW.
struct ForecastBoard {
    struct Forecast {
        let start: Timestamp
        let stepNanoseconds: Int64
        /// By the names of the message: q05 … q95.
        let quantiles: [String: [Double]]
    }

    private(set) var forecasts: [String: Forecast] = [:]

    /// Takes a message of `forecasts/<series>`: `{"unit", "start", "step_minutes", "quantiles": {"q50": […], …}}`, in kW, W or MW.
    /// - Throws: ``Status/invalidArgument`` with what is wrong.
    mutating func take(_ message: JSONValue, series: String) throws(ServiceError) {
        guard let start = message["start"]?.text.flatMap({ Timestamp(message: $0) }),
            let minutes = message["step_minutes"]?.number, (0.01...1_440).contains(minutes)
        else { throw .invalidArgument("start or step_minutes is missing, or no time and minutes from 0.01 to 1440") }
        let scales = ["kW": 1.0, "W": 0.001, "MW": 1000]
        guard let scale = scales[message["unit"]?.text ?? "kW"] else { throw .invalidArgument("the unit is '\(message["unit"]?.text ?? "")', expected W, kW or MW") }
        var quantiles: [String: [Double]] = [:]
        for (name, values) in message["quantiles"]?.members ?? [] { quantiles[name] = (values.elements ?? []).map { ($0.number ?? .nan) * scale } }
        guard let median = quantiles["q50"], !median.isEmpty else { throw .invalidArgument("quantiles has no q50") }
        forecasts[series] = Forecast(start: start, stepNanoseconds: Int64(minutes * 60e9), quantiles: quantiles)
    }

    /// A quantile of a series over steps; nil where it does not reach, so that the caller falls back.
    func values(_ series: String?, _ quantile: String, from begin: Timestamp, steps: Int, stepNanoseconds: Int64) -> [Double?] {
        guard let series, let forecast = forecasts[series], let values = forecast.quantiles[quantile] else { return [Double?](repeating: nil, count: steps) }
        return (0..<steps).map { step in
            let offset = begin.nanoseconds + Int64(step) * stepNanoseconds - forecast.start.nanoseconds
            let index = Int(offset >= 0 ? offset / forecast.stepNanoseconds : -1)
            return values.indices.contains(index) && values[index].isFinite ? values[index] : nil
        }
    }
}

/// What was measured at each time of the day, for want of a forecast: the same time of the last day, else the latest value.
struct DayProfile {
    private let zone: SiteZone
    private var means = [Double?](repeating: nil, count: 96)
    private var sum = 0.0
    private var count = 0
    private var place = -1
    private(set) var latest: Double?

    /// - Parameter zone: whose days they are: people get up by the clock.
    init(zone: SiteZone) { self.zone = zone }

    /// Takes a measured power, kW.
    mutating func take(_ power: Double, at time: Timestamp) {
        let now = place(time)
        if now != place {
            if count > 0, place >= 0 { means[place] = sum / Double(count) }
            (sum, count, place) = (0, 0, now)
        }
        sum += power
        count += 1
        latest = power
    }

    /// What is to be expected at a time.
    func value(at time: Timestamp) -> Double { means[place(time)] ?? latest ?? 0 }

    private func place(_ time: Timestamp) -> Int { zone.local(Int(time.nanoseconds / 1_000_000_000)).secondOfDay / 900 }
}
