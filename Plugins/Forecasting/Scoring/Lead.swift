/// How long before an interval a forecast was made: what the quality of forecasts is told for.
enum Lead: String, CaseIterable, Sendable {
    /// An hour before its begin.
    case hour = "1h"
    /// Six hours before its begin.
    case sixHours = "6h"
    /// Of a local day, made at the gate of the day before.
    case dayAhead = "day-ahead"
    /// Three days before its begin, where forecasts reach so far.
    case threeDays = "3d"
    /// Six days before its begin, the last whole day that the longest forecasts reach.
    case sixDays = "6d"

    /// Nil for the day ahead.
    var seconds: Int64? {
        switch self {
        case .hour: 3600
        case .sixHours: 6 * 3600
        case .dayAhead: nil
        case .threeDays: 3 * 86_400
        case .sixDays: 6 * 86_400
        }
    }
}
