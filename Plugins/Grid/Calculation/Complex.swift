internal import Glibc

/// A complex number: a phasor, an impedance, an admittance or a power.
@frozen
public struct Complex: Hashable, Sendable {
    public var real: Double
    public var imaginary: Double

    @inlinable public init(_ real: Double, _ imaginary: Double = 0) {
        self.real = real
        self.imaginary = imaginary
    }

    /// - Parameter angle: radian.
    public init(magnitude: Double, angle: Double) { self.init(magnitude * cos(angle), magnitude * sin(angle)) }

    public static let zero = Complex(0, 0)
    public static let one = Complex(1, 0)
    public static let i = Complex(0, 1)

    @inlinable public var conjugate: Complex { Complex(real, -imaginary) }
    /// The square of the magnitude.
    @inlinable public var squaredMagnitude: Double { real * real + imaginary * imaginary }
    @inlinable public var magnitude: Double { squaredMagnitude.squareRoot() }
    /// Radian, -π … π.
    public var angle: Double { atan2(imaginary, real) }
    @inlinable public var isFinite: Bool { real.isFinite && imaginary.isFinite }
    /// 1 / self; infinite for zero.
    @inlinable public var reciprocal: Complex {
        let scale = 1 / squaredMagnitude
        return Complex(real * scale, -imaginary * scale)
    }
}

extension Complex {
    @inlinable public static prefix func - (value: Complex) -> Complex { Complex(-value.real, -value.imaginary) }
    @inlinable public static func + (a: Complex, b: Complex) -> Complex { Complex(a.real + b.real, a.imaginary + b.imaginary) }
    @inlinable public static func - (a: Complex, b: Complex) -> Complex { Complex(a.real - b.real, a.imaginary - b.imaginary) }
    @inlinable public static func * (a: Complex, b: Complex) -> Complex {
        Complex(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
    }
    @inlinable public static func * (a: Double, b: Complex) -> Complex { Complex(a * b.real, a * b.imaginary) }
    @inlinable public static func * (a: Complex, b: Double) -> Complex { Complex(a.real * b, a.imaginary * b) }
    @inlinable public static func / (a: Complex, b: Complex) -> Complex { a * b.reciprocal }
    @inlinable public static func / (a: Complex, b: Double) -> Complex { Complex(a.real / b, a.imaginary / b) }
    @inlinable public static func += (a: inout Complex, b: Complex) { a = a + b }
    @inlinable public static func -= (a: inout Complex, b: Complex) { a = a - b }
}
