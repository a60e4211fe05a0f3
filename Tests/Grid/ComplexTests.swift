import Grid
import Testing

@Suite("Complex numbers")
struct ComplexTests {
    @Test("A quotient times its divisor is the dividend", arguments: [Complex(3, 4), Complex(-0.1, 1e-6), Complex(0, -2)])
    func quotient(divisor: Complex) {
        let dividend = Complex(0.7, -1.3)
        let product = dividend / divisor * divisor
        #expect((product - dividend).magnitude < 1e-12)
    }

    @Test("Magnitude and angle make the number again")
    func polar() {
        let number = Complex(-1.2, 0.5)
        #expect((Complex(magnitude: number.magnitude, angle: number.angle) - number).magnitude < 1e-12)
    }
}
