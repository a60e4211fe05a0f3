import PluginAPI

/// The latest value of each series, by metric.
struct SeriesBoard {
    /// One metric with its series.
    struct Family {
        let name: String
        let help: String
        let kind: MetricKind
        var series: [Int] = []
    }

    /// One series: its labels as they are written, and its latest value.
    struct Series {
        let family: Int
        let labels: [UInt8]
        var value: Double
        /// When the value was measured.
        var time: Timestamp
        /// When it came, by the host's clock.
        var seen: Timestamp
    }

    private(set) var families: [Family] = []
    private(set) var series: [Series] = []
    private var familyNumbers: [String: Int] = [:]
    private var seriesNumbers: [Identity: Int] = [:]
    private let limit: Int
    /// Whether a series found no place since the last ``removeExpired(before:)``.
    private(set) var isFull = false

    private struct Identity: Hashable {
        let family: Int
        let labels: [UInt8]
    }

    init(limit: Int) { self.limit = limit }

    /// The series with these labels, made if it is new.
    /// - Parameter labels: as ``Exposition/labels(_:)`` writes them.
    /// - Returns: nil if there are as many as may be.
    mutating func number(metric name: String, help: String, kind: MetricKind, labels: [UInt8]) -> Int? {
        let family = familyNumbers[name] ?? addFamily(name, help, kind)
        let identity = Identity(family: family, labels: labels)
        if let known = seriesNumbers[identity] { return known }
        guard series.count < limit else {
            isFull = true
            return nil
        }
        series.append(Series(family: family, labels: labels, value: .nan, time: .earliest, seen: .earliest))
        families[family].series.append(series.count - 1)
        seriesNumbers[identity] = series.count - 1
        return series.count - 1
    }

    /// Takes a value, unless one that was measured later is there.
    mutating func set(_ number: Int, _ value: Double, time: Timestamp, seen: Timestamp) {
        guard series[number].time <= time else { return }
        series[number].value = value
        series[number].time = time
        series[number].seen = seen
    }

    /// Forgets the series that last came before an instant.
    /// - Returns: whether any was; the numbers of the others have changed then.
    mutating func removeExpired(before instant: Timestamp) -> Bool {
        guard isFull || series.contains(where: { $0.seen < instant }) else { return false }
        let kept = series.filter { $0.seen >= instant }
        let known = families
        self = SeriesBoard(limit: limit)
        for series in kept {
            let family = known[series.family]
            if let number = number(metric: family.name, help: family.help, kind: family.kind, labels: series.labels) { self.series[number] = series }
        }
        return true
    }

    private mutating func addFamily(_ name: String, _ help: String, _ kind: MetricKind) -> Int {
        families.append(Family(name: name, help: help, kind: kind))
        familyNumbers[name] = families.count - 1
        return families.count - 1
    }
}

extension Timestamp {
    /// Before every other.
    fileprivate static let earliest = Timestamp(nanoseconds: .min)
}
