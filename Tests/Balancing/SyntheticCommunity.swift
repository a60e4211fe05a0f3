import Balancing
import Foundation

/// Communities of any size, made from a seed: days of load and sun, batteries, vehicles and heat pumps as the reference communities have them.
enum SyntheticCommunity {
    /// - Parameters:
    ///   - from: the first step of the horizon, counted from midnight.
    ///   - batteryKWh: what the batteries hold then; nil: half.
    ///   - heatKWh: what the heat stores hold then; nil: half.
    static func problem(
        households: Int, steps: Int, seed: UInt64, from: Int = 0, target: BalancingTarget = .islanding, batteryKWh: [Double]? = nil, heatKWh: [Double]? = nil
    ) -> BalancingProblem {
        var random = Splitmix(state: seed)
        var problem = BalancingProblem(steps: steps, importLimitKW: 3 * Double(households), exportLimitKW: 3 * Double(households), target: target)
        for index in 0..<households {
            let (scale, sun, shift) = (random.in(0.3...1.2), random.in(3...9), random.in(-6...6))
            let hasSun = random.in(0...1) < 0.5, hasBattery = hasSun && random.in(0...1) < 0.6, hasHeater = random.in(0...1) < 0.4, hasCar = random.in(0...1) < 0.35
            let id = "h\(index)"
            let hours = (0..<steps).map { Double(from + $0) / 4 + shift / 4 }
            problem.households.append(Household(
                id: id, loadKW: hours.map { scale * (0.3 + 0.5 * exp(-pow(($0.remainder(dividingBy: 24) + 5) / 2, 2)) + 0.25 * pow(sin($0 / 3), 2)) },
                pvKW: hasSun ? hours.map { sun * pow(max(0, cos(($0 - 12) * .pi / 14 + 0) * (abs(($0 + 240).truncatingRemainder(dividingBy: 24) - 12) < 7 ? 1 : 0)), 1.3) } : [],
                isCurtailable: true))
            if hasBattery {
                let size = 5 + (sun * 0.8).rounded()
                problem.batteries.append(Battery(
                    id: "b\(index)", household: id, energyKWh: 0.05 * size...size,
                    initialKWh: batteryKWh?[problem.batteries.count] ?? 0.5 * size, finalKWh: 0.1 * size...size, chargeKW: size / 2, dischargeKW: size / 2, lossPerHour: 0.0005))
            }
            if hasHeater {
                let size = 8 + (scale * 4).rounded()
                problem.heaters.append(Heater(
                    id: "hp\(index)", household: id, maximumKW: 3, performance: [Double](repeating: 3.2, count: steps),
                    demandKW: hours.map { 2.2 + 0.8 * cos($0 * .pi / 12) }, heatKWh: 0...size, initialKWh: heatKWh?[problem.heaters.count] ?? size / 2, finalKWh: size / 2,
                    lossPerHour: 0.012))
            }
            if hasCar {
                problem.tasks.append(EnergyTask(
                    id: "ev\(index)", household: id, steps: min(steps, max(0, 70 - from))..<max(0, min(steps, 110 - from)), energyKWh: random.in(4...14), maximumKW: 11, efficiency: 0.93))
            }
        }
        return problem
    }
}

/// A small generator of numbers from a seed (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
struct Splitmix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func `in`(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) / Double(1 << 53)
    }

    /// A standard normal number (Box and Muller, 1958).
    mutating func normal() -> Double { (-2 * log(max(1e-300, self.in(0...1)))).squareRoot() * cos(2 * .pi * self.in(0...1)) }
}
