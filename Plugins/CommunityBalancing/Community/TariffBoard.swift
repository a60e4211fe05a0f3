import PluginAPI
import SiteCalendar

/// What a kWh costs and earns at the transformer: by the hours of the site's day from the manifest, and by what was published last where that reaches.
struct TariffBoard {
    private let byHour: (import: [Double], export: [Double])
    private let zone: SiteZone
    private var published: Published?

    private struct Published {
        let start: Timestamp
        let stepNanoseconds: Int64
        let imports: [Double]
        let exports: [Double]
    }

    /// - Parameters:
    ///   - imports: prices of the 24 local hours; empty for none.
    ///   - exports: the same of what is fed in.
    init(imports: [Double], exports: [Double], zone: SiteZone) {
        byHour = (imports, exports)
        self.zone = zone
    }

    /// Takes `{"start", "step_minutes", "import": […], "export": […]}`, prices per kWh; the later message replaces the earlier one.
    /// - Throws: ``Status/invalidArgument`` with what is wrong.
    mutating func take(_ message: JSONValue) throws(ServiceError) {
        guard let start = message["start"]?.text.flatMap({ Timestamp(message: $0) }),
            let minutes = message["step_minutes"]?.number, minutes >= 1, minutes <= 1440
        else { throw .invalidArgument("start, or step_minutes from 1 to 1440, is missing") }
        let (imports, exports) = (try Self.prices(message, "import"), try Self.prices(message, "export"))
        guard !imports.isEmpty || !exports.isEmpty else { throw .invalidArgument("neither import nor export has prices") }
        for (step, pair) in zip(imports, exports).enumerated() where pair.1 > pair.0 {
            throw .invalidArgument("in step \(step) export earns \(pair.1) and import costs \(pair.0): expected export to earn no more")
        }
        published = Published(start: start, stepNanoseconds: Int64(minutes * 60e9), imports: imports, exports: exports)
    }

    private static func prices(_ message: JSONValue, _ key: String) throws(ServiceError) -> [Double] {
        guard let listed = message[key] else { return [] }
        let elements = listed.elements ?? [], prices = elements.compactMap(\.number)
        guard listed.elements != nil, prices.count == elements.count, prices.count <= 10_000, prices.allSatisfy({ abs($0) <= 1e3 }) else {
            throw .invalidArgument("\(key) is no list of prices from -1000 to 1000")
        }
        return prices
    }

    /// Prices of what is imported, by step; empty where nothing is known of any.
    func imports(from begin: Timestamp, steps: Int, stepNanoseconds: Int64) -> [Double] {
        values(byHour.import, published?.imports ?? [], begin, steps, stepNanoseconds)
    }

    /// Prices of what is exported, by step; empty where nothing is known of any.
    func exports(from begin: Timestamp, steps: Int, stepNanoseconds: Int64) -> [Double] {
        values(byHour.export, published?.exports ?? [], begin, steps, stepNanoseconds)
    }

    private func values(_ hours: [Double], _ series: [Double], _ begin: Timestamp, _ steps: Int, _ stepNanoseconds: Int64) -> [Double] {
        guard !hours.isEmpty || !series.isEmpty else { return [] }
        return (0..<steps).map { step in
            let time = begin + .nanoseconds(Int64(step) * stepNanoseconds)
            if let price = publishedPrice(series, time) { return price }
            if !hours.isEmpty { return hours[zone.local(Int(time.nanoseconds / 1_000_000_000)).hour] }
            // Beyond what was published: as a day before, so that nothing is put off to hours that look free of charge.
            return publishedPrice(series, time + .seconds(-86_400)) ?? series[series.count - 1]
        }
    }

    private func publishedPrice(_ series: [Double], _ time: Timestamp) -> Double? {
        guard let published, time >= published.start else { return nil }
        let index = Int((time - published.start).nanoseconds / published.stepNanoseconds)
        return series.indices.contains(index) ? series[index] : nil
    }
}
