import ForecastModels

/// A model with its record: the one file that knows how the library of models is called.
struct ServedModel: Sendable {
    var record: ModelRecord
    private var forecaster: TrainedForecaster

    init(record: ModelRecord, forecaster: TrainedForecaster) {
        self.record = record
        self.forecaster = forecaster
    }

    /// Reads what ``archive()`` wrote.
    init(archive: [UInt8], record: ModelRecord) throws {
        self.init(record: record, forecaster: try TrainedForecaster(serialised: archive))
    }

    /// Models, recent history and calibration.
    func archive() -> [UInt8] { forecaster.serialised() }

    /// Whether it was made for a series of this kind, capacity, gate and step: one that was not knows other bounds, or can't take its readings.
    func fits(_ settings: ForecastSettings, stepMinutes: Int) -> Bool {
        forecaster.settings.kind == settings.kind && forecaster.settings.gateMinute == settings.gateMinute && forecaster.stepMinutes == stepMinutes
    }

    /// Whether the reading of an interval that was taken in was believed: not an absurd value, nor one of a meter that stands still.
    func trusts(_ interval: Int64) -> Bool { !forecaster.history.value(at: interval).isNaN }

    /// Takes new readings in, and learns from the forecasts that have come true.
    mutating func update(_ recent: SeriesWindow, _ weather: WeatherHistory, _ calendar: CalendarColumns, at issue: Int64) throws {
        try forecaster.update(with: recent, weather: weather, calendar: calendar, at: issue)
    }

    /// Forecasts the intervals of a grid that begins at or after the issue.
    func forecast(issued: Int64, grid: TimeGrid, weather: WeatherHistory, calendar: CalendarColumns) throws -> ForecastResult {
        let first = issued.floored(by: grid.stepSeconds) * grid.stepSeconds
        let steps = Int((grid.end - first) / grid.stepSeconds)
        let forecast = try forecaster.forecast(at: issued, steps: steps, weather: weather, calendar: calendar)
        return try ForecastResult(forecast, from: steps - grid.count, version: record.version)
    }
}
