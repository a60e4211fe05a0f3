import FlexibilityMarket
import PluginAPI

/// Mean power of settlement periods from readings that come as they like. A reading holds until the next one, at most for a while.
struct PeriodMeter {
    private let length: Int64
    /// How long a reading holds, nanoseconds.
    private let holds: Int64
    /// The last reading: from when on it is not counted yet, and until when it holds.
    private var last: (power: Double, from: Int64, until: Int64)?
    private var energy = 0.0
    private var covered: Int64 = 0
    /// Number of the period that is being metered; nil before the first reading.
    private var period: Int64?
    /// Periods that are over, the latest last.
    private(set) var past: [(start: Timestamp, metered: MeteredPeriod)] = []

    private let most: Int

    /// - Parameter keeps: how many periods that are over are kept.
    init(minutes: Int, holdsSeconds: Double, keeps: Int = 3_200) {
        most = keeps
        length = Int64(minutes) * 60_000_000_000
        holds = Int64(holdsSeconds * 1e9)
    }

    /// Takes a reading, kW.
    /// - Returns: periods that ended with it.
    mutating func take(_ power: Double, at time: Timestamp) -> [(start: Timestamp, metered: MeteredPeriod)] {
        let ended = advance(to: time)
        last = (power, time.nanoseconds, time.nanoseconds + holds)
        return ended
    }

    /// Lets time pass, so that periods end although nothing is read.
    mutating func advance(to time: Timestamp) -> [(start: Timestamp, metered: MeteredPeriod)] {
        var ended: [(start: Timestamp, metered: MeteredPeriod)] = []
        let now = time.nanoseconds / length
        while let current = period, current < now {
            count(until: (current + 1) * length)
            if let one = close(current) { ended.append(one) }
            // A silence of many periods is passed over at once.
            period = last.map { $0.until > (current + 1) * length } == true ? current + 1 : now
        }
        period = now
        count(until: time.nanoseconds)
        return ended
    }

    private mutating func count(until time: Int64) {
        guard let reading = last else { return }
        let end = min(time, reading.until)
        guard end > reading.from else { return }
        energy += reading.power * Double(end - reading.from)
        covered += end - reading.from
        last?.from = end
    }

    private mutating func close(_ period: Int64) -> (start: Timestamp, metered: MeteredPeriod)? {
        defer { (energy, covered) = (0, 0) }
        guard covered > 0 else { return nil }
        let one = (
            start: Timestamp(nanoseconds: period * length), metered: MeteredPeriod(meanKW: energy / Double(covered), coverage: Double(covered) / Double(length))
        )
        past.append(one)
        if past.count > most { past.removeFirst(past.count - most) }
        return one
    }

    /// What was metered in a span that lies within one period; the whole period counts.
    func metered(in span: FlexibilityRequest.Interval) -> MeteredPeriod? {
        let start = span.start.nanoseconds / length * length
        return past.last { $0.start.nanoseconds == start }?.metered
    }

    /// The period that is not over, for the memory; nil before anything was read in it.
    var open: (start: Timestamp, energyKWNanoseconds: Double, covered: Int64)? {
        guard let period, covered > 0 else { return nil }
        return (Timestamp(nanoseconds: period * length), energy, covered)
    }

    /// Takes up what was metered of a period before a restart, if that is not over yet.
    mutating func restore(_ start: Timestamp, energyKWNanoseconds: Double, covered: Int64, now: Timestamp) {
        guard period == nil, start.nanoseconds / length == now.nanoseconds / length, covered > 0, covered <= length, energyKWNanoseconds.isFinite else { return }
        (period, energy, self.covered) = (now.nanoseconds / length, energyKWNanoseconds, covered)
    }
}
