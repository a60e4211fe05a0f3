import Congestion
import Grid

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Networks that are written down node by node.
struct Feeder {
    var network = Network(name: "feeder")

    /// A busbar that an external grid holds.
    mutating func source(_ name: String, volts: Double = 20_000, held: Double? = nil) -> Int {
        let node = network.addNode(name, nominalVolts: volts)
        network.externalGrids.append(ExternalGrid(
            Identity("grid \(name)"), terminal: Terminal(node: node), voltageVolts: held ?? volts, nominalVolts: volts))
        return node
    }

    mutating func node(_ name: String, volts: Double = 20_000) -> Int { network.addNode(name, nominalVolts: volts) }

    /// A line to a new node.
    mutating func line(_ name: String, from: Int, to: String, _ ohms: Complex, amperes: Double? = nil, microsiemens: Double = 0) -> Int {
        let node = node(to, volts: network.nodes[from].nominalVolts)
        line(name, from, node, ohms, amperes: amperes, microsiemens: microsiemens)
        return node
    }

    mutating func line(_ name: String, _ from: Int, _ to: Int, _ ohms: Complex, amperes: Double? = nil, microsiemens: Double = 0) {
        let positive = SequenceParameters(impedance: ohms, admittance: Complex(0, microsiemens * 1e-6))
        network.lines.append(Line(
            Identity(name), from: Terminal(node: from), to: Terminal(node: to), parameters: .sequence(positive: positive, zero: nil),
            nominalVolts: network.nodes[from].nominalVolts, lengthMetres: 1000, ratedAmperes: amperes))
    }

    mutating func device(_ name: String, _ from: Int, _ to: Int, isOpen: Bool = false) {
        network.switches.append(Switch(Identity(name), from: Terminal(node: from), to: Terminal(node: to), isNormallyOpen: isOpen))
    }

    /// A forecast of active powers in kW, the same for every quantile; positions are names of nodes.
    func forecast(_ kilowatts: [Int: [Double]], quantiles: [Double] = [0.5], tangent: Double = 0, hours: Double = 0.25) throws -> NetLoadForecast {
        let count = kilowatts.values.first?.count ?? 1
        var forecast = try NetLoadForecast(nodes: kilowatts.keys.sorted(), intervalCount: count, intervalHours: hours, quantiles: quantiles)
        for (node, values) in kilowatts {
            for (interval, value) in values.enumerated() {
                for quantile in quantiles.indices {
                    forecast.set(Complex(value * 1000, value * 1000 * tangent), node: node, interval: interval, quantile: quantile)
                }
            }
        }
        return forecast
    }
}

/// A random 20 kV network of 4 to 20 nodes, radial or with loops, with loads and feed-in, and ratings not far from what flows.
struct RandomFeeder {
    var feeder = Feeder()
    let loads: [Int]
    let consumption: [Int: Complex]
    let band = 0.93...1.06

    init(seed: UInt64, loops: Int = 0) {
        var random = SeededGenerator(state: seed)
        var nodes = [feeder.source("busbar", held: 20_400)]
        for number in 1...Int.random(in: 4...20, using: &random) {
            let kilometres = Double.random(in: 0.5...5, using: &random)
            let from = nodes.randomElement(using: &random)!
            nodes.append(feeder.line(
                "line \(number)", from: from, to: "node \(number)", Complex(0.4 * kilometres, 0.35 * kilometres),
                amperes: [90, 140, 210].randomElement(using: &random), microsiemens: 60 * kilometres))
        }
        for number in 0..<loops {
            let (a, b) = (nodes.randomElement(using: &random)!, nodes.randomElement(using: &random)!)
            if a != b { feeder.line("loop \(number)", a, b, Complex(1.2, 1.1), amperes: 120) }
        }
        loads = Array(nodes.dropFirst())
        var consumption: [Int: Complex] = [:]
        for node in loads {
            consumption[node] = Complex(Double.random(in: -150_000...280_000, using: &random), Double.random(in: -20_000...60_000, using: &random))
        }
        self.consumption = consumption
    }

    var network: Network { feeder.network }

    func forecast(scales: [Double], quantiles: [Double], intervals: Int = 1) throws -> NetLoadForecast {
        var forecast = try NetLoadForecast(nodes: loads, intervalCount: intervals, intervalHours: 0.25, quantiles: quantiles)
        for (node, power) in consumption {
            for interval in 0..<intervals {
                for (quantile, scale) in scales.enumerated() {
                    forecast.set((scale + 0.1 * Double(interval)) * power, node: node, interval: interval, quantile: quantile)
                }
            }
        }
        return forecast
    }

    func grid(contingency: Contingency? = nil) throws -> CongestionGrid {
        try CongestionGrid(network, limits: CongestionLimits(voltageBand: band), contingency: contingency)
    }
}

extension CapacityAnswer {
    /// The first interval's.
    var first: CapacityInterval { intervals[0] }
}
