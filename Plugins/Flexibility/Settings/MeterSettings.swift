import PluginAPI

/// A series of the store in which a connection's meter is kept.
struct MeterSettings {
    let database: String
    let measurement: String
    let field: String
    let tags: [(key: String, value: String)]
    /// From the series' unit to kW.
    let scale: Double
    /// How long a reading stands for.
    let intervalSeconds: Double
    /// Whether a reading is stamped with the end of its interval.
    let isStampedAtEnd: Bool
    /// After the end, how long readings may take to arrive.
    let waitSeconds: Double

    /// - Parameters:
    ///   - periodMinutes: length of a settlement period, for want of another interval.
    ///   - waitSeconds: for want of another one.
    init(_ object: ConfigurationObject, periodMinutes: Int, waitSeconds: Double) throws(ServiceError) {
        try object.allow(["database", "measurement", "field", "tags", "unit", "interval_minutes", "stamps", "wait_minutes"])
        guard let measurement = try object.text("measurement"), let field = try object.text("field") else {
            throw .invalidConfiguration("\(object.path) needs measurement and field, the series of the store that has the connection's power")
        }
        (self.measurement, self.field) = (measurement, field)
        database = try object.text("database") ?? "dsotp"
        var tags: [(key: String, value: String)] = []
        if let given = try object.object("tags") { for key in given.keys { if let value = try given.text(key) { tags.append((key, value)) } } }
        self.tags = tags
        let unit = try object.text("unit") ?? "kW"
        guard let scale = ["W": 0.001, "kW": 1, "MW": 1000][unit] else { throw .invalidConfiguration("\(object.path).unit is '\(unit)', expected W, kW or MW") }
        self.scale = scale
        intervalSeconds = (try object.number("interval_minutes", in: 0.01...1_440) ?? Double(periodMinutes)) * 60
        let stamps = try object.text("stamps") ?? "begin"
        guard stamps == "begin" || stamps == "end" else { throw .invalidConfiguration("\(object.path).stamps is '\(stamps)', expected begin or end, of the interval") }
        isStampedAtEnd = stamps == "end"
        self.waitSeconds = try object.number("wait_minutes", in: 0...100_000).map { $0 * 60 } ?? waitSeconds
    }

    /// What the series says of the settlement periods of a span.
    func read(_ timeseries: TimeSeries, periodMinutes: Int, from start: Timestamp, to end: Timestamp) throws(ServiceError) -> PeriodMeter {
        let count = Int((end - start).nanoseconds / (Int64(periodMinutes) * 60_000_000_000))
        var meter = PeriodMeter(minutes: periodMinutes, holdsSeconds: intervalSeconds, keeps: max(0, count) + 3)
        let interval = Duration.nanoseconds(Int64(intervalSeconds * 1e9)), shift = isStampedAtEnd ? interval : .zero
        let found = try timeseries.find(database: database, measurement: measurement, tags: tags, field: field).filter { $0.type == .float }
        guard found.count <= 1 else {
            throw .invalidState("\(found.count) series of '\(measurement)' have the field '\(field)' and the connection's tags: say in its meter's tags which one")
        }
        guard let column = found.first else { return meter }
        let scale = scale
        try timeseries.read(Column<Double>(handle: column.handle), from: start - interval + shift, through: end + shift) { run in
            for (index, time) in run.times.enumerated() where run.values[index].isFinite { _ = meter.take(run.values[index] * scale, at: time - shift) }
            return true
        }
        _ = meter.advance(to: end)
        return meter
    }
}
