import ForecastModels
import PluginAPI
import SiteCalendar

/// All weather that is known: runs of forecasts by the time of their issue, and what was measured.
struct WeatherBoard: Sendable {
    private(set) var runs: [WeatherRun] = []
    private(set) var measured: WeatherRun?
    /// Rises with everything that comes.
    private(set) var revision = 0
    let keptSeconds: Int64

    init(keptDays: Int) { keptSeconds = Int64(keptDays) * 86_400 }

    /// Models learn from a week of a quantity beside the readings; of its first days the forecasts were made before it came.
    private static let lastingSeconds: Int64 = 9 * 86_400

    /// Quantities that came for long enough, and still come, sorted.
    func lasting(until now: Int64) -> [String] {
        spans.filter { $0.value.lowerBound <= now - Self.lastingSeconds && $0.value.upperBound > now - 2 * 86_400 }.map(\.key).sorted()
    }

    /// Of each quantity the issues of the first and the last run that have it.
    private var spans: [String: ClosedRange<Int64>] = [:]

    /// What any run has, sorted.
    var quantities: [String] { spans.keys.sorted() }

    /// Takes a run in; one with the issue and begin of another takes its place.
    mutating func take(_ message: WeatherMessage) throws { try take([message]) }

    /// Takes messages in, in their order; of measured weather the later ones hold.
    mutating func take(_ messages: [WeatherMessage]) throws {
        revision += 1
        for message in messages where !message.isMeasured { insert(message.run) }
        measured = try MeasuredWeather.joined((measured.map { [$0] } ?? []) + messages.filter(\.isMeasured).map(\.run), keptSeconds: keptSeconds)
    }

    /// Takes in what another board has, as the newer.
    mutating func take(_ other: WeatherBoard) throws {
        try take(other.runs.map { WeatherMessage(run: $0, isMeasured: false) } + (other.measured.map { [WeatherMessage(run: $0, isMeasured: true)] } ?? []))
        revision = max(revision, other.revision) + 1
    }

    private mutating func insert(_ run: WeatherRun) {
        var place = runs.count
        while place > 0, runs[place - 1].issued > run.issued { place -= 1 }
        var twin = place - 1
        while twin >= 0, runs[twin].issued == run.issued, runs[twin].grid.start != run.grid.start { twin -= 1 }
        if twin >= 0, runs[twin].issued == run.issued {
            runs[twin] = run
        } else {
            runs.insert(run, at: place)
        }
        if let newest = runs.last?.issued, let oldest = runs.first?.issued, oldest < newest - keptSeconds - 86_400 {
            runs.removeAll { $0.issued < newest - keptSeconds }
            spans = [:]
            runs.forEach { noteSpan($0) }
        } else {
            noteSpan(run)
        }
    }

    private mutating func noteSpan(_ run: WeatherRun) {
        for quantity in run.columns.keys {
            let known = spans[quantity.rawValue] ?? run.issued...run.issued
            spans[quantity.rawValue] = min(known.lowerBound, run.issued)...max(known.upperBound, run.issued)
        }
    }

    /// The weather as the models want it, with what the modules of a plant see of it.
    /// - Parameter since: runs that were issued before are left out, and what was measured before.
    func history(_ axis: SiteAxis, plane: ModulePlane?, since: Int64 = .min) throws -> WeatherHistory {
        let wanted = runs.filter { $0.issued >= since }
        let measured = try measured.map { try $0.from(since) }
        guard let view = PlaneView(plane, axis.place) else { return WeatherHistory(measured: measured, runs: wanted) }
        return WeatherHistory(measured: try measured.map(view.added), runs: try wanted.map(view.added))
    }

    /// The same with the weather of a what-if from a time on.
    func history(_ axis: SiteAxis, plane: ModulePlane?, since: Int64, ifItWere run: WeatherRun, from time: Int64) throws -> WeatherHistory {
        let seen = try PlaneView(plane, axis.place)?.added(run) ?? run
        return try history(axis, plane: plane, since: since).replacing(from: time, with: seen)
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
