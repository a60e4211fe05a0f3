import Glibc

/// The frequency of a synchronous area as all PMUs of a site see it: 50 Hz with a slow random walk, the same for every device.
///
/// The deviation follows an Ornstein-Uhlenbeck process with a standard deviation of 20 mHz and a time constant of 300 s, about
/// what continental Europe shows on a calm day.
struct GridFrequency {
    /// Nominal frequency in Hz.
    static let nominalHertz = 50.0
    private static let deviationHertz = 0.020
    private static let timeConstantSeconds = 300.0

    /// The present deviation from nominal, Hz.
    private(set) var deviation = 0.0
    /// Rate of change of frequency, Hz/s.
    private(set) var rateOfChange = 0.0
    /// Angle gained against a 50 Hz reference, radian, within ±π.
    private(set) var angle = 0.0
    private var noise: SeededNoise

    init(seed: UInt64) {
        noise = SeededNoise(seed: seed)
    }

    /// Goes on by `seconds`.
    mutating func advance(by seconds: Double) {
        let keep = exp(-seconds / Self.timeConstantSeconds)
        let next = deviation * keep + Self.deviationHertz * (1 - keep * keep).squareRoot() * noise.gaussian()
        rateOfChange = (next - deviation) / seconds
        deviation = next
        angle = remainder(angle + 2 * .pi * deviation * seconds, 2 * .pi)
    }
}

/// Reproducible random numbers: the same seed gives the same readings.
struct SeededNoise {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    /// Uniform in 0 ..< 1. xorshift64*, S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016.
    mutating func uniform() -> Double {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Double((state &* 0x2545_F491_4F6C_DD1D) >> 11) * 0x1p-53
    }

    /// Normally distributed with mean 0 and standard deviation 1 (Box-Muller).
    mutating func gaussian() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }
}
