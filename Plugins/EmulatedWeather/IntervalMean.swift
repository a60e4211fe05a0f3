/// The mean of a function of time over an interval, from five instants of it: what a meter of quarter hours tells of a power that wanders.
public func intervalMean(from begin: Double, seconds: Double, of value: (Double) -> Double) -> Double {
    (0..<5).reduce(0.0) { $0 + value(begin + (Double($1) + 0.5) * seconds / 5) } / 5
}
