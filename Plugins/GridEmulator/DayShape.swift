import Glibc

/// How loads and generators go over a day, of their nominal power: shapes in the manner of the standard load profiles of German DSOs,
/// drawn by us, and a wandering of their own for each.
enum DayShape: String, CaseIterable {
    case household, commercial, photovoltaic, wind

    /// - Parameter hour: of the day, 0 ..< 24.
    func share(hour: Double) -> Double {
        switch self {
        case .household: 0.25 + bump(hour, at: 7.5, width: 1.4, height: 0.25) + bump(hour, at: 12.5, width: 1.8, height: 0.22)
            + bump(hour, at: 19.5, width: 2.2, height: 0.55)
        case .commercial: 0.22 + 0.68 / (1 + exp(-(hour - 7.5) * 2)) - 0.68 / (1 + exp(-(hour - 17.5) * 1.5))
        case .photovoltaic: max(0, sin((hour - 6) / 12 * .pi)) * max(0, sin((hour - 6) / 12 * .pi)).squareRoot()
        case .wind: 0.45 + 0.15 * sin(hour / 24 * 2 * .pi)
        }
    }

    private func bump(_ hour: Double, at middle: Double, width: Double, height: Double) -> Double {
        let distance = abs(hour - middle)
        let around = min(distance, 24 - distance) / width
        return height * exp(-around * around / 2)
    }

    /// Standard deviation of the wandering, of the share.
    var unrest: Double {
        switch self {
        case .household: 0.12
        case .commercial: 0.06
        case .photovoltaic: 0.15
        case .wind: 0.25
        }
    }
}

/// A share that wanders about its shape: first-order autoregressive, with a memory of ten minutes of emulated time.
struct WanderingShare {
    let shape: DayShape
    private var deviation = 0.0

    init(_ shape: DayShape, noise: inout NormalNoise) {
        self.shape = shape
        deviation = noise.next() * shape.unrest
    }

    /// - Parameter elapsed: emulated seconds since the last call.
    mutating func next(hour: Double, elapsed: Double, noise: inout NormalNoise) -> Double {
        let memory = exp(-elapsed / 600)
        deviation = memory * deviation + (1 - memory * memory).squareRoot() * shape.unrest * noise.next()
        return max(0, shape.share(hour: hour) * (1 + deviation))
    }
}
