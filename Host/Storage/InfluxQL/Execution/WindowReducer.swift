/// A point that a function selected or computed.
struct ReducedPoint {
    /// The time of the selected point; `nil` if the value belongs to the whole window.
    var time: Int64?
    var value: QueryValue
    /// Which member of the group a selected point is of.
    var member = 0
}

/// Computes one function over one window from runs of points, of any member of a group, each ascending in time.
class WindowReducer {
    /// Takes in the points of `run` in `range`.
    func add(_ run: borrowing PointRun, _ range: Range<Int>, member: Int) {}

    /// What the function gives for the window.
    func finish() -> [ReducedPoint] { [] }
}

final class CountReducer: WindowReducer {
    private var count: Int64 = 0

    override func add(_ run: borrowing PointRun, _ range: Range<Int>, member: Int) { count += Int64(range.count) }
    override func finish() -> [ReducedPoint] { [ReducedPoint(value: .integer(count))] }
}

/// `sum` and `mean`.
final class SumReducer: WindowReducer {
    private let isMean: Bool
    private var sum = 0.0
    private var integerSum: Int64 = 0
    private var count = 0
    private var isInteger = false

    init(isMean: Bool) { self.isMean = isMean }

    override func add(_ run: borrowing PointRun, _ range: Range<Int>, member: Int) {
        switch run.values {
        case .float(let values):
            values.withUnsafeBufferPointer { for index in range { sum += $0[index] } }
        case .integer(let values):
            isInteger = true
            for index in range { integerSum &+= values[index] }
        default: return
        }
        count += range.count
    }

    override func finish() -> [ReducedPoint] {
        guard count > 0 else { return [] }
        if isMean { return [ReducedPoint(value: .float((isInteger ? Double(integerSum) : sum) / Double(count)))] }
        return [ReducedPoint(value: isInteger ? .integer(integerSum) : .float(sum))]
    }
}

/// `min`, `max` and `spread`: of equal values the earliest point is selected.
final class ExtremeReducer: WindowReducer {
    enum Kind { case minimum, maximum, spread }

    private let kind: Kind
    private var least: ReducedPoint?
    private var greatest: ReducedPoint?

    init(_ kind: Kind) { self.kind = kind }

    override func add(_ run: borrowing PointRun, _ range: Range<Int>, member: Int) {
        switch run.values {
        case .float(let values):
            var low = range.lowerBound
            var high = low
            values.withUnsafeBufferPointer { values in
                for index in range {
                    if values[index] < values[low] { low = index }
                    if values[index] > values[high] { high = index }
                }
            }
            offer(run, low, high, member)
        case .integer(let values):
            var low = range.lowerBound
            var high = low
            for index in range {
                if values[index] < values[low] { low = index }
                if values[index] > values[high] { high = index }
            }
            offer(run, low, high, member)
        case .boolean(let values):
            offer(
                run, range.first { !values[$0] } ?? range.lowerBound, range.first { values[$0] } ?? range.lowerBound, member)
        case .text: break
        }
    }

    private func offer(_ run: borrowing PointRun, _ low: Int, _ high: Int, _ member: Int) {
        let lowPoint = ReducedPoint(time: run.times[low], value: run.values.value(at: low), member: member)
        if least.map({ lowPoint.precedes($0, byValue: <) }) ?? true { least = lowPoint }
        let highPoint = ReducedPoint(time: run.times[high], value: run.values.value(at: high), member: member)
        if greatest.map({ highPoint.precedes($0, byValue: >) }) ?? true { greatest = highPoint }
    }

    override func finish() -> [ReducedPoint] {
        guard let least, let greatest else { return [] }
        switch kind {
        case .minimum: return [least]
        case .maximum: return [greatest]
        case .spread: return [ReducedPoint(value: ValueOperation.apply(.subtract, greatest.value, least.value))]
        }
    }
}

extension ReducedPoint {
    /// Whether this point is ahead of `other` in an order of values, and of time where the values are equal.
    func precedes(_ other: ReducedPoint, byValue order: (Double, Double) -> Bool) -> Bool {
        let (own, others) = (value.sortKey, other.value.sortKey)
        if own == others { return (time ?? 0) < (other.time ?? 0) }
        return order(own, others)
    }
}

extension QueryValue {
    /// Numbers and truth values as numbers, to order them.
    var sortKey: Double {
        switch self {
        case .boolean(let value): value ? 1 : 0
        default: number ?? 0
        }
    }
}

/// `first` and `last`: of points at the same time the one with the greater value.
final class EndReducer: WindowReducer {
    private let isLast: Bool
    private var best: ReducedPoint?

    init(isLast: Bool) { self.isLast = isLast }

    override func add(_ run: borrowing PointRun, _ range: Range<Int>, member: Int) {
        guard let index = isLast ? range.last : range.first else { return }
        let time = run.times[index]
        let point = ReducedPoint(time: time, value: run.values.value(at: index), member: member)
        guard let best, let bestTime = best.time else {
            best = point
            return
        }
        if time == bestTime ? point.value.isGreater(than: best.value) : (time > bestTime) == isLast { self.best = point }
    }

    override func finish() -> [ReducedPoint] { best.map { [$0] } ?? [] }
}

extension QueryValue {
    fileprivate func isGreater(than other: QueryValue) -> Bool {
        if case .text(let own) = self, case .text(let others) = other { return own > others }
        return sortKey > other.sortKey
    }
}
