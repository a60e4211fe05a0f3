/// A household, or another customer: what it consumes and generates without anybody's doing, as forecast. Powers in kW, one value a step.
public struct Household: Hashable, Sendable {
    /// Unique among all participants of the community.
    public var id: String
    /// Consumption, ≥ 0, without what batteries, chargers, heaters and reducible loads of their own entry draw.
    public var loadKW: [Double]
    /// What its photovoltaics could generate, ≥ 0; empty for none.
    public var pvKW: [Double]
    /// Whether its photovoltaics take a curtailment.
    public var isCurtailable: Bool

    public init(id: String, loadKW: [Double], pvKW: [Double] = [], isCurtailable: Bool = false) {
        self.id = id
        self.loadKW = loadKW
        self.pvKW = pvKW
        self.isCurtailable = isCurtailable
    }
}

/// A battery, of a household or of the community.
///
/// Its energy follows `E(t) = (1 − loss)^Δt · E(t−1) + η_charge · charge · Δt − discharge · Δt / η_discharge`, with both powers at its terminals.
public struct Battery: Hashable, Sendable {
    /// Unique among all participants of the community.
    public var id: String
    /// The household that it belongs to; nil for one of the community.
    public var household: String?
    /// Physical and operational window of its energy, kWh.
    public var energyKWh: ClosedRange<Double>
    /// What it holds now, kWh.
    public var initialKWh: Double
    /// Where its energy is to be at the end of the horizon, kWh; a wish with a price.
    public var finalKWh: ClosedRange<Double>
    /// Largest power into it at its terminals, kW.
    public var chargeKW: Double
    /// Largest power out of it at its terminals, kW.
    public var dischargeKW: Double
    /// Of what flows in, the part that is stored.
    public var chargeEfficiency: Double
    /// Of what leaves the store, the part that flows out.
    public var dischargeEfficiency: Double
    /// Part of the energy that is lost in an hour.
    public var lossPerHour: Double
    /// Whether charging and discharging in one step is forbidden by a binary in each; else prices keep it from happening.
    public var needsMode: Bool

    public init(
        id: String, household: String? = nil, energyKWh: ClosedRange<Double>, initialKWh: Double, finalKWh: ClosedRange<Double>? = nil,
        chargeKW: Double, dischargeKW: Double, chargeEfficiency: Double = 0.95, dischargeEfficiency: Double = 0.95, lossPerHour: Double = 0,
        needsMode: Bool = false
    ) {
        self.id = id
        self.household = household
        self.energyKWh = energyKWh
        self.initialKWh = initialKWh
        self.finalKWh = finalKWh ?? energyKWh
        self.chargeKW = chargeKW
        self.dischargeKW = dischargeKW
        self.chargeEfficiency = chargeEfficiency
        self.dischargeEfficiency = dischargeEfficiency
        self.lossPerHour = lossPerHour
        self.needsMode = needsMode
    }

    /// The part of its energy that is left after a time.
    public func kept(hours: Double) -> Double { Decay.kept(lossPerHour, hours: hours) }
}

/// An electric vehicle at its charger, or another load that needs an energy by a time: a washing machine, a pump.
public struct EnergyTask: Hashable, Sendable {
    /// Unique among all participants of the community.
    public var id: String
    /// The household that it belongs to; nil for one of the community.
    public var household: String?
    /// The steps in which it can take power.
    public var steps: Range<Int>
    /// What it is to get in these steps, at its battery, kWh; a wish with a price.
    public var energyKWh: Double
    /// Largest power, kW.
    public var maximumKW: Double
    /// Least power while it runs, kW; above zero it is either off or at least here.
    public var minimumKW: Double
    /// Of what it draws, the part that counts as energy.
    public var efficiency: Double

    public init(
        id: String, household: String? = nil, steps: Range<Int>, energyKWh: Double, maximumKW: Double, minimumKW: Double = 0, efficiency: Double = 1
    ) {
        self.id = id
        self.household = household
        self.steps = steps
        self.energyKWh = energyKWh
        self.maximumKW = maximumKW
        self.minimumKW = minimumKW
        self.efficiency = efficiency
    }
}

/// A heat pump or storage heater with the heat that its store and building hold.
///
/// The heat follows `Q(t) = (1 − loss)^Δt · Q(t−1) + (COP · p + missing − demand) · Δt`.
public struct Heater: Hashable, Sendable {
    /// Unique among all participants of the community.
    public var id: String
    /// The household that it belongs to; nil for one of the community.
    public var household: String?
    /// Largest electric power, kW.
    public var maximumKW: Double
    /// Least electric power while it runs, kW.
    public var minimumKW: Double
    /// Whether it knows nothing but off and its largest power.
    public var isOnOff: Bool
    /// Heat per electricity, one value a step.
    public var performance: [Double]
    /// What it supplies, kW of heat, one value a step.
    public var demandKW: [Double]
    /// Window of the stored heat, kWh.
    public var heatKWh: ClosedRange<Double>
    /// Heat that is stored now, kWh.
    public var initialKWh: Double
    /// Least heat at the end of the horizon, kWh.
    public var finalKWh: Double
    /// Part of the heat that is lost in an hour.
    public var lossPerHour: Double

    public init(
        id: String, household: String? = nil, maximumKW: Double, minimumKW: Double = 0, isOnOff: Bool = false, performance: [Double],
        demandKW: [Double], heatKWh: ClosedRange<Double>, initialKWh: Double, finalKWh: Double, lossPerHour: Double = 0
    ) {
        self.id = id
        self.household = household
        self.maximumKW = maximumKW
        self.minimumKW = minimumKW
        self.isOnOff = isOnOff
        self.performance = performance
        self.demandKW = demandKW
        self.heatKWh = heatKWh
        self.initialKWh = initialKWh
        self.finalKWh = finalKWh
        self.lossPerHour = lossPerHour
    }

    /// The part of its heat that is left after a time.
    public func kept(hours: Double) -> Double { Decay.kept(lossPerHour, hours: hours) }
}

/// A load that may be reduced at a price: cooling, ventilation, a process.
public struct ReducibleLoad: Hashable, Sendable {
    /// Unique among all participants of the community.
    public var id: String
    /// The household that it belongs to; nil for one of the community.
    public var household: String?
    /// What it draws when nobody reduces it, kW, one value a step.
    public var loadKW: [Double]
    /// The part of it that may be taken away, 0 … 1.
    public var reducibleFraction: Double
    /// What a kWh that it does not get costs.
    public var pricePerKWh: Double

    public init(id: String, household: String? = nil, loadKW: [Double], reducibleFraction: Double, pricePerKWh: Double) {
        self.id = id
        self.household = household
        self.loadKW = loadKW
        self.reducibleFraction = reducibleFraction
        self.pricePerKWh = pricePerKWh
    }
}

/// A line or cable of the community's feeders: what flows through it is what is behind it.
public struct FeederSection: Hashable, Sendable {
    /// For people: the line's name.
    public var id: String
    /// Households, and assets without a household, that are behind it.
    public var members: Set<String>
    /// Largest power towards its end and back, kW.
    public var limitKW: Double

    public init(id: String, members: Set<String>, limitKW: Double) {
        self.id = id
        self.members = members
        self.limitKW = limitKW
    }
}
