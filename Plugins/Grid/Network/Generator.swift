/// What feeds power in: a machine or an inverter (CIM: `SynchronousMachine`, `PowerElectronicsConnection` with its units).
public struct Generator: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case synchronousMachine
        case photovoltaic
        case battery
        case wind
        case powerElectronics
        case equivalent
    }

    /// A store of energy behind an inverter (CIM: `BatteryUnit`).
    public struct Battery: Hashable, Sendable {
        public var ratedWattHours: Double
        public var storedWattHours: Double

        public init(ratedWattHours: Double, storedWattHours: Double) {
            self.ratedWattHours = ratedWattHours
            self.storedWattHours = storedWattHours
        }
    }

    /// The voltage that a machine holds where its control is on.
    public struct VoltageControl: Hashable, Sendable {
        /// Position in `Network.nodes` of the node whose voltage is held.
        public var node: Int?
        /// Volt between lines.
        public var targetVolts: Double

        public init(node: Int?, targetVolts: Double) {
            self.node = node
            self.targetVolts = targetVolts
        }
    }

    public var identity: Identity
    public var kind: Kind
    public var terminal: Terminal
    /// Fed-in power of all phases in volt-ampere; nil where no profile tells it.
    public var power: Complex?
    /// The fed-in power of each phase; empty for a symmetrical one.
    public var phases: [PhasePower]
    public var isDelta: Bool
    public var ratedVA: Double?
    /// Least and greatest fed-in active power in watt.
    public var activeLimits: ClosedRange<Double>?
    /// Least and greatest fed-in reactive power in var.
    public var reactiveLimits: ClosedRange<Double>?
    public var battery: Battery?
    public var control: VoltageControl?
    /// 0 for never; the smallest positive number is the first choice for the angle reference (CIM: `referencePriority`).
    public var referencePriority: Int
    /// Nominal line-to-line voltage in volt.
    public var nominalVolts: Double

    public init(
        _ identity: Identity, kind: Kind, terminal: Terminal, power: Complex?, phases: [PhasePower] = [], isDelta: Bool = false,
        ratedVA: Double? = nil, activeLimits: ClosedRange<Double>? = nil, reactiveLimits: ClosedRange<Double>? = nil,
        battery: Battery? = nil, control: VoltageControl? = nil, referencePriority: Int = 0, nominalVolts: Double
    ) {
        self.identity = identity
        self.kind = kind
        self.terminal = terminal
        self.power = power
        self.phases = phases
        self.isDelta = isDelta
        self.ratedVA = ratedVA
        self.activeLimits = activeLimits
        self.reactiveLimits = reactiveLimits
        self.battery = battery
        self.control = control
        self.referencePriority = referencePriority
        self.nominalVolts = nominalVolts
    }
}

/// The grid beyond (CIM: `ExternalNetworkInjection`, `EnergySource`): it holds voltage and angle, behind its impedance.
public struct ExternalGrid: Hashable, Sendable {
    public var identity: Identity
    public var terminal: Terminal
    /// Volt between lines; nil where nothing tells it (nominal voltage then).
    public var voltageVolts: Double?
    /// Angle of phase A in radian.
    public var angleRadians: Double
    /// Positive-sequence impedance behind which the voltage is held, in ohm.
    public var impedance: Complex
    /// Zero-sequence impedance in ohm; nil where it equals the positive sequence.
    public var zeroImpedance: Complex?
    /// Fed-in power that the file tells, in volt-ampere.
    public var power: Complex?
    /// Nominal line-to-line voltage in volt.
    public var nominalVolts: Double

    public init(
        _ identity: Identity, terminal: Terminal, voltageVolts: Double? = nil, angleRadians: Double = 0, impedance: Complex = .zero,
        zeroImpedance: Complex? = nil, power: Complex? = nil, nominalVolts: Double
    ) {
        self.identity = identity
        self.terminal = terminal
        self.voltageVolts = voltageVolts
        self.angleRadians = angleRadians
        self.impedance = impedance
        self.zeroImpedance = zeroImpedance
        self.power = power
        self.nominalVolts = nominalVolts
    }
}
