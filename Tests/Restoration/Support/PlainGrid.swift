import Grid
import Restoration

/// A network of lines, switches and constant loads, calculated in the plainest way: for judging plans without any code of theirs.
struct PlainGrid {
    struct Judgement {
        var isRadial = true
        var isEnergised: [Bool]
        var energisedWatts = 0.0
        var lossesWatts = 0.0
        var lowestVoltage = Double.infinity
        var highestVoltage = 0.0
        var highestLoading = 0.0
    }

    let network: Network
    private let sourceVolts: [Int: Double]
    private let power: [Complex]
    /// At each node: the other node, the line or -1, the switch or -1.
    private let neighbours: [[(node: Int, line: Int, device: Int)]]

    init(_ network: Network) {
        self.network = network
        var neighbours = [[(node: Int, line: Int, device: Int)]](repeating: [], count: network.nodes.count)
        for (position, line) in network.lines.enumerated() {
            let (from, to) = (line.from.node!, line.to.node!)
            neighbours[from].append((to, position, -1))
            neighbours[to].append((from, position, -1))
        }
        for (position, device) in network.switches.enumerated() {
            let (from, to) = (device.from.node!, device.to.node!)
            neighbours[from].append((to, -1, position))
            neighbours[to].append((from, -1, position))
        }
        self.neighbours = neighbours
        var power = [Complex](repeating: .zero, count: network.nodes.count)
        for load in network.loads { power[load.terminal.node!] += load.power ?? .zero }
        self.power = power
        var sources: [Int: Double] = [:]
        for grid in network.externalGrids { sources[grid.terminal.node!] = grid.voltageVolts ?? grid.nominalVolts }
        sourceVolts = sources
    }

    /// Nodes that are joined to a node over lines alone.
    func section(ofNode start: Int) -> Set<Int> {
        var found: Set<Int> = [start]
        var stack = [start]
        while let node = stack.popLast() {
            for next in neighbours[node] where next.line >= 0 && found.insert(next.node).inserted { stack.append(next.node) }
        }
        return found
    }

    func judge(_ isClosed: [Bool], calculates: Bool = true) -> Judgement {
        var result = Judgement(isEnergised: Array(repeating: false, count: network.nodes.count))
        var order: [(node: Int, parent: Int, line: Int)] = []
        var place = [Int](repeating: -1, count: network.nodes.count)
        for node in sourceVolts.keys.sorted() {
            place[node] = order.count
            order.append((node, -1, -1))
        }
        var position = 0
        var viaDevice = [Int](repeating: -1, count: network.nodes.count)
        while position < order.count {
            let (node, _, line) = order[position]
            for next in neighbours[node] where next.device < 0 || isClosed[next.device] {
                if next.line >= 0 ? next.line == line : next.device == viaDevice[node] { continue }
                guard place[next.node] < 0 else {
                    result.isRadial = false
                    continue
                }
                place[next.node] = order.count
                viaDevice[next.node] = next.device
                order.append((next.node, position, next.line))
            }
            position += 1
        }
        for entry in order {
            result.isEnergised[entry.node] = true
            result.energisedWatts += power[entry.node].real
        }
        if result.isRadial, calculates { calculate(order, &result) }
        return result
    }

    /// Phase quantities of three equal phases: line-to-ground volts, ampere.
    private func calculate(_ order: [(node: Int, parent: Int, line: Int)], _ result: inout Judgement) {
        let ground = 3.0.squareRoot()
        var volts = order.map { Complex((sourceVolts[$0.node] ?? network.nodes[$0.node].nominalVolts) / ground) }
        var amperes = volts
        for _ in 0..<300 {
            for position in order.indices { amperes[position] = (power[order[position].node] / 3 / volts[position]).conjugate }
            for position in order.indices.reversed() where order[position].parent >= 0 { amperes[order[position].parent] += amperes[position] }
            var change = 0.0
            for position in order.indices where order[position].parent >= 0 {
                let line = order[position].line
                let drop = line < 0 ? .zero : network.lines[line].positiveSequence.impedance * amperes[position]
                let new = volts[order[position].parent] - drop
                change = max(change, (new - volts[position]).magnitude)
                volts[position] = new
            }
            if change < 1e-7 { break }
            if !change.isFinite { break }
        }
        for position in order.indices {
            let nominal = network.nodes[order[position].node].nominalVolts / ground
            result.lowestVoltage = min(result.lowestVoltage, volts[position].magnitude.isFinite ? volts[position].magnitude / nominal : 0)
            result.highestVoltage = max(result.highestVoltage, volts[position].magnitude / nominal)
            guard order[position].line >= 0 else { continue }
            let line = network.lines[order[position].line]
            if let rated = line.ratedAmperes { result.highestLoading = max(result.highestLoading, amperes[position].magnitude / rated) }
            result.lossesWatts += 3 * line.positiveSequence.impedance.real * amperes[position].squaredMagnitude
        }
    }

    func holds(_ judgement: Judgement, _ limits: OperatingLimits, slack: Double = 1e-6) -> Bool {
        judgement.isRadial && judgement.lowestVoltage >= limits.voltageBand.lowerBound - slack
            && judgement.highestVoltage <= limits.voltageBand.upperBound + slack && judgement.highestLoading <= limits.highestLoading + slack
    }
}
