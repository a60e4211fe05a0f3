/// What a search for gross errors found, and the estimate without them.
public struct BadDataReport: Sendable {
    /// Without the measurements that were removed.
    public var estimate: Estimate
    /// In the order of their removal, without those that were taken back.
    public var removals: [Removal]
    /// Removed at first, and found to fit once others were gone.
    public var reinserted: [Int]
    /// The objective before anything was removed, and what a clean set stays below with 95 %.
    public var firstObjective: Double
    public var firstChiSquare95: Double

    public struct Removal: Hashable, Sendable {
        public var measurement: Int
        /// At the time of its removal.
        public var normalizedResidual: Double
        /// Other measurements with the same normalised residual: with this one they are a critical pair, and the culprit may as well be
        /// among them.
        public var ties: [Int]
        /// What kind of error explains the value, where one does.
        public var suspicion: Suspicion?
    }

    /// Whether the first objective already said that something is wrong.
    public var wasSuspicious: Bool { firstObjective > firstChiSquare95 }
}

/// An error by its name: undone, the measurement fits the rest.
public enum Suspicion: Hashable, Sendable {
    /// The sign of the meter is wrong: its wiring, or the direction that the grid takes as positive.
    case sign
    /// The value is too large by this factor: 1,000 or 0.001 for a wrong unit, √3, 1/√3, 3 or 1/3 for a wrong voltage or number of phases.
    case unit(factor: Double)
    /// The meter's conductors are interchanged with those of `conductor`.
    case phaseSwap(conductor: Int32)

    /// For a person.
    public var sentence: String {
        switch self {
        case .sign: "the sign is wrong: with the opposite sign the value fits"
        case .unit(let factor) where factor == 1000 || factor == 0.001: "the unit is wrong: divided by \(factor) the value fits"
        case .unit(let factor): "the value is \(factor) times too large: check √3, phases and transformer ratios of the meter"
        case .phaseSwap(let conductor): "the phases are interchanged with those of conductor \(conductor)"
        }
    }
}
