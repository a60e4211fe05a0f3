internal import Glibc
internal import Grid

/// The function of a voltage meter and its gradient ∂h/∂e + j·∂h/∂f.
struct VoltageRow {
    var value: Double
    var gradient: Complex
    private var isAngle = false

    init(_ quantity: Quantity, at voltage: Complex) {
        switch quantity {
        case .voltageMagnitude:
            value = voltage.magnitude
            gradient = voltage / value
        case .voltageAngle:
            value = voltage.angle
            gradient = Complex.i * voltage / voltage.squaredMagnitude
            isAngle = true
        case .voltageReal:
            value = voltage.real
            gradient = .one
        default:
            value = voltage.imaginary
            gradient = .i
        }
    }

    /// Im(V·e^(−jθ)): zero when the voltage has the reference's angle.
    init(reference: Layout.Reference, at voltage: Complex) {
        gradient = Complex(-sin(reference.angle), cos(reference.angle))
        value = (gradient.conjugate * voltage).real
    }

    func residual(_ measured: Double) -> Double { isAngle ? Self.turn(measured - value) : measured - value }

    /// An angle brought to -π … π.
    static func turn(_ angle: Double) -> Double { remainder(angle, 2 * Double.pi) }
}

/// The function of a meter at the end of a branch and its gradient: `own` at the conductor of that end, and `conj(y)·through` at each
/// terminal whose voltage makes the current with admittance y.
struct BranchRow {
    var value: Double
    var own: Complex
    var through: Complex

    /// Below this a current magnitude has no direction, per unit.
    static let noCurrent = 1e-9

    init(_ quantity: Quantity, voltage: Complex, current: Complex) {
        own = .zero
        through = .zero
        switch quantity {
        case .currentMagnitude:
            value = current.magnitude
            if value > Self.noCurrent { through = current / value }
        case .currentReal:
            value = current.real
            through = .one
        case .currentImaginary:
            value = current.imaginary
            through = .i
        case .activeCurrent:
            (value, own, through) = Self.relative(Self.active(voltage, current), to: voltage)
        case .reactiveCurrent:
            (value, own, through) = Self.relative(Self.reactive(voltage, current), to: voltage)
        case .activePower:
            (value, own, through) = Self.active(voltage, current)
        default:
            (value, own, through) = Self.reactive(voltage, current)
        }
    }

    private static func active(_ voltage: Complex, _ current: Complex) -> (Double, Complex, Complex) {
        ((voltage * current.conjugate).real, current, voltage)
    }

    private static func reactive(_ voltage: Complex, _ current: Complex) -> (Double, Complex, Complex) {
        ((voltage * current.conjugate).imaginary, Complex.i * current, -(Complex.i * voltage))
    }

    /// A power divided by the voltage's magnitude.
    private static func relative(_ power: (Double, Complex, Complex), to voltage: Complex) -> (Double, Complex, Complex) {
        let inverse = 1 / voltage.magnitude
        return (power.0 * inverse, power.1 * inverse - voltage * (power.0 * inverse * inverse * inverse), power.2 * inverse)
    }
}
