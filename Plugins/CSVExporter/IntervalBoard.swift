import PluginAPI
import Readings

/// Values of series summarised over intervals.
struct IntervalBoard {
    /// What an interval of a series has had.
    struct Summary {
        let device: String
        let component: String
        let phase: String
        let measurand: String
        /// Begin of the interval, seconds since 1970.
        var begin: Int
        var count = 0
        var sum = 0.0
        var minimum = Double.infinity
        var maximum = -Double.infinity
        var last = 0.0
    }

    private var numbers = ReadingTable<Int>()
    private var summaries: [Summary] = []
    /// Of intervals that ended because a later one began.
    private(set) var ended: [Summary] = []
    let interval: Int

    init(interval: Int) { self.interval = interval }

    mutating func add(_ reading: NamedReading) {
        let begin = reading.time.wholeSeconds.floored(by: interval) * interval
        let key = ReadingKey(reading)
        let number = numbers.find(key) ?? make(key)
        if summaries[number].begin != begin {
            close(number)
            summaries[number].begin = begin
        }
        summaries[number].count += 1
        summaries[number].sum += reading.value
        summaries[number].minimum = min(summaries[number].minimum, reading.value)
        summaries[number].maximum = max(summaries[number].maximum, reading.value)
        summaries[number].last = reading.value
    }

    /// Ends the intervals that were over at an instant (seconds since 1970).
    mutating func close(before instant: Int) {
        for number in summaries.indices where summaries[number].begin + interval <= instant { close(number) }
    }

    /// Gives away what has ended.
    mutating func takeEnded() -> [Summary] {
        let taken = ended
        ended.removeAll(keepingCapacity: true)
        return taken
    }

    /// Puts back what could not be written.
    mutating func putBack(_ summaries: [Summary]) { ended = summaries + ended }

    private mutating func close(_ number: Int) {
        let old = summaries[number]
        guard old.count > 0 else { return }
        ended.append(old)
        summaries[number] = Summary(device: old.device, component: old.component, phase: old.phase, measurand: old.measurand, begin: old.begin)
    }

    private mutating func make(_ key: ReadingKey) -> Int {
        func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
        summaries.append(
            Summary(device: text(key.device), component: text(key.component), phase: text(key.phase), measurand: text(key.measurand), begin: .min))
        numbers.insert(key, summaries.count - 1)
        return summaries.count - 1
    }
}

extension Int {
    /// The quotient, rounded down.
    fileprivate func floored(by divisor: Int) -> Int { self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor) }
}
