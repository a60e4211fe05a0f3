/// How the error of the temperature forecast at the gate goes on into the day ahead: a local, slowly changing bias that the newest
/// measurements tell. Regression of the error at each hour of the day on the mean error of the last three and of the last 24 hours before the gate.
struct TemperatureCorrection {
    /// Of each hour of the day: factors of the two means. Empty where nothing is to be corrected.
    var recent: [Double] = []
    var daily: [Double] = []

    static let none = TemperatureCorrection()

    init() {}

    init(frame: Frame, untilDay: Int) {
        guard frame.weather.measured.contains(.temperature), frame.days > 30 else { return }
        var sums = [[Double]](repeating: [0, 0, 0, 0, 0], count: 24)
        for day in 2..<max(2, untilDay) {
            let (near, far) = Self.errors(frame, before: frame.gate[day])
            guard !near.isNaN, !far.isNaN else { continue }
            for step in frame.dayStart[day]..<frame.dayStart[day + 1] {
                let error = frame.weather.past[.temperature]![step] - frame.weather.known[.temperature]![step]
                guard !error.isNaN else { continue }
                let hour = Int(frame.calendar.minuteOfDay[step]) / 60
                for (index, term) in [near * near, near * far, far * far, near * error, far * error].enumerated() { sums[hour][index] += term }
            }
        }
        for sum in sums {
            let ridge = 0.02 * (sum[0] + sum[2]) + 1e-9
            let (a, b, c) = (sum[0] + ridge, sum[1], sum[2] + ridge)
            let determinant = a * c - b * b
            recent.append((sum[3] * c - sum[4] * b) / determinant)
            daily.append((sum[4] * a - sum[3] * b) / determinant)
        }
    }

    /// Mean error of the forecast over the last three and the last 24 hours before a step.
    static func errors(_ frame: Frame, before gate: Int) -> (recent: Double, daily: Double) {
        guard let past = frame.weather.past[.temperature], let known = frame.weather.known[.temperature] else { return (.nan, .nan) }
        func mean(_ hours: Int) -> Double {
            Numerics.mean((max(0, gate - hours * frame.stepsPerHour)..<max(0, gate)).lazy.map { past[$0] - known[$0] })
        }
        return (mean(3), mean(24))
    }

    /// What to add to the forecast of an hour of the day ahead.
    func addition(hour: Int, recent near: Double, daily far: Double) -> Double {
        guard !recent.isEmpty, !near.isNaN, !far.isNaN else { return 0 }
        return recent[hour] * near + daily[hour] * far
    }
}

/// Temperature of every step with its means over the last day and three days, in two versions.
struct Temperatures {
    /// What is known at the gate of the step's day: measured before it, corrected forecast after it.
    var target: Course
    /// What happened.
    var past: Course

    struct Course {
        var now: [Double]
        var day: [Double]
        var threeDays: [Double]
        /// Change over the last three hours.
        var ramp: [Double]
        /// Mean over the last six hours.
        var sixHours: [Double]
        /// A day before.
        var dayBefore: [Double]
        /// Mean and extremes of the step's own local day.
        var wholeDay: [Double]
        var highest: [Double]
        var lowest: [Double]

        init(count: Int) {
            now = [Double](repeating: .nan, count: count)
            day = now
            threeDays = now
            ramp = now
            sixHours = now
            dayBefore = now
            wholeDay = now
            highest = now
            lowest = now
        }
    }

    /// Nil where there is no forecast of the temperature.
    init?(frame: Frame, correction: TemperatureCorrection) {
        guard let known = frame.weather.known[.temperature], let eve = frame.weather.eve[.temperature],
            let measured = frame.weather.past[.temperature]
        else { return nil }
        past = Course(count: frame.count)
        target = past
        Self.fill(&past, measured, frame: frame, at: 0..<frame.count, offset: 0)
        let back = 3 * frame.stepsPerDay
        var course: [Double] = []
        for day in 0..<frame.days {
            let first = max(0, frame.dayStart[day] - back)
            let gate = frame.gate[day]
            let (near, far) = TemperatureCorrection.errors(frame, before: gate)
            course.removeAll(keepingCapacity: true)
            for step in first..<frame.dayStart[day + 1] {
                if step < gate {
                    course.append(measured[step])
                } else {
                    let hour = Int(frame.calendar.minuteOfDay[step]) / 60
                    let forecast = step < frame.dayStart[day] ? eve[step] : known[step]
                    course.append(forecast + (step < frame.dayStart[day] ? correction.addition(hour: 0, recent: near, daily: far)
                        : correction.addition(hour: hour, recent: near, daily: far)))
                }
            }
            Self.fill(&target, course, frame: frame, at: frame.dayStart[day]..<frame.dayStart[day + 1], offset: first)
        }
    }

    /// Fills the rows of a course from a column of which entry 0 is step `offset`.
    private static func fill(_ course: inout Course, _ column: [Double], frame: Frame, at rows: Range<Int>, offset: Int) {
        let day = frame.stepsPerDay
        var sums = [0.0]
        var counts = [0.0]
        sums.reserveCapacity(column.count + 1)
        counts.reserveCapacity(column.count + 1)
        for value in column {
            sums.append(sums[sums.count - 1] + (value.isNaN ? 0 : value))
            counts.append(counts[counts.count - 1] + (value.isNaN ? 0 : 1))
        }
        for step in rows {
            let place = step - offset
            func mean(_ length: Int) -> Double {
                let first = max(0, place + 1 - length)
                let count = counts[place + 1] - counts[first]
                return count > 0 ? (sums[place + 1] - sums[first]) / count : .nan
            }
            course.now[step] = column[place]
            course.day[step] = mean(day)
            course.threeDays[step] = mean(3 * day)
            course.ramp[step] = column[place] - column[max(0, place - 3 * frame.stepsPerHour)]
            course.sixHours[step] = mean(6 * frame.stepsPerHour)
            course.dayBefore[step] = place >= day ? column[place - day] : .nan
        }
        fillDays(&course, column, frame: frame, at: rows, offset: offset)
    }

    /// The mean and the extremes of each local day that the rows are of.
    private static func fillDays(_ course: inout Course, _ column: [Double], frame: Frame, at rows: Range<Int>, offset: Int) {
        var first = rows.lowerBound
        while first < rows.upperBound {
            let end = min(rows.upperBound, frame.dayStart[frame.day[first] + 1])
            var (low, high, sum, count) = (Double.infinity, -Double.infinity, 0.0, 0.0)
            for step in first..<end where !column[step - offset].isNaN {
                low = min(low, column[step - offset])
                high = max(high, column[step - offset])
                sum += column[step - offset]
                count += 1
            }
            for step in first..<end where count > 0 {
                course.wholeDay[step] = sum / count
                course.highest[step] = high
                course.lowest[step] = low
            }
            first = end
        }
    }
}
