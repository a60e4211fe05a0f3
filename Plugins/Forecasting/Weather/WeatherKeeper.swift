import ForecastModels
import PluginAPI

/// Keeps runs of weather over restarts: each as the message that brought it, a text in the store at the time of its issue.
struct WeatherKeeper: Sendable {
    let host: Host
    let settings: (database: String, measurement: String)

    init(host: Host, settings: WeatherSettings) {
        self.host = host
        self.settings = (settings.database, settings.measurement)
    }

    func keep(_ message: WeatherMessage) throws(ServiceError) {
        let column = try host.timeseries.column(
            database: settings.database, measurement: settings.measurement, tags: [("kind", message.isMeasured ? "measured" : "forecast")],
            field: "run", of: String.self)
        // Runs of several providers or places may have one time of issue: their begin tells them apart, a nanosecond a minute.
        let nudge = (message.run.grid.start / 60) % 1_000_000_000
        let time = Timestamp(nanoseconds: message.run.issued &* 1_000_000_000 &+ nudge)
        try host.timeseries.write(column: column, points: [(time, message.json)])
    }

    /// What was kept, the oldest first; empty where the store has nothing.
    func read(from: Timestamp, through: Timestamp) -> [WeatherMessage] {
        var found: [WeatherMessage] = []
        do throws(ServiceError) {
            let columns = try host.timeseries.find(database: settings.database, measurement: settings.measurement, field: "run")
            for column in columns where column.type == .text {
                try host.timeseries.read(Column<String>(handle: column.handle), from: from, through: through) { time, text in
                    var text = text
                    let message = text.withUTF8 { utf8 in
                        try? WeatherMessage(UnsafeRawBufferPointer(utf8), now: time.nanoseconds.floored(by: 1_000_000_000))
                    }
                    if let message { found.append(message) }
                    return true
                }
            }
        } catch {
            host.log.notice("kept weather can't be read: \(error)")
        }
        return found
    }
}

extension WeatherMessage {
    /// A run that is known already.
    init(run: WeatherRun, isMeasured: Bool) {
        self.isMeasured = isMeasured
        self.run = run
    }
}
