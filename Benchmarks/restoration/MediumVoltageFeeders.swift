import Grid
import Restoration

/// A 20 kV network of stations on feeders of a hundred each from two busbars, a load-break switch before every line and a breaker at each head; the
/// ends and the middles of neighbouring feeders are joined by ties that are open in normal operation.
struct MediumVoltageFeeders {
    private(set) var network = Network(name: "feeders")
    private(set) var stations: [[Int]] = []

    init(stationCount: Int) {
        let length = 100
        let busbars = (0..<2).map { number in
            let node = network.addNode("busbar \(number)", nominalVolts: 20_000)
            network.externalGrids.append(ExternalGrid(
                Identity("source \(number)"), terminal: Terminal(node: node), voltageVolts: 20_600, nominalVolts: 20_000))
            return node
        }
        for feeder in 0..<max(2, stationCount / length) {
            var (last, line) = (busbars[feeder % 2], [Int]())
            for place in 0..<length {
                let station = network.addNode("station \(feeder).\(place)", nominalVolts: 20_000)
                network.loads.append(Load(
                    Identity("load \(feeder).\(place)"), terminal: Terminal(node: station), power: Complex(24_000 + 160 * Double((feeder * 7 + place * 13) % 50), 8_000),
                    nominalVolts: 20_000, customerCount: 20))
                join("\(feeder).\(place)", last, station, kind: place == 0 ? .breaker : .loadBreakSwitch, kilometres: 0.15)
                line.append(station)
                last = station
            }
            stations.append(line)
        }
        for feeder in stations.indices {
            let next = stations[(feeder + 1) % stations.count]
            for place in [length / 2, length - 1] {
                join("tie \(feeder).\(place)", stations[feeder][place], next[place], kind: .loadBreakSwitch, kilometres: 0.3, isOpen: true)
            }
        }
    }

    private mutating func join(_ name: String, _ from: Int, _ to: Int, kind: Switch.Kind, kilometres: Double, isOpen: Bool = false) {
        let inner = network.addNode("bay \(name)", nominalVolts: 20_000)
        network.switches.append(Switch(
            Identity("switch \(name)"), kind: kind, from: Terminal(node: from), to: Terminal(node: inner), isNormallyOpen: isOpen))
        network.lines.append(Line(
            Identity("line \(name)"), from: Terminal(node: inner), to: Terminal(node: to),
            parameters: .sequence(positive: SequenceParameters(impedance: Complex(0.122 * kilometres, 0.112 * kilometres)), zero: nil),
            nominalVolts: 20_000, lengthMetres: kilometres * 1000, ratedAmperes: 145))
    }
}
