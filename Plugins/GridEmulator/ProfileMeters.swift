import EmulatedWeather
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
    private let weather: SiteWeather

    /// Length of an interval in seconds.
    static let step: Int64 = 900

    init(settings: Settings, seed: UInt64) {
        self.settings = settings
        weather = SiteWeather(place: settings.place, zone: settings.zone, noise: SmoothNoise(seed: seed))
    }

    /// The mean power of an interval in watt: the same for every call, so that a restart changes no past.
    /// - Parameter begin: of the interval, seconds since 1970.
    func power(_ meter: Meter, at begin: Int64) -> Double {
        let time = Double(begin), key = SmoothNoise.key(meter.device)
        func mean(_ share: (Double) -> Double) -> Double { intervalMean(from: time, seconds: Double(Self.step), of: share) }
        switch meter.shape {
        case .photovoltaic: return -meter.watts * mean { weather.photovoltaicShare(of: meter.device, at: $0) }
        case .wind: return -meter.watts * mean(weather.windShare(at:))
        case .household, .commercial:
            let local = settings.zone.local(Int(begin + Self.step / 2))
            let weekend = local.day.weekday <= 5 ? 1 : meter.shape == .commercial ? 0.45 : 1.12
            let cold = max(0, 16 - weather.temperature(at: time)) / 16
            let wander = 0.05 * weather.noise.wander(key, at: time, every: 10_800) + 0.03 * weather.noise.wander(key &+ 1, at: time, every: 900)
            return meter.watts * meter.shape.share(hour: Double(local.secondOfDay) / 3600) * weekend * (1 + 0.35 * cold) * (1 + wander)
        }
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
    func weather(issued: Int64) -> [UInt8] { weather.forecastMessage(issued: Double(issued), hours: 72) }
}
