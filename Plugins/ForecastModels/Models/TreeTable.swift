/// The rows of a member's trees as plain numbers, so that a benchmark can measure other learners on the same features.
package struct TreeTable {
    package let columns: Int
    /// Row-major, as the trees see them.
    package var values: [Float] = []
    /// Where each target is counted from.
    package var starts: [Double] = []
    /// Begin of each interval, seconds since 1970.
    package var times: [Int64] = []
    /// What to learn, counted from the starts; of rows that are to be forecast none.
    package var targets: [Float] = []
    /// Chance of each row's day to be drawn for a tree.
    package var weights: [Double] = []
    /// Of rows that are to be forecast: what our own trees say, row by row by `levels`.
    package var answers: [Double] = []

    /// The levels that the trees are fitted for.
    package static var levels: [Double] { Members.levels }

    package init(columns: Int) { self.columns = columns }
}

extension ForecastPipeline {
    /// What a training at a time would fit the trees of a member on.
    /// - Parameter isRelative: the trees relative to the week's level, else those of what a regression leaves.
    package static func treeTable(
        series: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns, settings: ForecastSettings, at issue: Int64, isRelative: Bool
    ) throws -> TreeTable {
        let training = Training(settings: settings, issue: issue, budget: TrainingBudget())
        let frame = try training.trainingFrame(Hygiene.clean(series, until: issue, settings: settings).0, weather: weather, calendar: calendar)
        let untilDay = frame.count > 0 ? frame.day[min(frame.known, frame.count - 1)] + 1 : 0
        let base = BaseModel(frame: frame, untilDay: untilDay, settings: settings)
        let inputs = ModelInputs(frame: frame, base: base, untilDay: untilDay)
        let first = frame.load.firstIndex { !$0.isNaN }.map { frame.day[$0] } ?? untilDay
        let history = untilDay - first
        let set = TrainingSet(
            inputs: inputs, days: first + min(8, history / 4)..<untilDay, untilDay: untilDay, history: history,
            isPhotovoltaic: settings.isPhotovoltaic)
        let made = set.table(isRelative: isRelative)
        var table = TreeTable(columns: made.columns)
        (table.values, table.starts, table.targets) = (made.values, made.starts, made.targets)
        table.times = set.rows.map { frame.grid.time($0.step) }
        table.weights = made.blocks.map { made.blockWeights[$0] }
        return table
    }
}

extension TrainedForecaster {
    /// The rows of the day after an issue, the gate of which it is, with what the member's trees say.
    package func treeRows(
        at issue: Int64, from midnight: Int64, weather: WeatherHistory, calendar: CalendarColumns, isRelative: Bool, into table: inout TreeTable
    ) throws {
        guard let models, let member = isRelative ? models.relative : models.residual else { return }
        let inputs = try inputs(models, weather: weather, calendar: calendar, at: issue, until: midnight + 86_400)
        let rows = DayRows(inputs: inputs, day: inputs.frame.day[inputs.frame.grid.index(of: midnight)])
        let features = models.features(isRelative: isRelative)
        var own = [Double](repeating: 0, count: rows.steps.count * Members.levels.count)
        member.predict(rows, inputs: inputs, features: features, into: &own)
        FittedModels.sortRows(&own)
        table.answers += own
        var row = [Float](repeating: 0, count: features.count)
        for step in rows.steps {
            let start = member.start(rows, inputs: inputs, step: step, isPhotovoltaic: features.isPhotovoltaic)
            row.withUnsafeMutableBufferPointer {
                if let place = $0.baseAddress { features.write(place, inputs: inputs, rows: rows, step: step, start: start) }
            }
            table.values += row
            table.starts.append(start)
            table.times.append(inputs.frame.grid.time(step))
        }
    }
}
