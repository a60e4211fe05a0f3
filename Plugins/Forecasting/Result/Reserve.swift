import ForecastModels
import PluginAPI

/// The reserve that a sum of series needs: how far it may exceed its median, and fall below it, with a probability. The series' errors are
/// not known together, so both bounds are told: all in step (`up`, `down`: the sum of the widths) and independent (the root of the sum of
/// their squares).
struct Reserve {
    /// A series of the sum; one that counts against it, such as generation beside consumption, has its quantiles mirrored.
    private struct Part {
        let forecast: ForecastResult
        let isAgainst: Bool
    }

    let names: [String]
    let unit: String
    let probability: Double
    let grid: TimeGrid
    private let medians: [[Double]]
    private let uppers: [[Double]]
    private let lowers: [[Double]]

    /// - Parameters:
    ///   - all: what is summed where the request names none.
    ///   - find: the series of a name.
    init(_ request: Request, all: [LiveSeries], find: (String) -> LiveSeries?) throws {
        let text = request.queryItem("probability") ?? "0.9"
        guard let probability = Double(text), (0.5...0.98).contains(probability) else {
            throw ServiceError.invalidArgument("probability is '\(text)', expected a number from 0.5 to 0.98")
        }
        let wanted = request.queryItem("series")?.split(separator: ",").map(String.init) ?? all.map(\.name)
        var parts: [Part] = []
        var found: [LiveSeries] = []
        var known: Set<String> = []
        for text in wanted {
            let isAgainst = text.hasPrefix("-") && find(text) == nil
            let name = isAgainst ? String(text.dropFirst()) : text
            guard let live = find(name) else { throw ServiceError.notFound("there is no series '\(name)'") }
            guard let latest = live.latest else { throw ServiceError.notFound("there is no forecast of '\(name)' yet") }
            guard known.insert(name).inserted else { throw ServiceError.invalidArgument("series has '\(name)' twice: name each once") }
            found.append(live)
            parts.append(Part(forecast: latest, isAgainst: isAgainst))
        }
        guard let first = found.first else { throw ServiceError.invalidArgument("series is empty: name at least one") }
        if let other = found.first(where: { $0.settings.unit != first.settings.unit }) {
            throw ServiceError.invalidArgument(
                "'\(first.name)' is in \(first.settings.unit), '\(other.name)' in \(other.settings.unit): ask for those with one unit together")
        }
        if let other = found.first(where: { $0.settings.stepMinutes != first.settings.stepMinutes }) {
            throw ServiceError.invalidArgument(
                "'\(first.name)' has steps of \(first.settings.stepMinutes) minutes, '\(other.name)' of \(other.settings.stepMinutes): ask for those with one "
                    + "step together")
        }
        let grids = parts.map(\.forecast.grid)
        let (begin, end) = (grids.map(\.start).max() ?? 0, grids.map(\.end).min() ?? 0)
        guard begin < end else {
            let oldest = found[grids.firstIndex { $0.end == end } ?? 0]
            throw ServiceError.tryAgain(
                "the forecasts have no interval in common: that of '\(oldest.name)' ends at \(Timestamp(seconds: end)), another begins at "
                    + "\(Timestamp(seconds: begin)); see the problem of '\(oldest.name)' in the list of series, or leave it out")
        }
        let grid = try TimeGrid(
            start: begin, stepMinutes: first.settings.stepMinutes, count: Int((end - begin) / (Int64(first.settings.stepMinutes) * 60)))
        (self.grid, self.probability) = (grid, probability)
        (names, unit) = (wanted, first.settings.unit)
        func cut(_ level: Double) -> [[Double]] {
            parts.map { part in
                let shift = part.forecast.grid.index(of: grid.start)
                let values = part.forecast.quantile(part.isAgainst ? 1 - level : level)[shift..<shift + grid.count]
                return part.isAgainst ? values.map { -$0 } : Array(values)
            }
        }
        // What lies outside on either side has the half of what is left of the probability.
        (medians, uppers, lowers) = (cut(0.5), cut((1 + probability) / 2), cut((1 - probability) / 2))
    }

    var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.list("series", names)
        json.member("unit", unit)
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
