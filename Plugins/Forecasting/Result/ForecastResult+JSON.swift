import ForecastModels
import PluginAPI
import SiteCalendar

extension ForecastResult {
    /// The message of `forecasts/<series>`; its schema is `forecast` in ``ForecastingSchemas``.
    func json(_ series: SeriesSettings, levels: [Double], kind: String, silent: [String], hindsight: Bool? = nil) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("series", series.name)
        json.member("unit", series.unit)
        json.member("kind", kind)
        json.member("issued", Timestamp(seconds: issued).description)
        json.member("start", Timestamp(seconds: grid.start).description)
        json.member("step_minutes", grid.stepMinutes)
        json.member("quality", quality)
        if let hindsight { json.member("hindsight", hindsight) }
        json.list("flags", stepFlags.reduce(flags) { $0.union($1) }.names)
        json.list("silent", silent)
        json.key("model")
        json.beginObject()
        json.member("version", version)
        json.member("share", share)
        json.key("members")
        json.beginObject()
        for member in members { json.member(member.model.name, member.share) }
        json.endObject()
        json.endObject()
        json.key("quantiles")
        json.beginObject()
        for level in levels { json.numbers(OutputSettings.field(level), quantile(level)) }
        json.endObject()
        json.numbers("sigma", sigma)
        json.endObject()
        return json
    }
}

extension JSONWriter {
    mutating func list(_ key: String, _ texts: [String]) {
        self.key(key)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }

    /// Numbers to seven digits: more than any meter has.
    mutating func numbers(_ key: String, _ values: [Double]) {
        self.key(key)
        beginArray()
        for number in values { value(number.shortened) }
        endArray()
    }
}

extension Double {
    /// Rounded to seven significant digits, as JSON carries it.
    var shortened: Double {
        guard isFinite, self != 0 else { return self }
        let exponent = magnitude.exponent10
        let scale = Double.power(10, 6 - exponent)
        return scale.isFinite && scale > 0 ? (self * scale).rounded() / scale : self
    }

    private var exponent10: Int {
        var value = self, exponent = 0
        while value >= 10 { (value, exponent) = (value / 10, exponent + 1) }
        while value < 1, exponent > -300 { (value, exponent) = (value * 10, exponent - 1) }
        return exponent
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        exponent >= 0 ? (0..<exponent).reduce(1.0) { value, _ in value * base } : 1 / power(base, -exponent)
    }
}
