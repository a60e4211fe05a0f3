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
