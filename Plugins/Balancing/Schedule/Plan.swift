import LinearProgramming

/// What every asset does in every step, kW, and what of it was not possible. Assets come in the order of the problem.
public struct Plan: Sendable {
    /// Exchange at the transformer, kW by step, positive for import.
    public internal(set) var exchangeKW: [Double] = []
    /// Power of each battery, kW by step, positive for charging.
    public internal(set) var batteryKW: [[Double]] = []
    /// Charging and discharging where a plan has both at a time; else the parts of ``batteryKW``.
    public internal(set) var chargeKW: [[Double]] = []
    public internal(set) var dischargeKW: [[Double]] = []
    /// Energy of each battery at the end of each step, kWh.
    public internal(set) var storedKWh: [[Double]] = []
    /// Power of each task, kW by step.
    public internal(set) var taskKW: [[Double]] = []
    /// What each task lacks at the end, kWh.
    public internal(set) var taskShortfallKWh: [Double] = []
    /// Electric power of each heater, kW by step.
    public internal(set) var heaterKW: [[Double]] = []
    /// Heat in each store at the end of each step, kWh.
    public internal(set) var heatKWh: [[Double]] = []
    /// Heat that is missing, kW by step.
    public internal(set) var heatMissingKW: [[Double]] = []
    /// What is curtailed of each household's photovoltaics, kW by step; empty for those without.
    public internal(set) var curtailedKW: [[Double]] = []
    /// What is taken from each reducible load, kW by step.
    public internal(set) var reducedKW: [[Double]] = []
    /// Packages that take place.
    public internal(set) var packages: [PlannedPackage] = []
    /// What was wanted and is not possible.
    public internal(set) var violations: [ViolatedWish] = []
    /// Limits that cost something, the dearest first.
    public internal(set) var binding: [BindingLimit] = []
    /// Cost by the problem's prices.
    public internal(set) var objective = 0.0
    /// (objective − proved bound) / objective; zero for the optimum of a linear program.
    public internal(set) var gap = 0.0
    /// Whether the optimum, within the wished gap, is proved.
    public internal(set) var isProved = false
    /// Iterations of the simplex algorithm.
    public internal(set) var iterations = 0
    /// What one more kWh at the transformer in a step would save (or cost), by step: the price inside the community.
    public internal(set) var priceOfEnergy: [Double] = []
}

/// A package as planned.
public struct PlannedPackage: Hashable, Sendable {
    public var id: String
    /// The step in which it begins.
    public var start: Int
    public var duration: Int
    /// Its power at the transformer, kW, without direction.
    public var powerKW: Double
}

/// Something wanted that the plan does not fulfil.
public struct ViolatedWish: Hashable, Sendable {
    /// What it is about.
    public enum Kind: String, Hashable, Sendable {
        case task, heat, transformer, line, setPoint, package, exchangeOutsidePackages, energySlot, exchangeBand, batteryWindow, reserve
    }

    public var kind: Kind
    /// Asset, line or package; empty for the community.
    public var subject: String
    /// The first and last step that it is about.
    public var steps: ClosedRange<Int>
    /// What was wanted, and what the plan gives, in `unit`.
    public var wanted: Double
    public var planned: Double
    public var unit: String
    /// The limit that keeps it from being better; empty if none is.
    public var because: String
    /// For people: "83 of 100 kWh, because …".
    public var sentence: String
}

/// A limit that the plan touches, with what a unit more of it would save.
public struct BindingLimit: Hashable, Sendable {
    /// For people: "transformer import limit", "energy of battery b1 (empty)".
    public var name: String
    public var steps: ClosedRange<Int>
    /// What one more kW (of a power) or kWh (of an energy) in the dearest of these steps would save.
    public var shadowPrice: Double
    /// kW or kWh.
    public var unit: String
}
