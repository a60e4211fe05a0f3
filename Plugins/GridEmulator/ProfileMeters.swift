import Glibc
import PluginAPI
import SiteCalendar

/// Plays load-profile meters: quarter-hour means of a few loads and a PV plant at the real pace, whatever the speed of the grid's day, with the
/// weather forecast that goes with them. At the first start the past is put into the store, so that there is something to learn from.
struct ProfileMeters {
    /// One meter: at a load, or at a plant whose generation counts negative.
    struct Meter {
        let device: String
        let shape: DayShape
        let watts: Double
    }

    struct Settings {
        let topic: String
        let weatherTopic: String
        let database: String
        let measurement: String
        let pastDays: Int
        let zone: SiteZone
        let place: Place
        let meters: [Meter]

        init(_ object: ConfigurationObject) throws(ServiceError) {
            try object.allow([
                "topic", "weather_topic", "database", "measurement", "past_days", "time_zone", "latitude", "longitude", "meters",
            ])
            topic = try object.text("topic") ?? "measurements/profile/{device}"
            weatherTopic = try object.text("weather_topic") ?? "weather/forecast/emulated"
            database = try object.text("database") ?? "dsotp"
            measurement = try object.text("measurement") ?? "profile"
            pastDays = try object.integer("past_days", in: 0...1100) ?? 56
            let name = try object.text("time_zone") ?? "UTC"
            guard let zone = SiteZone(name) else {
                throw .invalidConfiguration("\(object.path).time_zone is '\(name)', expected a zone of the system's database such as Europe/Berlin")
            }
            self.zone = zone
            place = Place(
                latitude: try object.number("latitude", in: -90...90) ?? 50, longitude: try object.number("longitude", in: -180...180) ?? 8)
            var meters: [Meter] = []
            for each in try object.objects("meters") ?? [] {
                try each.allow(["device", "shape", "watts"])
                guard let device = try each.text("device"), let shape = try each.choice("shape", DayShape.self),
                    let watts = try each.number("watts", in: 0...1e12)
                else { throw .invalidConfiguration("\(each.path) needs 'device', a name, 'shape', and 'watts', its nominal power") }
                meters.append(Meter(device: device, shape: shape, watts: watts))
            }
            self.meters = meters
        }
    }

    let settings: Settings
    let seed: UInt64

    /// Length of an interval in seconds.
    static let step: Int64 = 900

    /// The mean power of an interval in watt: the same for every call, so that a restart changes no past.
    /// - Parameter begin: of the interval, seconds since 1970.
    func power(_ meter: Meter, at begin: Int64) -> Double {
        let key = UInt64(bitPattern: Int64(meter.device.utf8.reduce(5381) { ($0 &* 33) ^ Int64($1) }))
        if meter.shape == .photovoltaic {
            return -meter.watts * min(1, irradiance(at: begin, isForecast: false) / 1000) * (1 + 0.04 * wander(key, begin, hours: 1))
        }
        let local = settings.zone.local(Int(begin) + 450)
        let isWeekend = local.day.weekday > 5
        let share = meter.shape.share(hour: Double(local.secondOfDay) / 3600) * (isWeekend ? (meter.shape == .commercial ? 0.45 : 1.12) : 1)
        let cold = max(0, 16 - temperature(at: begin, isForecast: false)) / 16
        return meter.watts * share * (1 + 0.35 * cold) * (1 + 0.05 * wander(key, begin, hours: 3) + 0.03 * wander(key &+ 1, begin, hours: 0.25))
    }

    /// Degrees Celsius: the season, the day, and weeks that differ.
    func temperature(at time: Int64, isForecast: Bool) -> Double {
        let local = settings.zone.local(Int(time))
        let season = -cos(2 * .pi * Double(local.day.dayOfYear - 20) / 365)
        let ofDay = -cos(2 * .pi * (Double(local.secondOfDay) / 86_400 - 0.13))
        let error = isForecast ? 1.2 * wander(seed &+ 77, time, hours: 24) : 0
        return 10 + 9.5 * season + 4 * ofDay + 3.5 * wander(seed &+ 3, time, hours: 72) + error
    }

