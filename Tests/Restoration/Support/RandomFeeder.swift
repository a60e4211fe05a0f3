import Grid
import Restoration

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

    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
}

/// A random 20 kV network: one to three sources, feeders with breakers at their heads, reclosers on the way, switches at one or both ends of
/// lines, ties, some switches that can't be used; loads and ratings such that not everything can be taken over.
struct RandomFeeder {
    let model: SwitchingModel
    let limits = OperatingLimits(voltageBand: 0.9...1.1)

    init(seed: UInt64, stations count: Int? = nil) throws {
        var builder = Builder(random: SeededGenerator(state: seed))
        let total = count ?? Int.random(in: 4...24, using: &builder.random)
        builder.build(stations: total, sources: Int.random(in: 1...3, using: &builder.random))
        model = try SwitchingModel(builder.network, duties: builder.duties)
    }

    private struct Builder {
        var random: SeededGenerator
        var network = Network(name: "random")
        var duties: [SwitchDuty] = []
        var stations: [Int] = []

        mutating func build(stations total: Int, sources: Int) {
            var heads: [Int] = []
            for source in 0..<sources {
                let busbar = network.addNode("busbar \(source)", nominalVolts: 20_000)
                network.externalGrids.append(ExternalGrid(
                    Identity("source \(source)"), terminal: Terminal(node: busbar), voltageVolts: 20_400, nominalVolts: 20_000))
                heads.append(busbar)
            }
            for number in 0..<total {
                let isHead = number < heads.count
                let from = isHead ? heads[number] : stations.randomElement(using: &random)!
                stations.append(addStation(number, from: from, isHead: isHead))
            }
            for number in 0..<Int.random(in: 1...5, using: &random) {
                let (a, b) = (stations.randomElement(using: &random)!, stations.randomElement(using: &random)!)
                guard a != b else { continue }
                let inner = device("tie \(number)", .loadBreakSwitch, a, isOpen: true)
                line("tie line \(number)", inner, b)
            }
        }

        private mutating func addStation(_ number: Int, from: Int, isHead: Bool) -> Int {
            let station = network.addNode("station \(number)", nominalVolts: 20_000)
            let power = Complex(Double.random(in: 50_000...900_000, using: &random), Double.random(in: 0...200_000, using: &random))
            network.loads.append(Load(
                Identity("load \(number)"), terminal: Terminal(node: station), power: power, nominalVolts: 20_000,
                customerCount: Int.random(in: 1...200, using: &random)))
            var near = from
            if isHead {
                near = device("breaker \(number)", .breaker, from)
            } else if random.chance(0.8) {
                near = device("switch \(number)", random.chance(0.1) ? .recloser : random.chance(0.1) ? .disconnector : .loadBreakSwitch, from)
            }
            guard random.chance(0.4) else {
                line("line \(number)", near, station)
                return station
            }
            let far = network.addNode("far \(number)", nominalVolts: 20_000)
            line("line \(number)", near, far)
            join("far switch \(number)", .loadBreakSwitch, far, station, isOpen: false)
            return station
        }

        private mutating func device(_ name: String, _ kind: Switch.Kind, _ from: Int, isOpen: Bool = false) -> Int {
            let node = network.addNode("\(name) far side", nominalVolts: 20_000)
            join(name, kind, from, node, isOpen: isOpen)
            return node
        }

        private mutating func join(_ name: String, _ kind: Switch.Kind, _ from: Int, _ to: Int, isOpen: Bool) {
            network.switches.append(Switch(
                Identity(name), kind: kind, from: Terminal(node: from), to: Terminal(node: to), isNormallyOpen: isOpen))
            var duty = SwitchDuty(of: kind)
            if kind != .breaker {
                duty.isRemoteControlled = !random.chance(0.15)
                if random.chance(0.1) { duty.availability = SwitchDuty.Availability.allCases.randomElement(using: &random)! }
            }
            duties.append(duty)
        }

        private mutating func line(_ name: String, _ from: Int, _ to: Int) {
            let kilometres = Double.random(in: 0.3...6, using: &random)
            network.lines.append(Line(
                Identity(name), from: Terminal(node: from), to: Terminal(node: to),
                parameters: .sequence(positive: SequenceParameters(impedance: Complex(0.3 * kilometres, 0.35 * kilometres)), zero: nil),
                nominalVolts: 20_000, lengthMetres: kilometres * 1000, ratedAmperes: [110, 190, 290].randomElement(using: &random)!))
        }
    }
}
