internal import Grid
internal import Solvers

/// The meters of a model, sorted by what they enter: the voltages, the injections, the ends of branches.
struct MeterTables {
    var voltages: [Layout.Meter] = []
    var injections: [Layout.Meter] = []
    var ends: [Layout.BranchEnd] = []
    var endMeters: [Layout.Meter] = []
    var terms: [Layout.Term] = []
    var pairSlots: [Int32] = []

    init(_ model: EstimationModel, pattern: BlockPattern) {
        var atTerminals: [(terminal: Int32, meter: Layout.Meter)] = []
        for (index, measurement) in model.measurements.enumerated() {
            var meter = Layout.Meter(measurement: Int32(index), position: -1, quantity: measurement.quantity)
            switch measurement.place {
            case .node(let node):
                meter.position = pattern.positions[Int(node)]
                if measurement.quantity.isVoltage { voltages.append(meter) } else { injections.append(meter) }
            case .branch:
                atTerminals.append((model.terminals[index], meter))
            }
        }
        voltages.sort { ($0.position, $0.measurement) < ($1.position, $1.measurement) }
        injections.sort { ($0.position, $0.measurement) < ($1.position, $1.measurement) }
        atTerminals.sort { ($0.terminal, $0.meter.measurement) < ($1.terminal, $1.meter.measurement) }
        var last: Int32 = -1
        for (terminal, meter) in atTerminals {
            if terminal != last { appendEnd(terminal: Int(terminal), network: model.network, pattern: pattern) }
            last = terminal
            endMeters.append(meter)
            ends[ends.count - 1].meterCount += 1
        }
    }

    private mutating func appendEnd(terminal: Int, network: ConductorGrid, pattern: BlockPattern) {
        let element = network.element(ofTerminal: terminal)
        let range = network.terminalStarts[element]..<network.terminalStarts[element + 1]
        let row = network.matrixStarts[element] + (terminal - range.lowerBound) * range.count
        let first = terms.count
        for (offset, other) in range.enumerated() {
            let position = pattern.positions[Int(network.terminals[other])]
            if let known = terms[first...].firstIndex(where: { $0.position == position }) {
                terms[known].y += network.admittances[row + offset]
            } else {
                terms.append(Layout.Term(position: position, y: network.admittances[row + offset]))
            }
        }
        let own = pattern.positions[Int(network.terminals[terminal])]
        let end = Layout.BranchEnd(
            ownTerm: Int32(terms[first...].firstIndex { $0.position == own } ?? first), firstTerm: Int32(first),
            termCount: Int32(terms.count - first), firstPair: Int32(pairSlots.count), firstMeter: Int32(endMeters.count), meterCount: 0)
        ends.append(end)
        for a in first..<terms.count {
            for b in a + 1..<max(terms.count, a + 1) {
                let nodes = (pattern.order[Int(terms[a].position)], pattern.order[Int(terms[b].position)])
                pairSlots.append(pattern.slot(row: Int(nodes.0), column: Int(nodes.1))?.index ?? -1)
            }
        }
    }
}
