/// A device that joins or parts two nodes without an impedance.
public struct Switch: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case breaker = "Breaker"
        case loadBreakSwitch = "LoadBreakSwitch"
        case disconnector = "Disconnector"
        case groundDisconnector = "GroundDisconnector"
        case fuse = "Fuse"
        case recloser = "Recloser"
        case sectionaliser = "Sectionaliser"
        case jumper = "Jumper"
        case cut = "Cut"
        case protectedSwitch = "ProtectedSwitch"
        case other = "Switch"

        /// Whether it may interrupt a fault current.
        public var interruptsFaults: Bool { [.breaker, .recloser, .fuse, .protectedSwitch].contains(self) }
    }

    public var identity: Identity
    public var kind: Kind
    public var from: Terminal
    public var to: Terminal
    /// The state in normal operation.
    public var isNormallyOpen: Bool
    /// The phases that are open now; empty when it is closed.
    public var openPhases: PhaseSet
    /// Nominal line-to-line voltage in volt; 0 where it is not known.
    public var nominalVolts: Double
    public var ratedAmperes: Double?

    public init(
        _ identity: Identity, kind: Kind = .breaker, from: Terminal, to: Terminal, isNormallyOpen: Bool = false, isOpen: Bool? = nil,
        nominalVolts: Double = 0, ratedAmperes: Double? = nil
    ) {
        self.identity = identity
        self.kind = kind
        self.from = from
        self.to = to
        self.isNormallyOpen = isNormallyOpen
        self.openPhases = isOpen ?? isNormallyOpen ? from.phases : []
        self.nominalVolts = nominalVolts
        self.ratedAmperes = ratedAmperes
    }

    /// Open in every phase. Setting it opens or closes all.
    public var isOpen: Bool {
        get { phases.subtracting(openPhases).isEmpty }
        set { openPhases = newValue ? phases : [] }
    }

    /// Open in some phases and closed in others.
    public var isPartlyOpen: Bool { !isOpen && !openPhases.isDisjoint(with: phases) }

    /// The phase conductors it switches.
    public var phases: PhaseSet { from.phases.withoutNeutral }
}
