import ForecastModels
import PluginAPI

/// A forecast of the present as a measurement that the state estimation can stand in for a load that nobody measures: active power with its
/// standard deviation.
struct PseudoMeasurement {
    /// mRID of the load or generator.
    let at: String
    let watts: Double
    let sigmaWatts: Double
    /// Of the interval, seconds since 1970.
    let begin: Int64

    /// Nil for a series that stands for no load.
    init?(_ forecast: ForecastResult, _ series: SeriesSettings) {
        guard let target = series.pseudo, forecast.grid.count > 0 else { return nil }
        at = target.at
        watts = forecast[0][forecast[0].startIndex + ForecastResult.median] * target.factor
        sigmaWatts = forecast.sigma[0] * abs(target.factor)
        begin = forecast.grid.start
    }

    /// The platform's own form of readings; `uncertainty` is the standard deviation.
    var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("device", at)
        json.member("timestamp", Timestamp(seconds: begin).description)
        json.key("readings")
        json.beginArray()
        json.beginObject()
        json.member("component", at)
        json.member("measurand", "activepower")
        json.member("data", watts.shortened)
        json.member("uncertainty", sigmaWatts.shortened)
        json.endObject()
        json.endArray()
        json.endObject()
        return json
    }
}
