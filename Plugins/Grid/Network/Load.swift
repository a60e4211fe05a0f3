/// How a power follows the voltage: shares of constant impedance, constant current and constant power.
public struct VoltageDependence: Hashable, Sendable {
    /// Shares that add up to 1, of the active power.
    public var impedanceActive, currentActive, powerActive: Double
    /// Shares that add up to 1, of the reactive power.
    public var impedanceReactive, currentReactive, powerReactive: Double

    public init(
        impedanceActive: Double = 0, currentActive: Double = 0, powerActive: Double = 1, impedanceReactive: Double = 0,
        currentReactive: Double = 0, powerReactive: Double = 1
    ) {
        self.impedanceActive = impedanceActive
        self.currentActive = currentActive
        self.powerActive = powerActive
        self.impedanceReactive = impedanceReactive
        self.currentReactive = currentReactive
        self.powerReactive = powerReactive
    }

    public static let constantPower = VoltageDependence()
    public static let constantCurrent = VoltageDependence(
        currentActive: 1, powerActive: 0, currentReactive: 1, powerReactive: 0)
    public static let constantImpedance = VoltageDependence(
        impedanceActive: 1, powerActive: 0, impedanceReactive: 1, powerReactive: 0)
}

/// The power of one phase of a load, generator or inverter.
public struct PhasePower: Hashable, Sendable {
    public var phase: Phase
    /// In volt-ampere, with the sign of the equipment it belongs to.
    public var power: Complex

    public init(phase: Phase, power: Complex) {
        self.phase = phase
        self.power = power
    }
}

/// What an asynchronous machine is driven by (CIM: `RotatingMachine.GeneratingUnit`): such a machine feeds in, though it counts as a consumer.
public struct DrivenMachine: Hashable, Sendable {
    public enum Source: String, Hashable, Sendable {
        case photovoltaic
        case wind
        case other
    }

    public var source: Source
    /// The most that it feeds in, in watt: the unit's `maxOperatingP`, else what the machine is rated for; nil where neither is told.
    public var ratedWatts: Double?

    public init(source: Source, ratedWatts: Double?) {
        self.source = source
        self.ratedWatts = ratedWatts
    }
}

/// A consumer (CIM: `EnergyConsumer`, `ConformLoad`, `NonConformLoad`, `StationSupply`, `AsynchronousMachine`, `EquivalentInjection`).
public struct Load: Hashable, Sendable {
    public var identity: Identity
    public var terminal: Terminal
    /// Consumed power of all phases at nominal voltage in volt-ampere; nil where no profile tells it.
    public var power: Complex?
    /// The power of each phase; empty for a symmetrical one. In delta, the phase is the one the branch begins at.
    public var phases: [PhasePower]
    public var isDelta: Bool
    /// Whether a star's neutral point is earthed; a symmetrical load without one draws nothing between phases and earth.
    public var isGrounded: Bool
    public var dependence: VoltageDependence
    /// Nominal line-to-line voltage in volt.
    public var nominalVolts: Double
    public var customerCount: Int
    /// Of an asynchronous machine with a generating unit; nil for all else.
    public var machine: DrivenMachine?

    public init(
        _ identity: Identity, terminal: Terminal, power: Complex?, phases: [PhasePower] = [], isDelta: Bool = false,
        isGrounded: Bool = true, dependence: VoltageDependence = .constantPower, nominalVolts: Double, customerCount: Int = 0,
        machine: DrivenMachine? = nil
    ) {
        self.identity = identity
        self.terminal = terminal
        self.power = power
        self.phases = phases
        self.isDelta = isDelta
        self.isGrounded = isGrounded
        self.dependence = dependence
        self.nominalVolts = nominalVolts
        self.customerCount = customerCount
        self.machine = machine
    }
}
