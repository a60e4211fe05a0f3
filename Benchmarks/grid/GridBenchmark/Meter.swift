import Estimation
import Foundation
import Grid
import SyntheticGrids

/// One meter of the benchmark, in the terms of every program that is compared.
struct Meter: Encodable {
    enum Kind: String, Encodable {
        /// |V| of a node, per unit.
        case magnitude
        /// The angle of the source, radian.
        case angle
        /// P or Q of a load's node, per unit of 1 MVA, positive into the grid.
        case activeInjection, reactiveInjection
        /// P or Q into a line at its from end.
        case activeFlow, reactiveFlow
    }

    var kind: Kind
    /// A node, or the index of a line.
    var element: Int
    var value: Double
    var sigma: Double

    var measurement: Estimation.Measurement {
        switch kind {
        case .magnitude: Estimation.Measurement(.voltageMagnitude, at: .node(Int32(element)), value: value, sigma: sigma)
        case .angle: Estimation.Measurement(.voltageAngle, at: .node(Int32(element)), value: value, sigma: sigma)
        case .activeInjection: Estimation.Measurement(.activePower, at: .node(Int32(element)), value: value, sigma: sigma)
        case .reactiveInjection: Estimation.Measurement(.reactivePower, at: .node(Int32(element)), value: value, sigma: sigma)
        case .activeFlow: Estimation.Measurement(.activePower, at: .branch(Int32(element), .first), value: value, sigma: sigma)
        case .reactiveFlow: Estimation.Measurement(.reactivePower, at: .branch(Int32(element), .first), value: value, sigma: sigma)
        }
    }

    /// The value in a later frame: powers move by up to 20 %, voltages stay.
    func value(frame: Int, index: Int) -> Double {
        switch kind {
        case .magnitude, .angle: value
        default: value * (1 + 0.2 * sin(Double(frame) * 0.61 + Double(index)))
        }
    }

    /// A PMU at the source (0.1 %), |V| at 30 % of the nodes (0.5 %), P and Q at every load (60 % by smart meters, 2 %; 40 % supposed,
    /// 30 %), P and Q at the heads of the medium-voltage feeders (1 %); all with noise.
    static func set(_ network: RadialNetwork, _ powerFlow: PowerFlow, _ injections: Injections) -> [Meter] {
        var state = PowerFlowState()
        guard (try? powerFlow.solve(injections, into: &state).converged) == true else { return [] }
        var noise = Noise()
        var meters = [
            Meter(kind: .magnitude, element: 0, value: noise.spoil(state.voltages[0].magnitude, 1e-3), sigma: 1e-3),
            Meter(kind: .angle, element: 0, value: 0, sigma: 1e-3),
        ]
        for node in 1..<network.nodeCount where noise.uniform() < 0.3 {
            meters.append(Meter(kind: .magnitude, element: node, value: noise.spoil(state.voltages[node].magnitude, 5e-3), sigma: 5e-3))
        }
        for load in network.loads {
            let power = injections.constantPower[load.node]
            let sigma = (noise.uniform() < 0.6 ? 0.02 : 0.3) * power.magnitude
            meters.append(Meter(kind: .activeInjection, element: load.node, value: noise.spoil(power.real, sigma), sigma: sigma))
            meters.append(Meter(kind: .reactiveInjection, element: load.node, value: noise.spoil(power.imaginary, sigma), sigma: sigma))
        }
        let flows = powerFlow.flows(state).branches
        for index in network.feederHeads {
            let power = flows[index].fromPower
            let sigma = 0.01 * power.magnitude + 1e-4
            meters.append(Meter(kind: .activeFlow, element: index, value: noise.spoil(power.real, sigma), sigma: sigma))
            meters.append(Meter(kind: .reactiveFlow, element: index, value: noise.spoil(power.imaginary, sigma), sigma: sigma))
        }
        return meters
    }
}

/// The same noise in every run: a linear congruential generator, twelve of whose numbers make a nearly normal one.
struct Noise {
    private var state: UInt64 = 42

    mutating func uniform() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }

    mutating func spoil(_ value: Double, _ sigma: Double) -> Double {
        value + sigma * ((0..<12).reduce(-6.0) { sum, _ in sum + uniform() })
    }
}

extension RadialNetwork {
    /// Nodes with neither load nor source.
    var nodesWithoutInjection: [Int32] {
        var has = [Bool](repeating: false, count: nodeCount)
        has[0] = true
        for load in loads { has[load.node] = true }
        return (0..<Int32(nodeCount)).filter { !has[Int($0)] }
    }

    /// The lines that leave a 20 kV busbar.
    var feederHeads: [Int] {
        let busbars = Set(transformers.filter { nominalVolts[$0.from] > 100_000 }.map(\.to))
        return lines.indices.filter { busbars.contains(lines[$0].from) }
    }
}
