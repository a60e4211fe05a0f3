import Grid

/// A radial 110/20/0.4 kV network in physical quantities, the same for the same number of nodes and seed.
///
/// A 110 kV source feeds, over overhead lines, one 40 MVA substation for every 10,000 nodes; 20 kV cable feeders (NA2XS2Y 1×240) of up to 20
/// secondary substations of 400 kVA; behind each three low-voltage feeders (NAYY 4×150) of up to 20 nodes. 85 % of the low-voltage nodes are
/// loaded, 2.4 kW in the mean; every other node but the source has no injection.
public struct RadialNetwork: Sendable {
    public struct Line: Sendable {
        public var from: Int
        public var to: Int
        /// Of the whole length: ohm, and microsiemens of charging.
        public var resistanceOhms: Double
        public var reactanceOhms: Double
        public var chargingMicrosiemens: Double
        public var ratedAmperes: Double
    }

    public struct Transformer: Sendable {
        /// High- and low-voltage node.
        public var from: Int
        public var to: Int
        public var ratedVA: Double
        /// Per unit of the transformer: short-circuit voltage and its real part, no-load current and its real part.
        public var shortCircuitVoltage: Double
        public var shortCircuitResistance: Double
        public var noLoadCurrent: Double
        public var noLoadConductance: Double
        /// Vector-group number: the low voltage lags by 30° times this.
        public var clock: Int
    }

    public struct Load: Sendable {
        public var node: Int
        public var watts: Double
        public var vars: Double
    }

    /// Nominal line-to-line voltage of each node. Node 0 is the source at 1.02 per unit.
    public internal(set) var nominalVolts: [Double] = []
    public internal(set) var lines: [Line] = []
    public internal(set) var transformers: [Transformer] = []
    public internal(set) var loads: [Load] = []
    public let sourceVoltage = 1.02
    public var nodeCount: Int { nominalVolts.count }

    var generator: SplitMix64

    public init(nodeCount: Int, seed: UInt64 = 1) {
        precondition(nodeCount >= 5, "a source, a substation with two busbars, a secondary substation: five nodes at least")
        generator = SplitMix64(state: seed)
        _ = add(110_000)
        while self.nodeCount < nodeCount { addSubstation(upTo: nodeCount, nodesAtMost: 10_000) }
    }

    private mutating func add(_ volts: Double) -> Int {
        nominalVolts.append(volts)
        return nominalVolts.count - 1
    }

    private mutating func addSubstation(upTo total: Int, nodesAtMost: Int) {
        let end = min(total, nodeCount + nodesAtMost)
        let busbar = add(110_000)
        line(0, busbar, kilometres: generator.uniform(5, 15), ohms: 0.1188, reactance: 0.39, microsiemens: 2.8, amperes: 645)
        guard nodeCount < end else { return }
        let head = add(20_000)
        transformers.append(
            Transformer(
                from: busbar, to: head, ratedVA: 40e6, shortCircuitVoltage: 0.162, shortCircuitResistance: 0.0034, noLoadCurrent: 0.0005,
                noLoadConductance: 18e3 / 40e6, clock: 5))
        while nodeCount < end {
            var last = head
            for _ in 0..<20 where nodeCount < end {
                let station = add(20_000)
                line(last, station, kilometres: generator.uniform(0.4, 1.2), ohms: 0.122, reactance: 0.112, microsiemens: 95.5, amperes: 421)
                last = station
                addSecondarySubstation(at: station, end: end)
            }
        }
    }

    private mutating func addSecondarySubstation(at station: Int, end: Int) {
        guard nodeCount < end else { return }
        let busbar = add(400)
        transformers.append(
            Transformer(
                from: station, to: busbar, ratedVA: 400e3, shortCircuitVoltage: 0.06, shortCircuitResistance: 0.01425,
                noLoadCurrent: 0.003375, noLoadConductance: 1350 / 400e3, clock: 5))
        for _ in 0..<3 {
            var last = busbar
            for _ in 0..<20 where nodeCount < end {
                let node = add(400)
                line(last, node, kilometres: generator.uniform(0.02, 0.05), ohms: 0.208, reactance: 0.08, microsiemens: 82, amperes: 270)
                last = node
                guard generator.uniform(0, 1) < 0.85 else { continue }
                let watts = generator.uniform(400, 4400)
                loads.append(Load(node: node, watts: watts, vars: watts * generator.uniform(0.1, 0.45)))
            }
        }
    }

    private mutating func line(
        _ from: Int, _ to: Int, kilometres: Double, ohms: Double, reactance: Double, microsiemens: Double, amperes: Double
    ) {
        lines.append(
            Line(
                from: from, to: to, resistanceOhms: ohms * kilometres, reactanceOhms: reactance * kilometres,
                chargingMicrosiemens: microsiemens * kilometres, ratedAmperes: amperes))
    }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the same numbers everywhere.
struct SplitMix64: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * Double(next() >> 11) * 0x1p-53 }
}
