/// What holds equipment: a substation, a voltage level, a bay, a feeder, a line.
public struct Container: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case region = "GeographicalRegion"
        case subRegion = "SubGeographicalRegion"
        case substation = "Substation"
        case voltageLevel = "VoltageLevel"
        case bay = "Bay"
        case feeder = "Feeder"
        case line = "Line"
        case plant = "Plant"
    }

    public var mRID: String
    public var name: String
    public var kind: Kind
    /// Position in `Network.containers` of what holds this one.
    public var parent: Int?

    public init(mRID: String, name: String, kind: Kind, parent: Int? = nil) {
        self.mRID = mRID
        self.name = name
        self.kind = kind
        self.parent = parent
    }
}

/// A point where equipment is connected without impedance: a `ConnectivityNode`, or a `TopologicalNode` where a file has no others.
public struct ConnectivityNode: Hashable, Sendable {
    public var identity: Identity
    /// Nominal line-to-line voltage in volt; 0 where nothing tells it.
    public var nominalVolts: Double
    /// The voltage that the file's state variables tell.
    public var state: State?
    /// The mRID of the `TopologicalNode` that the file's topology profile puts it into; nil without one.
    public var topologicalNode: String?
    /// Whether it is, or has, a busbar section.
    public var isBusbar: Bool
    /// The busbar section at the node: what people and devices call the node by; nil without one.
    public var busbar: Identity?
    /// Limits of the line-to-line voltage in volt.
    public var voltageLimits: ClosedRange<Double>?

    public struct State: Hashable, Sendable {
        /// Line-to-line voltage in volt.
        public var volts: Double
        public var angleRadians: Double

        public init(volts: Double, angleRadians: Double) {
            self.volts = volts
            self.angleRadians = angleRadians
        }
    }

    public init(
        _ identity: Identity, nominalVolts: Double, state: State? = nil, topologicalNode: String? = nil, isBusbar: Bool = false,
        voltageLimits: ClosedRange<Double>? = nil
    ) {
        self.identity = identity
        self.nominalVolts = nominalVolts
        self.state = state
        self.topologicalNode = topologicalNode
        self.isBusbar = isBusbar
        self.voltageLimits = voltageLimits
    }
}

/// Points of a single-line diagram or a map.
public struct Placement: Hashable, Sendable {
    public struct Point: Hashable, Sendable {
        public var x: Double
        public var y: Double

        public init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// One for a symbol, two or more for a line, in order.
    public var points: [Point]
    /// Degrees, as the diagram layout profile counts them.
    public var rotationDegrees: Double

    public init(points: [Point], rotationDegrees: Double = 0) {
        self.points = points
        self.rotationDegrees = rotationDegrees
    }
}

/// Where something is measured (CIM: `Analog`, `Discrete`, `Accumulator`).
public struct MeasurementPoint: Hashable, Sendable {
    public var mRID: String
    public var name: String
    /// As the file says: "PNV", "VA", "A", "Pos", "ThreePhaseActivePower", …
    public var type: String
    public var phases: PhaseSet
    /// The mRID of the terminal, empty where only the equipment is told.
    public var terminal: String
    /// The mRID of the equipment or node.
    public var equipment: String
    /// The value that the file tells, in its own unit.
    public var value: Double?

    public init(mRID: String, name: String, type: String, phases: PhaseSet, terminal: String, equipment: String, value: Double? = nil) {
        self.mRID = mRID
        self.name = name
        self.type = type
        self.phases = phases
        self.terminal = terminal
        self.equipment = equipment
        self.value = value
    }
}
