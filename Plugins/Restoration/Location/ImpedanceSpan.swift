internal import Grid

/// Impedances between a relay and the points of a section, in ohm at the section's voltage.
struct ImpedanceSpan {
    let nearest: Double
    let farthest: Double
    private let lines: [(line: Int, begin: Double, end: Double)]

    /// Nil where the section is not fed through the relay's switch.
    init?(_ model: SwitchingModel, _ tree: FeedingTree, from device: Int, to section: Int) {
        var path: [Int] = []
        var place = Int32(section)
        while tree.via[Int(place)] >= 0 {
            path.append(Int(place))
            if tree.via[Int(place)] == Int32(device) { break }
            place = tree.parent[Int(place)]
        }
        guard let last = path.last, tree.via[last] == Int32(device) else { return nil }
        var sum = 0.0
        var found: (entries: [Int32: Double], lines: [(line: Int, begin: Double, end: Double)]) = ([:], [])
        for (step, here) in path.reversed().enumerated() {
            found = Self.walk(model, section: here, from: Self.entry(model, tree, here), begin: sum)
            let following = path.count - step - 2
            guard following >= 0 else { break }
            let nodes = model.switchNodes[Int(tree.via[path[following]])]
            let exit = Int(model.sectionOfNode[Int(nodes.from)]) == here ? nodes.from : nodes.to
            sum = found.entries[exit] ?? sum
        }
        nearest = found.entries.values.min() ?? sum
        farthest = found.entries.values.max() ?? sum
        lines = found.lines
    }

    private static func entry(_ model: SwitchingModel, _ tree: FeedingTree, _ section: Int) -> Int32 {
        let nodes = model.switchNodes[Int(tree.via[section])]
        return Int(model.sectionOfNode[Int(nodes.from)]) == section ? nodes.from : nodes.to
    }

    private static func walk(
        _ model: SwitchingModel, section: Int, from entry: Int32, begin: Double
    ) -> (entries: [Int32: Double], lines: [(line: Int, begin: Double, end: Double)]) {
        var distances = [entry: begin]
        var lines: [(line: Int, begin: Double, end: Double)] = []
        var stack = [entry]
        while let node = stack.popLast() {
            for slot in model.edges.range(node) where model.edges.edges[slot] < model.edges.branchCount {
                let other = model.edges.neighbours[slot]
                guard distances[other] == nil, let here = distances[node] else { continue }
                let origin = model.index.branchOrigins[Int(model.edges.edges[slot])].equipment
                let ohm = origin.kind == .line ? model.network.lines[origin.index].positiveSequence.impedance.magnitude : 0
                distances[other] = here + ohm
                if origin.kind == .line { lines.append((origin.index, here, here + ohm)) }
                stack.append(other)
            }
        }
        return (distances, lines)
    }

    /// The lines on which the fault is at that impedance.
    func places(at ohm: Double) -> [FaultLocation.Place] {
        lines.filter { $0.begin <= ohm && ohm <= $0.end && $0.end > $0.begin }.map {
            FaultLocation.Place(line: $0.line, share: (ohm - $0.begin) / ($0.end - $0.begin))
        }
    }
}
