import ForecastModels
import SiteCalendar

/// Calendars of the last days, made once for all series of a place and step: ten thousand series of one town share one. On the service's thread alone.
final class SharedCalendars {
    private struct Key: Hashable {
        let latitude: Double?
        let longitude: Double?
        let grid: TimeGrid
    }

    private var made: [Key: CalendarColumns] = [:]
    private var intervals = 0
    /// Above it all are forgotten, some 150 MB: thousands of plants with places of their own, or forecasts as of many earlier times.
    private let mostIntervals: Int
    private var newest = Int64.min

    init(mostIntervals: Int = 8_000_000) { self.mostIntervals = mostIntervals }

    /// The columns of a grid; zone and holidays are the site's own, the same for all.
    func columns(_ axis: SiteAxis, _ grid: TimeGrid) throws -> CalendarColumns {
        let key = Key(latitude: axis.place?.latitude, longitude: axis.place?.longitude, grid: grid)
        if let known = made[key] { return known }
        let columns = try axis.columns(grid)
        if grid.start > newest {
            // A new day: those of the days before are of no more use to any series that forecasts the present.
            newest = grid.start
            made = made.filter { $0.key.grid.start >= grid.start - 2 * 86_400 }
            intervals = made.keys.reduce(0) { $0 + $1.grid.count }
        }
        if intervals + grid.count > mostIntervals { (made, intervals) = ([:], 0) }
        made[key] = columns
        intervals += grid.count
        return columns
    }
}
