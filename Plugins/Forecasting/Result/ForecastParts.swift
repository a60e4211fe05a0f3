import ForecastModels
import PluginAPI

/// What a forecast net load is made of: consumption, and what plants of the sun and the wind behind its meters feed in. The three add up to the
/// median; how sure they are is not known, since nothing meters them.
struct ForecastParts: Sendable {
    let issued: Int64
    let grid: TimeGrid
    let load: [Double]
    /// Zero or negative.
    let pv: [Double]
    /// Zero or negative.
    let wind: [Double]

    /// The fields of the store, in the order of ``values``.
    static let fields = ["load", "pv", "wind"]

    init(_ forecast: ForecastResult, _ split: ComponentSplit, weather: WeatherHistory) throws {
        let median = try SeriesWindow(grid: forecast.grid, values: forecast.quantile(0.5))
        self.init(split.parts(of: median, weather: weather, knownAt: forecast.issued), issued: forecast.issued, grid: forecast.grid)
    }

    init(_ parts: ComponentSplit.Parts, issued: Int64, grid: TimeGrid) {
        (self.issued, self.grid) = (issued, grid)
        (load, pv, wind) = (parts.consumption, parts.solar, parts.wind)
    }

    var values: [[Double]] { [load, pv, wind] }

    /// The message of `forecasts/<series>/parts`; its schema is `parts` in ``ForecastingSchemas``.
    /// - Parameter past: the same of intervals that were.
    func json(_ series: SeriesSettings, _ split: ComponentSplit, past: ForecastParts? = nil) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("series", series.name)
        json.member("unit", series.unit)
        json.member("issued", Timestamp(seconds: issued).description)
        json.member("start", Timestamp(seconds: grid.start).description)
        json.member("step_minutes", grid.stepMinutes)
        json.member("pv_per_irradiance", split.solarPerIrradiance.shortened)
        json.member("wind_capacity", split.windCapacity.shortened)
        json.member("half_power_speed", split.halfPowerSpeed)
        write(&json)
        if let past {
            json.key("past")
            json.beginObject()
            json.member("start", Timestamp(seconds: past.grid.start).description)
            past.write(&json)
            json.endObject()
        }
        json.endObject()
        return json
    }

    private func write(_ json: inout JSONWriter) {
        for (field, values) in zip(Self.fields, values) { json.numbers(field, values) }
    }
}
