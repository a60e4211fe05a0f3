internal import Glibc

/// Random numbers that are a function of a seed, a name and a time: whoever asks again, or asks for yesterday, gets the same.
public struct SmoothNoise: Sendable {
    public let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// Smooth in time, of about mean 0 and standard deviation 1: normal numbers at knots `seconds` apart, joined by cosines.
    public func wander(_ key: UInt64, at time: Double, every seconds: Double) -> Double {
        let place = time / seconds
        let knot = place.rounded(.down)
        let part = (1 - cos((place - knot) * .pi)) / 2
        return (1 - part) * normal(key, Int64(knot)) + part * normal(key, Int64(knot) + 1)
    }

    /// 0 ..< 1 for a number of a key.
    public func uniform(_ key: UInt64, _ number: Int64) -> Double { Double(mixed(key, number) >> 11) * 0x1p-53 }

    /// Mean 0, standard deviation 1 (Box and Muller 1958), within ±3.
    public func normal(_ key: UInt64, _ number: Int64) -> Double {
        let radius = (-2 * log(1 - uniform(key, number))).squareRoot()
        return max(-3, min(3, radius * cos(2 * .pi * uniform(key ^ 0x5851_F42D_4C95_7F2D, number))))
    }

    /// A key of a name (FNV-1a).
    public static func key(_ name: String) -> UInt64 { name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 } }

    /// SplitMix64 (Steele, Lea and Flood 2014).
    private func mixed(_ key: UInt64, _ number: Int64) -> UInt64 {
        var state = (key &+ seed &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(bitPattern: number) &* 0xD134_2543_DE82_EF95
        state = state &+ 0x9E37_79B9_7F4A_7C15
        state = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        state = (state ^ state >> 27) &* 0x94D0_49BB_1331_11EB
        return state ^ state >> 31
    }
}
