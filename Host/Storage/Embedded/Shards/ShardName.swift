/// Folder names of shards: the UTC start of the span, readable and in the order of time, for example `2026-11-23T00-00-00Z`.
enum ShardName {
    private static let nanosecondsPerSecond: Int64 = 1_000_000_000

    /// The span that holds a time (ns).
    static func index(of time: Int64, seconds: Int64) -> Int64 { floorDivide(floorDivide(time, nanosecondsPerSecond), seconds) }

    /// The times (ns) of a span, cut to what 64 bits can tell.
    static func times(index: Int64, seconds: Int64) -> ClosedRange<Int64> {
        let (lower, lowerOverflows) = (index * seconds).multipliedReportingOverflow(by: nanosecondsPerSecond)
        let (upper, upperOverflows) = ((index + 1) * seconds).multipliedReportingOverflow(by: nanosecondsPerSecond)
        return (lowerOverflows ? Int64.min : lower)...(upperOverflows ? Int64.max : upper - 1)
    }

    static func name(index: Int64, seconds: Int64) -> String {
        let start = index * seconds
        let day = floorDivide(start, 86_400)
        let (year, month, dayOfMonth) = civil(day)
        let second = start - day * 86_400
        let clock = [second / 3_600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: "-")
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))T\(clock)Z"
    }

    /// The span that a folder is named after; `nil` if the name is not of this form.
    static func index(name: String, seconds: Int64) -> Int64? {
        let numbers = name.dropLast().split { $0 == "-" || $0 == "T" }.compactMap { Int64($0) }
        guard name.hasSuffix("Z"), numbers.count == 6, numbers.allSatisfy({ $0 < 10_000 }) else { return nil }
        let start = days(numbers[0], numbers[1], numbers[2]) * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + numbers[5]
        let index = floorDivide(start, seconds)
        return self.name(index: index, seconds: seconds) == name ? index : nil
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Year, month and day of a day counted from 1970 (Gregorian calendar, 400-year cycle from March).
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = floorDivide(marchYear, 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
