/// A power transformer with two or more windings, three-phase or one tank of a bank (CIM: `PowerTransformer`, `TransformerTank`).
///
/// The equivalent circuit is a star: the impedance of each winding between its terminal and a common point, the magnetising branch
/// at that point. A two-winding transformer has its short-circuit impedance shared between the two.
public struct Transformer: Hashable, Sendable {
    public var identity: Identity
    /// The mRID of the bank (`PowerTransformer`) that this tank is part of; nil for a transformer of its own.
    public var bank: String?
    /// Two, three or more; the first is the one that phase shifts are counted from.
    public var windings: [Winding]
    /// Magnetising branch at the first winding's rated voltage, in siemens per phase of the equivalent star; the imaginary part is
    /// negative for a reactor.
    public var magnetisingAdmittance: Complex

    public init(_ identity: Identity, bank: String? = nil, windings: [Winding], magnetisingAdmittance: Complex = .zero) {
        self.identity = identity
        self.bank = bank
        self.windings = windings
        self.magnetisingAdmittance = magnetisingAdmittance
    }

    /// Whether it is one single-phase unit, whose rated voltages are those of its coils.
    public var isSinglePhase: Bool { windings.allSatisfy { $0.connection == .single } }

    /// What a winding's impedance in ohm is multiplied with at its tap position.
    ///
    /// The impedances of a tank's info are per cent of a winding's voltage, so that they follow the square of the tapped one (as OpenDSS and
    /// GridLAB-D have it). Those of a transformer's own ends stay as they are (IEC 61970-301).
    func impedanceShare(_ winding: Int) -> Double { bank == nil ? 1 : windings[winding].tapFactor.squaredMagnitude }

    /// How a winding's coils are joined (CIM: `WindingConnection`).
    public enum Connection: String, Hashable, Sendable {
        case delta = "D"
        case star = "Y"
        case starNeutral = "Yn"
        case zigzag = "Z"
        case zigzagNeutral = "Zn"
        case auto = "A"
        /// One coil between the two conductors that `Winding.coil` names.
        case single = "I"

        public var isDelta: Bool { self == .delta }
        public var isZigzag: Bool { self == .zigzag || self == .zigzagNeutral }
    }

    public struct Winding: Hashable, Sendable {
        public var terminal: Terminal
        public var connection: Connection
        /// The hour of its voltage on the clock, seen from the first winding (Dyn5: 0 and 5).
        public var clock: Int
        /// Rated voltage in volt: between lines, of a single coil across it.
        public var ratedVolts: Double
        /// Rated power in volt-ampere of the whole transformer (of a tank: of the tank).
        public var ratedVA: Double
        /// Its part of the short-circuit impedance, in ohm at its rated voltage (per phase of the equivalent star).
        public var impedance: Complex
        /// The same in the zero sequence; nil where it equals the positive sequence.
        public var zeroImpedance: Complex?
        /// Whether the star point is earthed, through `groundImpedance`.
        public var isGrounded: Bool
        /// Between the star point and earth, in ohm.
        public var groundImpedance: Complex
        public var ratioTap: TapChanger?
        public var phaseTap: TapChanger?
        /// The two ends of a single coil, in the order of its polarity (CIM: `orderedPhases`); empty for a three-phase winding.
        public var coil: [Phase]
        /// Nominal line-to-line voltage of the node in volt.
        public var nominalVolts: Double
        public var ratedAmperes: Double?

        public init(
            terminal: Terminal, connection: Connection = .starNeutral, clock: Int = 0, ratedVolts: Double, ratedVA: Double,
            impedance: Complex, zeroImpedance: Complex? = nil, isGrounded: Bool = true, groundImpedance: Complex = .zero,
            ratioTap: TapChanger? = nil, phaseTap: TapChanger? = nil, coil: [Phase] = [], nominalVolts: Double? = nil,
            ratedAmperes: Double? = nil
        ) {
            self.terminal = terminal
            self.connection = connection
            self.clock = clock
            self.ratedVolts = ratedVolts
            self.ratedVA = ratedVA
            self.impedance = impedance
            self.zeroImpedance = zeroImpedance
            self.isGrounded = isGrounded
            self.groundImpedance = groundImpedance
            self.ratioTap = ratioTap
            self.phaseTap = phaseTap
            self.coil = coil
            self.nominalVolts = nominalVolts ?? ratedVolts
            self.ratedAmperes = ratedAmperes
        }

        /// What the rated voltage is multiplied with at the live tap positions.
        public var tapFactor: Complex { (ratioTap?.factor ?? .one) * (phaseTap?.factor ?? .one) }
    }
}
