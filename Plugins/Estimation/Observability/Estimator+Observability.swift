internal import Grid
internal import Solvers

extension Estimator {
    /// What can be known from the measurements that take part now.
    ///
    /// - Parameters:
    ///   - withPseudo: whether pseudo-measurements count.
    ///   - names: of nodes (conductors), for the reasons; their numbers where there are none.
    public func observability(withPseudo: Bool = true, names: [String] = []) -> Observability {
        let space = NullSpace(model, layout: equations.layout) { index in
            equations.weights[index] > 0 && (withPseudo || model.measurements[index].origin == .meter)
        }
        return Observability(
            nullity: space.nullity, unobservable: unobservable(space), islands: islands(space), parts: parts(space, names))
    }

    private func unobservable(_ space: NullSpace) -> [Int32] {
        (0..<Int32(model.network.conductorCount)).filter { space.moves(Int(equations.layout.pattern.positions[Int($0)])) }
    }

    private func islands(_ space: NullSpace) -> [[Int32]] {
        let network = model.network
        let positions = equations.layout.pattern.positions
        var joined: [(Int32, Int32)] = []
        for element in 0..<network.elementCount {
            let range = network.terminalStarts[element]..<network.terminalStarts[element + 1]
            let terminals = range.map { Int(positions[Int(network.terminals[$0])]) }
            let isKnown = terminals.indices.allSatisfy { row in
                let start = network.matrixStarts[element] + row * terminals.count
                let admittances = Array(network.admittances[start..<start + terminals.count])
                return !space.changesPower(terminals: terminals, row: row, admittances: admittances)
            }
            guard isKnown else { continue }
            for terminal in range.dropFirst() { joined.append((network.terminals[range.lowerBound], network.terminals[terminal])) }
        }
        return Self.parts(NodeGraph(nodeCount: network.conductorCount, edges: joined), of: Array(0..<Int32(network.conductorCount)))
    }

    private func parts(_ space: NullSpace, _ names: [String]) -> [Observability.Part] {
        let missing = unobservable(space)
        guard !missing.isEmpty else { return [] }
        let isMissing = Set(missing)
        let layout = equations.layout
        let edges = AdmittanceRows(model.network).edges
        let inside = NodeGraph(
            nodeCount: model.network.conductorCount, edges: edges.filter { isMissing.contains($0.0) && isMissing.contains($0.1) })
        return Self.parts(inside, of: missing).map { part in
            let free = part.sorted().filter { space.equations.targets[Int(layout.pattern.positions[Int($0)])].present != SIMD2(1, 1) }
            let share = part.reduce(0) { $0 + space.shares[Int(layout.pattern.positions[Int($1)])] }
            let count = max(1, Int(share.rounded()))
            return Observability.Part(nodes: part, missing: count, reason: Self.sentence(part: part, free: free, missing: count, names))
        }
    }

    private static func sentence(part: [Int32], free: [Int32], missing: Int, _ names: [String]) -> String {
        let nodes = part.count == 1 ? "node \(list(part, names)) is" : "\(part.count) nodes (\(list(part, names))) are"
        let quantities = missing == 1 ? "one independent quantity is" : "\(missing) independent quantities are"
        let cause =
            free.isEmpty
            ? "every injection there is measured or zero, but no voltage ties them to a reference"
            : "the injection of \(list(free, names)) is neither measured nor zero"
        return "\(nodes) not observable, \(quantities) missing: \(cause)"
    }

    private static func list(_ nodes: [Int32], _ names: [String]) -> String {
        let shown = nodes.prefix(8).map { names.indices.contains(Int($0)) ? names[Int($0)] : String($0) }.joined(separator: ", ")
        return nodes.count > 8 ? shown + ", …" : shown
    }

    /// The connected parts among `nodes`, largest first, then by lowest node.
    private static func parts(_ graph: NodeGraph, of nodes: [Int32]) -> [[Int32]] {
        let components = graph.components()
        var parts = [[Int32]](repeating: [], count: components.count)
        for node in nodes { parts[Int(components.ofNode[Int(node)])].append(node) }
        return parts.filter { !$0.isEmpty }.sorted { ($1.count, $0[0]) < ($0.count, $1[0]) }
    }

    /// What each node's voltage rests on, for the measurements that take part now.
    func grades() -> [Estimate.Grade] {
        if let known = knownGrades { return known }
        var grades = [Estimate.Grade](repeating: .estimated, count: model.network.conductorCount)
        let taking = model.measurements.indices.filter { equations.weights[$0] > 0 }
        if taking.contains(where: { model.measurements[$0].origin == .pseudo }) {
            for node in observability(withPseudo: false).unobservable { grades[Int(node)] = .pseudoOnly }
        }
        for index in taking where model.measurements[index].quantity.isVoltage && model.measurements[index].origin == .meter {
            if case .node(let node) = model.measurements[index].place, model.measurements[index].quantity != .voltageAngle {
                grades[Int(node)] = .measured
            }
        }
        for node in deficiency?.unobservable ?? [] { grades[Int(node)] = .notEstimable }
        knownGrades = grades
        return grades
    }
}
