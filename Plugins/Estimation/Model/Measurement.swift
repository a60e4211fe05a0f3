/// What a meter measures, as one real number. Powers and currents are positive into the grid at a node and into a branch at its end.
public enum Quantity: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    /// |V|, per unit. At a node.
    case voltageMagnitude
    /// arg V, radian. At a node; a residual is taken to -π … π.
    case voltageAngle
    /// Re V and Im V of a synchronised phasor, per unit. At a node. Linear in the state.
    case voltageReal, voltageImaginary
    /// P and Q, per unit. At a node (its whole injection) or at the end of a branch.
    case activePower, reactivePower
    /// |I|, per unit. At the end of a branch.
    case currentMagnitude
    /// Re I and Im I of a synchronised phasor, per unit, in the angle reference of the voltages. At the end of a branch. Linear in the state.
    case currentReal, currentImaginary
    /// P/|V| and Q/|V|, per unit: a current phasor whose angle is known against the voltage at its place alone. At the end of a branch.
    case activeCurrent, reactiveCurrent

    /// Whether the measured number is a linear function of the rectangular node voltages.
    public var isLinear: Bool {
        switch self {
        case .voltageReal, .voltageImaginary, .currentReal, .currentImaginary: true
        default: false
        }
    }

    /// Whether it tells an angle in the common reference.
    public var isSynchronised: Bool { self == .voltageAngle || isLinear }

    var isVoltage: Bool { rawValue <= Quantity.voltageImaginary.rawValue }
    var isPower: Bool { self == .activePower || self == .reactivePower }
}

/// Where a meter sits.
public enum Place: Hashable, Sendable {
    /// A node of a balanced grid, a conductor of an unbalanced one.
    case node(Int32)
    /// The end of a branch of a balanced grid, or of an element of an unbalanced one; `conductor` counts within that end, 0 when balanced.
    case branch(Int32, End, conductor: Int32 = 0)

    public enum End: UInt8, Hashable, Sendable {
        /// `from` of a branch, the first end of an element.
        case first
        /// `to` of a branch, the second end of an element.
        case second
    }
}

/// One measured number and how far it is to be trusted.
public struct Measurement: Hashable, Sendable {
    public var quantity: Quantity
    public var place: Place
    /// Per unit or radian, as `quantity` says.
    public var value: Double
    /// Standard deviation in the unit of `value`, above zero. Infinite: there is no value, the estimate leaves the measurement out.
    public var sigma: Double
    public var origin: Origin

    /// Whether a number was measured or supposed.
    public enum Origin: UInt8, Hashable, Sendable {
        case meter
        /// Taken from a load profile, an old reading or a rating: an estimate never passes it off as measured.
        case pseudo
    }

    public init(_ quantity: Quantity, at place: Place, value: Double, sigma: Double, origin: Origin = .meter) {
        self.quantity = quantity
        self.place = place
        self.value = value
        self.sigma = sigma
        self.origin = origin
    }
}
