internal import PluginAPI

extension SiteWeather {
    /// A run of the weather forecast as a weather service publishes it: hourly values of temperature (degrees Celsius), irradiance (W/m²) and wind speed (m/s),
    /// as they were known at its issue.
    /// - Parameters:
    ///   - issued: seconds since 1970, when the first hour begins too.
    ///   - hours: how far it reaches.
    public func forecastMessage(issued: Double, hours: Int) -> [UInt8] {
        let leads = (0..<hours).map { Double($0) + 0.5 }
        let stamp = Timestamp(nanoseconds: Int64((issued * 1000).rounded()) * 1_000_000).description
        var json = JSONWriter()
        json.beginObject()
        json.member("issued", stamp)
        json.member("start", stamp)
        json.member("step_minutes", 60)
        json.key("values")
        json.beginObject()
        Self.list(&json, "temperature", leads.map { temperature(at: issued + $0 * 3600, lead: $0) })
        Self.list(&json, "irradiance", leads.map { lead in
            intervalMean(from: issued + (lead - 0.5) * 3600, seconds: 3600) { irradiance(at: $0, lead: lead) }
        })
        Self.list(&json, "wind_speed", leads.map { windSpeed(at: issued + $0 * 3600, lead: $0) })
        json.endObject()
        json.endObject()
        return json.bytes
    }

    private static func list(_ json: inout JSONWriter, _ name: String, _ values: [Double]) {
        json.key(name)
        json.beginArray()
        for value in values { json.value((value * 10).rounded() / 10) }
        json.endArray()
    }
}
