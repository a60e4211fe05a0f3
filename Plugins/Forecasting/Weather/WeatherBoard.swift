import ForecastModels
import PluginAPI
import SiteCalendar

/// All weather that is known: runs of forecasts by the time of their issue, and what was measured.
struct WeatherBoard: Sendable {
    private(set) var runs: [WeatherRun] = []
    private var measured: WeatherRun?
    /// Rises with everything that comes.
    private(set) var revision = 0
    let keptSeconds: Int64

    init(keptDays: Int) { keptSeconds = Int64(keptDays) * 86_400 }

    var isEmpty: Bool { runs.isEmpty && measured == nil }
    /// Whether there are runs from so many days ago until now.
    func reachesBack(days: Int64, from now: Int64) -> Bool {
        runs.contains { $0.issued <= now - days * 86_400 } && runs.contains { $0.issued > now - 2 * 86_400 }
    }

    /// What any run has, sorted.
    private(set) var quantities: [String] = []

    /// Takes a run in; one with the issue and begin of another takes its place.
    mutating func take(_ message: WeatherMessage) throws {
        revision += 1
        if message.isMeasured {
            measured = try Self.merged(measured, message.run)
        } else {
            let run = message.run
            var place = runs.count
            while place > 0, runs[place - 1].issued > run.issued { place -= 1 }
            if place > 0, runs[place - 1].issued == run.issued, runs[place - 1].grid.start == run.grid.start {
                runs[place - 1] = run
            } else {
                runs.insert(run, at: place)
            }
        }
        if let newest = runs.last?.issued, let oldest = runs.first?.issued, oldest < newest - keptSeconds - 86_400 {
            runs.removeAll { $0.issued < newest - keptSeconds }
            quantities = Set(runs.flatMap { $0.columns.keys.map(\.rawValue) }).sorted()
        } else if !message.isMeasured {
            quantities = Set(quantities).union(message.run.columns.keys.map(\.rawValue)).sorted()
        }
    }

    /// The weather as the models want it, with what the modules of a plant see of it.
    /// - Parameter since: runs that were issued before are left out.
    func history(_ axis: SiteAxis, plane: ModulePlane?, since: Int64 = .min) throws -> WeatherHistory {
        let wanted = runs.filter { $0.issued >= since }
        guard let view = PlaneView(plane, axis.place) else { return WeatherHistory(measured: measured, runs: wanted) }
        return WeatherHistory(measured: try measured.map(view.added), runs: try wanted.map(view.added))
    }

    /// The same with the weather of a what-if from a time on.
    func history(_ axis: SiteAxis, plane: ModulePlane?, since: Int64, ifItWere run: WeatherRun, from time: Int64) throws -> WeatherHistory {
        let seen = try PlaneView(plane, axis.place)?.added(run) ?? run
        return try history(axis, plane: plane, since: since).replacing(from: time, with: seen)
    }

    private static func merged(_ old: WeatherRun?, _ new: WeatherRun) throws -> WeatherRun {
        guard let old, old.grid.stepMinutes == new.grid.stepMinutes else { return new }
        var columns: [WeatherQuantity: [Double]] = [:]
        let empty = { (run: WeatherRun) in [Double](repeating: .nan, count: run.grid.count) }
        var grid = old.grid
        for quantity in Set(old.columns.keys).union(new.columns.keys) {
            let first = try SeriesWindow(grid: old.grid, values: old.columns[quantity] ?? empty(old))
            let second = try SeriesWindow(grid: new.grid, values: new.columns[quantity] ?? empty(new))
            let both = try SeriesFeed.merged(first, second, keptDays: 4000)
            columns[quantity] = both.values
            grid = both.grid
        }
        return try WeatherRun(issued: max(old.issued, new.issued), grid: grid, columns: columns)
    }
}

/// Adds the irradiance of a plant's tilted modules to a run that has the horizontal one.
private struct PlaneView {
    let plane: ModulePlane
    let place: Place

    /// Nil without modules or a place.
    init?(_ plane: ModulePlane?, _ place: Place?) {
        guard let plane, let place else { return nil }
        self.plane = plane
        self.place = place
    }

    func added(_ run: WeatherRun) throws -> WeatherRun {
        guard let horizontal = run.columns[.irradiance] else { return run }
        var columns = run.columns
        columns[.planeIrradiance] = horizontal.indices.map { index in
            guard horizontal[index].isFinite else { return .nan }
            let middle = Double(run.grid.time(index)) + Double(run.grid.stepSeconds) / 2
            let day = CivilDate(daysSince1970: Int((middle / 86_400).rounded(.down))).dayOfYear
            return plane.irradiance(globalHorizontal: horizontal[index], sun: SunPosition(at: place, time: middle), dayOfYear: day)
        }
        return try WeatherRun(issued: run.issued, grid: run.grid, columns: columns)
    }
}

extension WeatherQuantity {
    /// Irradiance on the modules of a plant, W/m².
    static let planeIrradiance = WeatherQuantity(rawValue: "plane_irradiance")
}
