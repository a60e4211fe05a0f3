import ForecastModels
import Foundation
import SiteCalendar

/// Writes what the trees see as arrays of 32-bit numbers, for `learners.py` to measure other learners on: for each refit of the protocol the rows
/// that are learnt from, and those of the days until the next with what our own trees say.
struct TreeTables {
    let set: DataSet
    let folder: String

    func write() throws {
        for isRelative in [true, false] {
            var forecaster: TrainedForecaster?
            var asked = TreeTable(columns: 0)
            var refit = -1
            for day in set.test {
                let gate = Int64(day) * 86_400 - 43_200
                if forecaster == nil || set.isRefit(CivilDate(daysSince1970: day)) {
                    if refit >= 0 { try put(asked, isRelative, refit, "asked") }
                    refit += 1
                    forecaster = try ForecastPipeline.train(
                        series: set.series, weather: set.weather, calendar: set.calendar, settings: set.settings, at: gate, continuing: forecaster)
                    let learnt = try ForecastPipeline.treeTable(
                        series: set.series, weather: set.weather, calendar: set.calendar, settings: set.settings, at: gate, isRelative: isRelative)
                    try put(learnt, isRelative, refit, "learnt")
                    asked = TreeTable(columns: learnt.columns)
                }
                let known = set.series.on(set.series.grid.covering(from: gate - 3 * 86_400, until: gate))
                try forecaster?.update(with: known, weather: set.weather, calendar: set.calendar, at: gate)
                try forecaster?.treeRows(
                    at: gate, from: Int64(day) * 86_400, weather: set.weather, calendar: set.calendar, isRelative: isRelative, into: &asked)
            }
            try put(asked, isRelative, refit, "asked")
        }
    }

    /// One file of a header (rows, columns, width of the rest) and, row by row: features, then start, target or outcome, weight, day,
    /// our quantiles.
    private func put(_ table: TreeTable, _ isRelative: Bool, _ refit: Int, _ part: String) throws {
        let isAsked = part == "asked"
        let levels = isAsked ? TreeTable.levels.count : 0
        var numbers: [Float] = [Float(table.times.count), Float(table.columns), Float(4 + levels)]
        for row in table.times.indices {
            numbers += table.values[row * table.columns..<(row + 1) * table.columns]
            let index = set.series.grid.index(of: table.times[row])
            let isScored = set.isScored.indices.contains(index) && set.isScored[index]
            let outcome = isScored && set.series.values.indices.contains(index) ? set.series.values[index] - table.starts[row] : .nan
            numbers += [Float(table.starts[row]), isAsked ? Float(outcome) : table.targets[row], isAsked ? 1 : Float(table.weights[row]), Float(table.times[row] / 86_400)]
            if isAsked { numbers += table.answers[row * levels..<(row + 1) * levels].map { Float($0 - table.starts[row]) } }
        }
        let name = "\(set.name)-\(isRelative ? "relative" : "residual")-\(refit)-\(part).f32"
        try numbers.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: folder).appendingPathComponent(name))
    }
}
