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
    /// Above it all are forgotten: a forecast as of an earlier time is rare.
    private static let most = 65_536
    private var newest = Int64.min

    /// The columns of a grid; zone and holidays are the site's own, the same for all.
    func columns(_ axis: SiteAxis, _ grid: TimeGrid) throws -> CalendarColumns {
        let key = Key(latitude: axis.place?.latitude, longitude: axis.place?.longitude, grid: grid)
        if let known = made[key] { return known }
        let columns = try axis.columns(grid)
        if grid.start > newest || made.count >= Self.most {
            // A new day: those of the days before are of no more use to any series that forecasts the present.
            newest = max(newest, grid.start)
            made = made.count >= Self.most ? [:] : made.filter { $0.key.grid.start >= grid.start - 2 * 86_400 }
        }
        made[key] = columns
        return columns
    }
}
