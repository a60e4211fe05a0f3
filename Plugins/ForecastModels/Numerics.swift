internal import Glibc

/// Small pieces of arithmetic that several models use.
enum Numerics {
    /// The `level` quantile of values by linear interpolation between order statistics (type 7); the array is reordered.
    /// - Returns: NaN of nothing.
    static func quantile(_ values: inout [Double], _ level: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        values.sort()
        return sortedQuantile(values, level)
    }

    /// The same of values that are sorted already.
    static func sortedQuantile(_ values: [Double], _ level: Double) -> Double {
        guard let last = values.last else { return .nan }
        let place = level * Double(values.count - 1)
        let lower = max(0, min(values.count - 1, Int(place)))
        guard lower + 1 < values.count else { return last }
        return values[lower] + (place - Double(lower)) * (values[lower + 1] - values[lower])
    }

    static func median(_ values: [Double]) -> Double {
        var copy = values
        return quantile(&copy, 0.5)
    }

    /// Mean of those that are not NaN; NaN where there is none.
    static func mean(_ values: some Sequence<Double>) -> Double {
        var sum = 0.0
        var count = 0.0
        for value in values where !value.isNaN {
            sum += value
            count += 1
        }
        return count > 0 ? sum / count : .nan
    }

    /// The quantile of the standard normal distribution (Acklam's rational approximation, relative error below 1.2e-9).
    static func normalQuantile(_ p: Double) -> Double {
        let a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.3577518672690, -30.66479806614716, 2.506628277459239]
        let b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572]
        let c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783]
        let d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416]
        if p < 0.02425 || p > 1 - 0.02425 {
            let q = (-2 * log(min(p, 1 - p))).squareRoot()
            let top = ((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]
            let value = top / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1)
            return p < 0.5 ? value : -value
        }
        let q = p - 0.5
        let r = q * q
        let top = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q
        return top / (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1)
    }

    /// Mean pinball loss of one outcome over levels.
    static func pinball(_ outcome: Double, _ quantiles: some RandomAccessCollection<Double>, _ levels: [Double]) -> Double {
        var sum = 0.0
        for (level, quantile) in zip(levels, quantiles) {
            let error = outcome - quantile
            sum += error >= 0 ? level * error : (level - 1) * error
        }
        return sum / Double(levels.count)
    }
}

/// A small, fast, reproducible generator (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0..<1.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
