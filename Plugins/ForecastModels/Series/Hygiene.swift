/// What is wrong with readings, found before anything is learned from them.
enum Hygiene {
    /// The readings until a time without what can't be trusted, and what was found.
    static func clean(
        _ series: SeriesWindow, until issue: Int64, settings: ForecastSettings, calendar: CalendarColumns
    ) -> (SeriesWindow, TrainingReport) {
        var report = TrainingReport()
        let count = max(0, min(series.grid.count, series.grid.index(of: issue)))
        let grid = TimeGrid(unchecked: series.grid.start, series.grid.stepMinutes, count)
        let values = Array(series.values[..<count])
        report.from = values.firstIndex { !$0.isNaN }.map { grid.time($0) } ?? grid.start
        report.until = values.lastIndex { !$0.isNaN }.map { grid.time($0 + 1) } ?? grid.start
        return (SeriesWindow(unchecked: grid, values), report)
    }
}
