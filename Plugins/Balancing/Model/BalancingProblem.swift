/// What is to be planned: a community behind one transformer over a horizon of equal steps, and what is wanted of it.
///
/// Powers in kW, energies in kWh, prices per kWh in the unit of ``BalancingPrices``. The load convention holds everywhere: positive is into an
/// asset, and import from the medium-voltage grid. Physical limits are hard; operational ones and wishes have a price, so that a plan always exists.
public struct BalancingProblem: Hashable, Sendable {
    /// How many steps the horizon has.
    public var steps: Int
    /// Length of a step in hours.
    public var stepHours: Double
    /// Limits of the transformer, kW; exceeding them has a price.
    public var importLimitKW: Double
    public var exportLimitKW: Double
    /// Customers, with their forecasts.
    public var households: [Household] = []
    /// Batteries, of households and of the community.
    public var batteries: [Battery] = []
    /// Electric vehicles and other loads that need an energy by a time.
    public var tasks: [EnergyTask] = []
    /// Heat pumps and storage heaters.
    public var heaters: [Heater] = []
    /// Loads that may be reduced.
    public var reducibleLoads: [ReducibleLoad] = []
    /// Lines with limits.
    public var sections: [FeederSection] = []
    /// What is wanted.
    public var target: BalancingTarget
    /// The steps in which packages and nothing else are wanted; outside, as little exchange as possible. Nil: all steps.
    public var packageSteps: Range<Int>?
    /// Energies at the transformer that are wanted in windows, whatever the target.
    public var energySlots: [EnergySlot] = []
    /// Where the exchange is to stay, kW, one range a step; empty for no wish. A wish with the price of an overload.
    public var exchangeBandKW: [ClosedRange<Double>] = []
    /// Prices of what is not wanted.
    public var prices = BalancingPrices()
    /// What energy costs at the transformer, per kWh and step; empty for no tariff.
    public var importTariff: [Double] = []
    /// What is paid for energy at the transformer, per kWh and step; empty for no tariff.
    public var exportTariff: [Double] = []
    /// The highest exchange of the same accounting period so far, kW: below it a peak costs nothing more.
    public var pastPeakKW = 0.0
    /// The highest import of the same accounting period so far, kW: what ``BalancingPrices/newPeak`` goes by.
    public var pastImportKW = 0.0
    /// What is kept ready against forecast errors.
    public var reserve = Reserve()

    public init(steps: Int, stepHours: Double = 0.25, importLimitKW: Double, exportLimitKW: Double, target: BalancingTarget = .islanding) {
        self.steps = steps
        self.stepHours = stepHours
        self.importLimitKW = importLimitKW
        self.exportLimitKW = exportLimitKW
        self.target = target
    }
}

/// What is wanted of a community: the use cases of Platone's German demonstration (UC-DE-1 … 4), and the least consumption.
public enum BalancingTarget: Hashable, Sendable {
    /// UC1, virtual islanding: as little exchange, and as low a peak of it, as possible.
    case islanding
    /// UC2: the exchange follows a set-point in the windows; outside as in UC1.
    case setPoint([SetPointWindow])
    /// UC3 and UC4: energy passes the transformer in packages, and nothing outside of them.
    case packages(PackageDirection, [Package])
    /// As little energy from the grid as possible; what is left over may be exported at no price.
    case leastImport
}

/// A set-point of the exchange in a part of the horizon.
public struct SetPointWindow: Hashable, Sendable {
    public var steps: Range<Int>
    /// The wanted exchange, kW, positive for import.
    public var exchangeKW: Double

    public init(steps: Range<Int>, exchangeKW: Double) {
        self.steps = steps
        self.exchangeKW = exchangeKW
    }
}

/// Which way packages go through the transformer.
public enum PackageDirection: String, Hashable, Sendable, CaseIterable {
    /// UC3: supplied by the grid.
    case `import`
    /// UC4: fed into the grid.
    case export
}

/// A package: constant power at the transformer for a while, at one of several times, or not at all.
public struct Package: Hashable, Sendable {
    public var id: String
    /// Steps at which it may begin; one alone makes it an appointment.
    public var starts: [Int]
    /// How many steps it lasts.
    public var duration: Int
    /// Its power, kW, if it takes place.
    public var powerKW: ClosedRange<Double>
    /// Its power is a multiple of this, kW; nil for any.
    public var quantumKW: Double?
    /// Whether it must take place: ordered, not offered.
    public var isOrdered: Bool

    public init(id: String, starts: [Int], duration: Int, powerKW: ClosedRange<Double>, quantumKW: Double? = nil, isOrdered: Bool = false) {
        self.id = id
        self.starts = starts
        self.duration = duration
        self.powerKW = powerKW
        self.quantumKW = quantumKW
        self.isOrdered = isOrdered
    }
}

/// An energy that is to pass the transformer in a window.
public struct EnergySlot: Hashable, Sendable {
    public var steps: Range<Int>
    /// kWh, positive for import.
    public var energyKWh: Double

    public init(steps: Range<Int>, energyKWh: Double) {
        self.steps = steps
        self.energyKWh = energyKWh
    }
}

/// What batteries keep ready against errors of the forecast, so that the plan can be kept when they happen (a chance constraint by quantiles: with
/// the distance of the 90 % quantile from the median, nine steps in ten are covered).
public struct Reserve: Hashable, Sendable {
    /// Power that batteries could feed in beyond the plan, kW, one value a step; empty for none.
    public var dischargeKW: [Double] = []
    /// Power that batteries could take beyond the plan, kW, one value a step; empty for none.
    public var chargeKW: [Double] = []

    public init(dischargeKW: [Double] = [], chargeKW: [Double] = []) {
        self.dischargeKW = dischargeKW
        self.chargeKW = chargeKW
    }
}
