internal import Glibc

/// The chi-square distribution: what the objective of a good estimate follows (Abur & Gómez-Expósito, section 5.5.1).
public enum ChiSquare {
    /// The probability that a chi-square variable of `degrees` degrees of freedom is at most `x`: the regularised incomplete gamma
    /// function P(degrees/2, x/2), by its series below the mean and by its continued fraction above (Abramowitz & Stegun 6.5.29, 6.5.31).
    public static func probability(below x: Double, degrees: Int) -> Double {
        guard x > 0, degrees > 0 else { return 0 }
        let a = Double(degrees) / 2
        let half = x / 2
        let factor = exp(a * log(half) - half - lgamma(a))
        return half < a + 1 ? factor * series(a, half) : 1 - factor * continuedFraction(a, half)
    }

    /// The value that a chi-square variable of `degrees` degrees of freedom stays below with `probability` (0 … 1, exclusive): Newton from
    /// the approximation of Wilson and Hilferty. 0 without degrees of freedom.
    public static func quantile(_ probability: Double, degrees: Int) -> Double {
        guard degrees > 0, probability > 0 else { return 0 }
        let k = Double(degrees)
        let cube = 1 - 2 / (9 * k) + normalQuantile(probability) * (2 / (9 * k)).squareRoot()
        var x = max(k * cube * cube * cube, 1e-3)
        for _ in 0..<50 {
            let density = exp((k / 2 - 1) * log(x) - x / 2 - k / 2 * log(2) - lgamma(k / 2))
            let step = (self.probability(below: x, degrees: degrees) - probability) / density
            x = max(x - step, x / 4)
            if abs(step) < 1e-12 * x { break }
        }
        return x
    }

    private static func series(_ a: Double, _ x: Double) -> Double {
        var term = 1 / a
        var sum = term
        var n = a
        while term > sum * 1e-17 {
            n += 1
            term *= x / n
            sum += term
        }
        return sum
    }

    /// Lentz's method.
    private static func continuedFraction(_ a: Double, _ x: Double) -> Double {
        var b = x + 1 - a
        var c = 1e300
        var d = 1 / b
        var h = d
        for i in 1..<10_000 {
            let an = -Double(i) * (Double(i) - a)
            b += 2
            d = 1 / (an * d + b)
            c = b + an / c
            let change = c * d
            h *= change
            if abs(change - 1) < 1e-16 { break }
        }
        return h
    }

    /// By bisection of the complementary error function: called once an estimate at most.
    private static func normalQuantile(_ probability: Double) -> Double {
        var low = -40.0
        var high = 40.0
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if erfc(-middle / 2.0.squareRoot()) / 2 < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
