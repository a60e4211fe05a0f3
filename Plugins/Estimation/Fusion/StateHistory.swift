public import Grid

/// The last good state of a grid, which ages visibly while no later frame succeeds.
public struct StateHistory: Sendable {
    /// How far a voltage wanders unobserved: 0.5 % in a quarter of an hour, as a random walk, per unit per √s.
    public var driftPerRootSecond: Double
    private var last: (voltages: [Complex], magnitudeSigmas: [Double], angleSigmas: [Double], seconds: Double)?
    private var failure: (reason: String, seconds: Double)?
    /// Frames without an estimate since the last good one.
    public private(set) var failures = 0

    public init(driftPerRootSecond: Double = 0.005 / 30) { self.driftPerRootSecond = driftPerRootSecond }

    /// A state with the age that it has.
    public struct AgedState: Sendable {
        public var voltages: [Complex]
        /// Grown with the age, per unit.
        public var magnitudeSigmas: [Double]
        /// Grown with the age, radian.
        public var angleSigmas: [Double]
        public var ageSeconds: Double
        /// Why there is none for the latest frame; nil when this is it.
        public var staleReason: String?
    }

    /// Keeps a good state. Times are seconds since 1970; a frame older than the one kept is ignored.
    public mutating func record(_ estimate: Estimate, atSeconds seconds: Double) {
        guard seconds >= last?.seconds ?? -.infinity else { return }
        last = (estimate.voltages, estimate.magnitudeSigmas, estimate.angleSigmas, seconds)
        failure = nil
        failures = 0
    }

    /// Notes that a frame came to nothing, and why.
    public mutating func recordFailure(_ reason: String, atSeconds seconds: Double) {
        failure = (reason, seconds)
        failures += 1
    }

    /// The last good state as it is to be trusted now; nil before the first.
    public func state(nowSeconds now: Double) -> AgedState? {
        guard let last else { return nil }
        let age = max(0, now - last.seconds)
        let drift = driftPerRootSecond * driftPerRootSecond * age
        return AgedState(
            voltages: last.voltages, magnitudeSigmas: last.magnitudeSigmas.map { ($0 * $0 + drift).squareRoot() },
            angleSigmas: last.angleSigmas.map { ($0 * $0 + drift).squareRoot() }, ageSeconds: age, staleReason: failure?.reason)
    }
}
