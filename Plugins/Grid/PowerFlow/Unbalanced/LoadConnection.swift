/// Where a load or a generator is connected: between a conductor and ground (wye, neutral grounded) or between two conductors (delta).
///
/// A three-phase load is three connections. Its power at the voltage u between its ends is
/// `constantPower + constantCurrent · |u|/u₀ + constantImpedance · |u|²/u₀²`.
public struct LoadConnection: Hashable, Sendable {
    public var conductor: Int32
    /// The other conductor; nil for ground.
    public var other: Int32?
    /// The magnitude u₀ at which the powers are given, per unit of the conductor's line-to-ground voltage: 1 from conductor to ground,
    /// √3 between two conductors.
    public var referenceMagnitude: Double

    /// Between a conductor and ground.
    public static func wye(_ conductor: Int32) -> LoadConnection { LoadConnection(conductor: conductor, other: nil, referenceMagnitude: 1) }

    /// Between two conductors.
    public static func delta(_ conductor: Int32, _ other: Int32) -> LoadConnection {
        LoadConnection(conductor: conductor, other: other, referenceMagnitude: 3.0.squareRoot())
    }

    public init(conductor: Int32, other: Int32?, referenceMagnitude: Double) {
        self.conductor = conductor
        self.other = other
        self.referenceMagnitude = referenceMagnitude
    }
}

/// What a connection puts into its conductor at a voltage, and how that changes: `dI = linear · du + conjugate · du*`.
struct InjectedCurrent {
    var current: Complex
    var linear: Complex
    var conjugate: Complex

    init(_ injections: Injections, _ index: Int, connection: LoadConnection, voltage u: Complex) {
        let magnitude = u.magnitude
        let power = injections.constantPower[index].conjugate
        current = power / u.conjugate
        conjugate = -(power / (u.conjugate * u.conjugate))
        linear = .zero
        if !injections.constantImpedance.isEmpty {
            let admittance = injections.constantImpedance[index].conjugate / (connection.referenceMagnitude * connection.referenceMagnitude)
            current += admittance * u
            linear += admittance
        }
        if !injections.constantCurrent.isEmpty {
            let scale = injections.constantCurrent[index].conjugate / (connection.referenceMagnitude * magnitude)
            current += scale * u
            linear += scale / 2
            conjugate -= scale * (u * u) / (2 * magnitude * magnitude)
        }
    }
}

/// A voltage regulator or a phase of an on-load tap changer: it multiplies the voltage of the regulated terminals of an element.
///
/// The element's admittances are those at position 0; at position p the voltage that the element gives at `terminals` is `1 + p · stepRatio`
/// times as high.
public struct PhaseRegulator: Hashable, Sendable {
    /// Index in the grid's elements.
    public var element: Int
    /// Indices in the element's terminals: one for a single-phase regulator, three for a gang-operated one.
    public var terminals: [Int]
    /// The conductor whose magnitude is kept.
    public var controlledConductor: Int32
    /// The magnitude aimed at, per unit.
    public var target: Double
    /// The whole width of the dead-band, per unit.
    public var deadBand: Double
    public var stepRatio: Double
    public var minimumPosition: Int
    public var maximumPosition: Int
    public var position: Int
    /// Line-drop compensation: per unit impedance between the first of `terminals` and the point whose voltage is kept; the current
    /// is that out of the element at this terminal. Zero: the voltage of `controlledConductor` itself is kept.
    public var lineDrop: Complex
    /// Whether the position may move.
    public var isAutomatic: Bool

    public init(
        element: Int, terminals: [Int], controlledConductor: Int32, target: Double, deadBand: Double, stepRatio: Double = 0.00625,
        minimumPosition: Int = -16, maximumPosition: Int = 16, position: Int = 0, lineDrop: Complex = .zero, isAutomatic: Bool = true
    ) {
        self.element = element
        self.terminals = terminals
        self.controlledConductor = controlledConductor
        self.target = target
        self.deadBand = deadBand
        self.stepRatio = stepRatio
        self.minimumPosition = minimumPosition
        self.maximumPosition = maximumPosition
        self.position = position
        self.lineDrop = lineDrop
        self.isAutomatic = isAutomatic
    }

    /// The element with the ratio of the position.
    func applied(to element: UnbalancedGrid.Element) -> UnbalancedGrid.Element {
        let (ratio, size) = (1 + Double(position) * stepRatio, element.terminals.count)
        var scales = [Double](repeating: 1, count: size)
        for terminal in terminals { scales[terminal] = 1 / ratio }
        var moved = element
        for row in 0..<size {
            for column in 0..<size { moved.admittance[row * size + column] = element.admittance[row * size + column] * (scales[row] * scales[column]) }
        }
        return moved
    }
}
