import FlexibilityMarket
import PluginAPI

/// The newest forecast of each series, kW, with the run that it is of.
struct ForecastBoard {
    struct Forecast {
        let issued: String
        let start: Timestamp
        let stepNanoseconds: Int64
        let quantiles: [String: [Double]]
    }

    private(set) var forecasts: [String: Forecast] = [:]

    /// Takes a message of `forecasts/<series>`: `{"unit", "issued", "start", "step_minutes", "quantiles": {"q50": […], …}}`, in kW, W or MW.
    /// - Throws: ``Status/invalidArgument`` with what is wrong.
    mutating func take(_ message: JSONValue, series: String) throws(ServiceError) {
        guard let start = message["start"]?.text.flatMap({ Timestamp(text: $0) }), let minutes = message["step_minutes"]?.number, (0.01...1_440).contains(minutes) else {
            throw .invalidArgument("start or step_minutes is missing, or no time with its zone and minutes from 0.01 to 1440")
        }
        let unit = message["unit"]?.text ?? "kW"
        guard let scale = ["kW": 1.0, "W": 0.001, "MW": 1000][unit] else { throw .invalidArgument("the unit is '\(unit)', expected W, kW or MW") }
        var quantiles: [String: [Double]] = [:]
        for (name, values) in message["quantiles"]?.members ?? [] { quantiles[name] = (values.elements ?? []).map { ($0.number ?? .nan) * scale } }
        guard let median = quantiles["q50"], !median.isEmpty else { throw .invalidArgument("quantiles has no q50") }
        forecasts[series] = Forecast(
            issued: message["issued"]?.text ?? start.description, start: start, stepNanoseconds: Int64(minutes * 60e9), quantiles: quantiles)
    }

    /// The mean of a quantile over a span, kW; nil where the forecast does not reach, or does not have the quantile.
    func mean(_ series: String, _ quantile: String, from start: Timestamp, to end: Timestamp) -> Double? {
        guard let forecast = forecasts[series], let values = forecast.quantiles[quantile] else { return nil }
        let (first, last) = (start.nanoseconds - forecast.start.nanoseconds, end.nanoseconds - forecast.start.nanoseconds)
        guard first >= 0, last > first else { return nil }
        var sum = 0.0, index = Int(first / forecast.stepNanoseconds)
        while Int64(index) * forecast.stepNanoseconds < last {
            guard index < values.count, values[index].isFinite else { return nil }
            let begin = max(first, Int64(index) * forecast.stepNanoseconds), over = min(last, Int64(index + 1) * forecast.stepNanoseconds)
            sum += values[index] * Double(over - begin)
            index += 1
        }
        return sum / Double(last - first)
    }

    /// Whether there is a forecast of a series that reaches an instant.
    func reaches(_ series: String, _ end: Timestamp) -> Bool {
        guard let forecast = forecasts[series], let median = forecast.quantiles["q50"] else { return false }
        return forecast.start.nanoseconds + Int64(median.count) * forecast.stepNanoseconds >= end.nanoseconds
    }

    /// The run of each of some series, where there is one.
    func runs(_ series: [String]) -> [String: String] {
        var runs: [String: String] = [:]
        for name in series { if let forecast = forecasts[name] { runs[name] = forecast.issued } }
        return runs
    }
}
