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

    public init(
        _ identity: Identity, terminal: Terminal, power: Complex?, phases: [PhasePower] = [], isDelta: Bool = false,
        isGrounded: Bool = true, dependence: VoltageDependence = .constantPower, nominalVolts: Double, customerCount: Int = 0
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
    }
}
