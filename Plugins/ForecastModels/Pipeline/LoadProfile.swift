/// The shape of a day that stands in for a series without history: relative power by hour for working days, Saturdays and Sundays.
/// The tables were made for this library after what published standard load profiles have in common (morning rise, midday, evening peak of
/// households; office hours of business); their mean over a week is one.
public enum LoadProfile: UInt8, CaseIterable, Hashable, Sendable {
    case household = 0
    case business = 1
    case flat = 2

    /// Relative power, mean over the week one.
    /// - Parameters:
    ///   - minuteOfDay: of the local clock.
    ///   - weekday: 0 Monday … 6 Sunday; a holiday is a Sunday.
    public func shape(minuteOfDay: Int, weekday: Int) -> Double {
        let rows: ([Double], [Double], [Double]) = switch self {
        case .flat: (Self.ones, Self.ones, Self.ones)
        case .household: (Self.householdWork, Self.householdSaturday, Self.householdSunday)
        case .business: (Self.businessWork, Self.businessSaturday, Self.businessSunday)
        }
        let row = weekday < 5 ? rows.0 : weekday == 5 ? rows.1 : rows.2
        let week = (5 * rows.0.reduce(0, +) + rows.1.reduce(0, +) + rows.2.reduce(0, +)) / 168
        let hour = Double(minuteOfDay) / 60 - 0.5
        let before = Int(hour.rounded(.down))
        let share = hour - Double(before)
        return (row[(before + 24) % 24] * (1 - share) + row[(before + 1) % 24] * share) / week
    }

    private static let ones = [Double](repeating: 1, count: 24)
    private static let householdWork: [Double] = [
        0.62, 0.52, 0.47, 0.45, 0.46, 0.55, 0.83, 1.07, 1.06, 1.00, 0.98, 1.02, 1.10, 1.06, 0.97, 0.93, 0.99, 1.18, 1.45, 1.63, 1.60, 1.41, 1.16, 0.87,
    ]
    private static let householdSaturday: [Double] = [
        0.73, 0.60, 0.52, 0.48, 0.47, 0.49, 0.59, 0.80, 1.04, 1.23, 1.28, 1.29, 1.33, 1.25, 1.13, 1.07, 1.11, 1.26, 1.48, 1.57, 1.45, 1.25, 1.08, 0.91,
    ]
    private static let householdSunday: [Double] = [
        0.76, 0.62, 0.53, 0.48, 0.46, 0.46, 0.50, 0.66, 0.93, 1.21, 1.37, 1.50, 1.52, 1.29, 1.08, 0.99, 1.01, 1.15, 1.38, 1.52, 1.46, 1.28, 1.06, 0.83,
    ]
    private static let businessWork: [Double] = [
        0.52, 0.50, 0.49, 0.49, 0.52, 0.60, 0.82, 1.22, 1.62, 1.80, 1.86, 1.86, 1.78, 1.76, 1.74, 1.66, 1.52, 1.32, 1.12, 0.96, 0.82, 0.70, 0.61, 0.55,
    ]
    private static let businessSaturday: [Double] = [
        0.51, 0.49, 0.48, 0.48, 0.49, 0.52, 0.60, 0.74, 0.92, 1.04, 1.09, 1.08, 1.00, 0.88, 0.80, 0.74, 0.70, 0.68, 0.67, 0.64, 0.60, 0.56, 0.53, 0.50,
    ]
    private static let businessSunday: [Double] = [
        0.48, 0.47, 0.46, 0.46, 0.46, 0.47, 0.48, 0.50, 0.53, 0.56, 0.58, 0.59, 0.58, 0.56, 0.55, 0.54, 0.54, 0.55, 0.57, 0.58, 0.57, 0.55, 0.52, 0.50,
    ]
}
