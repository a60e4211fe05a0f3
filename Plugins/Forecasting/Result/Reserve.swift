import ForecastModels
import PluginAPI

/// The reserve that a sum of series needs: how far it may exceed its median, and fall below it, with a probability. The series' errors are
/// not known together, so both bounds are told: all in step (`up`, `down`: the sum of the widths) and independent (the root of the sum of
/// their squares).
struct Reserve {
    let names: [String]
    let probability: Double
    let grid: TimeGrid
    private let medians: [[Double]]
    private let uppers: [[Double]]
    private let lowers: [[Double]]

    init(_ request: Request, _ series: [LiveSeries]) throws {
        let text = request.queryItem("probability") ?? "0.9"
        guard let probability = Double(text), (0.5...0.98).contains(probability) else {
            throw ServiceError.invalidArgument("probability is '\(text)', expected a number from 0.5 to 0.98")
        }
        let wanted = request.queryItem("series")?.split(separator: ",").map(String.init) ?? series.map(\.name)
        var forecasts: [ForecastResult] = []
        for name in wanted {
            guard let live = series.first(where: { $0.name == name }) else { throw ServiceError.notFound("there is no series '\(name)'") }
            guard let latest = live.latest else { throw ServiceError.notFound("there is no forecast of '\(name)' yet") }
            forecasts.append(latest)
        }
        guard let first = forecasts.first else { throw ServiceError.invalidArgument("series is empty: name at least one") }
        guard forecasts.allSatisfy({ $0.grid.stepMinutes == first.grid.stepMinutes }) else {
            throw ServiceError.invalidArgument("the series have different steps: ask for those with one step together")
        }
        let begin = forecasts.map(\.grid.start).max() ?? first.grid.start
        let end = forecasts.map(\.grid.end).min() ?? first.grid.end
        grid = try TimeGrid(
            start: begin, stepMinutes: first.grid.stepMinutes, count: max(0, Int((end - begin) / first.grid.stepSeconds)))
        names = wanted
        self.probability = probability
        let grid = grid
        func cut(_ level: Double) -> [[Double]] {
            forecasts.map { forecast in
                let shift = forecast.grid.index(of: grid.start)
                return Array(forecast.quantile(level)[shift..<shift + grid.count])
            }
        }
        // What lies outside on either side has the half of what is left of the probability.
        (medians, uppers, lowers) = (cut(0.5), cut((1 + probability) / 2), cut((1 - probability) / 2))
    }

    var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.list("series", names)
        json.member("probability", probability)
        json.member("start", Timestamp(seconds: grid.start).description)
        json.member("step_minutes", grid.stepMinutes)
        json.numbers("median", sums(medians))
        json.numbers("up", sums(widths(uppers)))
        json.numbers("down", sums(widths(lowers)))
        json.numbers("up_independent", sums(widths(uppers).map { $0.map { $0 * $0 } }).map { $0.squareRoot() })
        json.numbers("down_independent", sums(widths(lowers).map { $0.map { $0 * $0 } }).map { $0.squareRoot() })
        json.endObject()
        return json
    }

    private func widths(_ bounds: [[Double]]) -> [[Double]] { zip(bounds, medians).map { zip($0, $1).map { abs($0 - $1) } } }

    private func sums(_ lists: [[Double]]) -> [Double] { (0..<grid.count).map { index in lists.reduce(0) { $0 + $1[index] } } }
}
