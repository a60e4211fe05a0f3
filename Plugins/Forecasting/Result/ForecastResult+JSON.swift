import ForecastModels
import PluginAPI
import SiteCalendar

extension ForecastResult {
    /// The message of `forecasts/<series>`; its schema is `forecast` in ``ForecastingSchemas``.
    func json(_ series: SeriesSettings, levels: [Double], kind: String, silent: [String], hindsight: Bool? = nil) -> JSONWriter {
        json(name: series.name, unit: series.unit, levels: levels, kind: kind, silent: silent, hindsight: hindsight)
    }

    /// The same of a series that is none of the manifest's.
    func json(name: String, unit: String, levels: [Double], kind: String, silent: [String], hindsight: Bool? = nil) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("series", name)
        json.member("unit", unit)
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

extension JSONWriter {
    /// Rows of a table that is kept: a time or day, exact, and numbers of it to seven digits.
    mutating func rows(_ key: String, _ rows: [[Double]]) {
        self.key(key)
        beginArray()
        for row in rows {
            beginArray()
            for (index, number) in row.enumerated() { value(index == 0 ? number : number.shortened) }
            endArray()
        }
        endArray()
    }
}

extension JSONValue {
    /// The numbers of a list; empty if it is none.
    func row(_ key: String) -> [Double] { (self[key]?.elements ?? []).compactMap(\.number) }

    /// The rows of a table that ``JSONWriter/rows(_:_:)`` wrote, each with its time or day, which is left out where it can be none.
    func rows(_ key: String) -> [(time: Int64, numbers: [Double])] {
        var rows: [(time: Int64, numbers: [Double])] = []
        for element in self[key]?.elements ?? [] {
            let numbers = (element.elements ?? []).compactMap(\.number)
            if let time = numbers.first.flatMap({ Int64(exactly: $0) }) { rows.append((time, Array(numbers.dropFirst()))) }
        }
        return rows
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