    /// Watt per square metre, horizontal: a clear sky behind clouds that come and go.
    func irradiance(at begin: Int64, isForecast: Bool) -> Double {
        let clear = ClearSky.globalHorizontal(cosineOfZenith: SunPosition(at: settings.place, time: Double(begin + Self.step / 2)).cosineOfZenith)
        let clouds = 0.62 + 0.34 * wander(seed &+ 5, begin, hours: 20) + (isForecast ? 0 : 0.16 * wander(seed &+ 6, begin, hours: 1.5))
        return clear * min(1, max(0.08, clouds))
    }

    /// Smooth noise of about one standard deviation, a function of time alone: values of a hash at knots, joined by cosines.
    private func wander(_ key: UInt64, _ time: Int64, hours: Double) -> Double {
        let place = Double(time) / (hours * 3600)
        let knot = place.rounded(.down)
        let part = (1 - cos((place - knot) * .pi)) / 2
        return (1 - part) * normal(key, Int64(knot)) + part * normal(key, Int64(knot) + 1)
    }

    private func normal(_ key: UInt64, _ knot: Int64) -> Double {
        var noise = NormalNoise(seed: (key &+ seed) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(bitPattern: knot) &* 0xBF58_476D_1CE4_E5B9)
        _ = noise.next()
        return max(-2.5, min(2.5, noise.next()))
    }

    /// Puts the past of every meter into the store, unless something is there.
    func fillPast(_ host: Host, now: Int64) throws(ServiceError) {
        let end = now / Self.step * Self.step
        for meter in settings.meters {
            let column = try host.timeseries.column(
                database: settings.database, measurement: settings.measurement, tags: [("device", meter.device), ("component", "meter")],
                field: "activepower", of: Double.self)
            var begin = end - Int64(settings.pastDays) * 86_400
            try host.timeseries.read(column, from: Timestamp(seconds: begin), through: Timestamp(seconds: end), limit: 1, newestFirst: true) { run in
                if let newest = run.times.first { begin = newest.nanoseconds / 1_000_000_000 + 450 }
                return false
            }
            var points = Points<Double>()
            for interval in stride(from: begin / Self.step * Self.step, to: end, by: Int64.Stride(Self.step)) {
                points.append(column, Timestamp(seconds: interval + Self.step / 2), power(meter, at: interval))
            }
            try host.timeseries.write(points)
        }
    }

    /// The messages of the interval that has just ended, stamped with its middle.
    func report(_ ended: Int64, topic: (String, String) -> String, to letters: inout PublicationBatch) {
        let begin = ended - Self.step
        for meter in settings.meters {
            var json = JSONWriter()
            json.beginObject()
            json.member("device", meter.device)
            json.member("timestamp", Timestamp(seconds: begin + Self.step / 2).description)
            json.key("readings")
            json.beginArray()
            json.beginObject()
            json.member("component", "meter")
            json.member("measurand", "activepower")
            json.member("data", power(meter, at: begin))
            json.endObject()
            json.endArray()
            json.endObject()
            letters.append(topic(settings.topic, meter.device), json.bytes)
        }
    }

    /// A weather forecast of three days in hours, as it was known at its issue.
    func weather(issued: Int64) -> [UInt8] {
        let hours = (0..<72).map { issued + Int64($0) * 3600 }
        var json = JSONWriter()
        json.beginObject()
        json.member("issued", Timestamp(seconds: issued).description)
        json.member("start", Timestamp(seconds: issued).description)
        json.member("step_minutes", 60)
        json.key("values")
        json.beginObject()
        json.key("temperature")
        json.beginArray()
        for hour in hours { json.value((temperature(at: hour + 1800, isForecast: true) * 10).rounded() / 10) }
        json.endArray()
        json.key("irradiance")
        json.beginArray()
        for hour in hours {
            let mean = (0..<4).reduce(0.0) { $0 + irradiance(at: hour + Int64($1) * 900, isForecast: true) } / 4
            json.value(mean.rounded())
        }
        json.endArray()
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
