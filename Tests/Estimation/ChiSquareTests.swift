import Estimation
import Testing

/// Values of the tables in Abramowitz & Stegun, table 26.8.
@Suite("The chi-square distribution")
struct ChiSquareTests {
    @Test("Quantiles are those of the tables", arguments: [
        (1, 0.95, 3.84146), (2, 0.99, 9.21034), (5, 0.95, 11.0705), (10, 0.95, 18.3070), (10, 0.99, 23.2093), (30, 0.95, 43.7730),
        (100, 0.95, 124.342), (100, 0.99, 135.807),
    ])
    func quantiles(degrees: Int, probability: Double, value: Double) {
        #expect(abs(ChiSquare.quantile(probability, degrees: degrees) - value) < 2e-5 * value)
        #expect(abs(ChiSquare.probability(below: value, degrees: degrees) - probability) < 1e-5)
    }

    @Test("Without degrees of freedom there is nothing to test")
    func none() { #expect(ChiSquare.quantile(0.95, degrees: 0) == 0) }
}
