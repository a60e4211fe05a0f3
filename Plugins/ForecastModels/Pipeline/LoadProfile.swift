/// The shape of a week that stands in for a series without history: relative power by hour for working days, Saturdays and Sundays.
public struct LoadProfile: Hashable, Sendable {
    /// Relative power of the 24 hours of each kind of day.
    public let workingDay: [Double]
    public let saturday: [Double]
    public let sunday: [Double]
    private let mean: Double

    /// - Throws: `ForecastError` where a day has not 24 values, or their mean over a week is not above zero.
    public init(workingDay: [Double], saturday: [Double], sunday: [Double]) throws {
        let counts = [workingDay.count, saturday.count, sunday.count]
        guard counts == [24, 24, 24] else { throw ForecastError.badInput("a load profile needs 24 values for each kind of day, got \(counts)") }
        self.init(workingDay, saturday, sunday)
        guard mean > 0, mean.isFinite else { throw ForecastError.badInput("the mean of a load profile must be above zero, got \(mean)") }
    }

    private init(_ workingDay: [Double], _ saturday: [Double], _ sunday: [Double]) {
        self.workingDay = workingDay
        self.saturday = saturday
        self.sunday = sunday
        mean = (5 * workingDay.reduce(0, +) + saturday.reduce(0, +) + sunday.reduce(0, +)) / 168
    }

    /// Relative power, mean over the week one, linear between the middles of the hours.
    /// - Parameters:
    ///   - minuteOfDay: of the local clock.
    ///   - weekday: 0 Monday … 6 Sunday; a holiday is a Sunday.
    public func shape(minuteOfDay: Int, weekday: Int) -> Double {
        let row = weekday < 5 ? workingDay : weekday == 5 ? saturday : sunday
        let hour = Double(minuteOfDay) / 60 - 0.5
        let before = Int(hour.rounded(.down))
        let share = hour - Double(before)
        return (row[(before + 24) % 24] * (1 - share) + row[(before + 1) % 24] * share) / mean
    }

    public static let flat = LoadProfile([Double](repeating: 1, count: 24), [Double](repeating: 1, count: 24), [Double](repeating: 1, count: 24))

    /// Made for this library after what published standard load profiles of households have in common: morning rise, midday, evening peak.
    public static let household = LoadProfile(
        [0.62, 0.52, 0.47, 0.45, 0.46, 0.55, 0.83, 1.07, 1.06, 1.00, 0.98, 1.02, 1.10, 1.06, 0.97, 0.93, 0.99, 1.18, 1.45, 1.63, 1.60, 1.41, 1.16, 0.87],
        [0.73, 0.60, 0.52, 0.48, 0.47, 0.49, 0.59, 0.80, 1.04, 1.23, 1.28, 1.29, 1.33, 1.25, 1.13, 1.07, 1.11, 1.26, 1.48, 1.57, 1.45, 1.25, 1.08, 0.91],
        [0.76, 0.62, 0.53, 0.48, 0.46, 0.46, 0.50, 0.66, 0.93, 1.21, 1.37, 1.50, 1.52, 1.29, 1.08, 0.99, 1.01, 1.15, 1.38, 1.52, 1.46, 1.28, 1.06, 0.83])

    /// The same of businesses: office hours, little at night and on Sundays.
    public static let business = LoadProfile(
        [0.52, 0.50, 0.49, 0.49, 0.52, 0.60, 0.82, 1.22, 1.62, 1.80, 1.86, 1.86, 1.78, 1.76, 1.74, 1.66, 1.52, 1.32, 1.12, 0.96, 0.82, 0.70, 0.61, 0.55],
        [0.51, 0.49, 0.48, 0.48, 0.49, 0.52, 0.60, 0.74, 0.92, 1.04, 1.09, 1.08, 1.00, 0.88, 0.80, 0.74, 0.70, 0.68, 0.67, 0.64, 0.60, 0.56, 0.53, 0.50],
        [0.48, 0.47, 0.46, 0.46, 0.46, 0.47, 0.48, 0.50, 0.53, 0.56, 0.58, 0.59, 0.58, 0.56, 0.55, 0.54, 0.54, 0.55, 0.57, 0.58, 0.57, 0.55, 0.52, 0.50])

    func write(_ writer: inout ByteWriter) { for row in [workingDay, saturday, sunday] { writer.put(row) } }

    init(_ reader: inout ByteReader) throws {
        try self.init(workingDay: try reader.doubles(), saturday: try reader.doubles(), sunday: try reader.doubles())
    }
}
