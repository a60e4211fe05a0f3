internal import Solvers

/// Fixed point of the injected currents: the voltages that the currents of the last voltages make, `Y·V = I(V)`, with the factor of Y kept.
///
/// On a radial grid each round is one sweep from the leaves and one from the root, the impedance-tree form of the backward–forward sweep
/// (Shirmohammadi et al., IEEE Trans. Power Syst. 3, 1988); loops cost their fill-in. Sources are eliminated. Everything is rotated by the
/// phase shift of the way from the source, which makes Y symmetric on every grid whose loops do not shift the phase.
final class CurrentIteration {
    typealias Number = SIMD2<Double>

    let factor: ComplexLDL
    let isTree: Bool
    /// The node at each position; the position of each node, -1 for sources.
    let nodes: [Int32]
    let positions: [Int32]
    /// Unit phasors by position: a voltage is its rotated one times this.
    private let rotation: UnsafeMutablePointer<Number>
    /// Rotated quantities by position, with one place more that the roots of trees have for their parent: voltage, power, accumulated current.
    let voltages: UnsafeMutablePointer<Number>
    let powers: UnsafeMutablePointer<Number>
    let currents: UnsafeMutablePointer<Number>
    /// Powers of constant current and constant impedance, where the injections have such parts.
    let currentPowers: UnsafeMutablePointer<Number>
    let impedancePowers: UnsafeMutablePointer<Number>
    /// Rotated voltages by position when nothing is injected.
    private let noLoad: UnsafeMutablePointer<Number>
    /// On a tree: the entry of L to the parent, zero for roots, and the parent's position.
    let links: UnsafeMutablePointer<Number>
    let parents: UnsafeMutablePointer<Int32>
    /// What the sources push into their neighbours.
    private(set) var sourceCurrents: [(position: Int32, current: Number)] = []

    var count: Int { nodes.count }

    /// - Returns: nil where a loop shifts the phase, or where a row is without pivot: the grid needs Newton–Raphson.
    init?(_ admittance: NodalAdmittance, sources: [BalancedGrid.Source]) {
        let rotations = PhaseRotation(admittance)
        guard rotations.makesSymmetric(admittance) else { return nil }
        let isSource = Self.marks(sources, count: admittance.graph.nodeCount)
        let (graph, unknowns) = admittance.graph.without(isSource)
        let pattern = BlockPattern(graph: graph, roots: Self.roots(admittance.graph, sources: sources, unknowns: unknowns))
        factor = ComplexLDL(pattern: pattern)
        isTree = pattern.longestColumn <= 1
        nodes = pattern.order.map { unknowns.nodes[Int($0)] }
        var positions = [Int32](repeating: -1, count: admittance.graph.nodeCount)
        for (position, node) in nodes.enumerated() { positions[Int(node)] = Int32(position) }
        self.positions = positions
        let count = nodes.count
        rotation = .allocate(capacity: count + 1)
        noLoad = .allocate(capacity: count + 1)
        voltages = .allocate(capacity: count + 1)
        powers = .allocate(capacity: count + 1)
        currents = .allocate(capacity: count + 1)
        currentPowers = .allocate(capacity: count + 1)
        impedancePowers = .allocate(capacity: count + 1)
        links = .allocate(capacity: count + 1)
        parents = .allocate(capacity: count + 1)
        for array in [rotation, noLoad, voltages, powers, currents, currentPowers, impedancePowers, links] {
            array.initialize(repeating: .zero, count: count + 1)
        }
        parents.initialize(repeating: Int32(count), count: count + 1)
        for (position, node) in nodes.enumerated() { rotation[position] = rotations.phasors[Int(node)].simd }
        guard refactor(admittance, sources: sources) else { return nil }
    }

    deinit {
        for array in [rotation, noLoad, voltages, powers, currents, currentPowers, impedancePowers, links] { array.deallocate() }
        parents.deallocate()
    }

    /// Takes over changed admittances, of the same graph.
    ///
    /// - Returns: whether every row has a pivot.
    func refactor(_ admittance: NodalAdmittance, sources: [BalancedGrid.Source]) -> Bool {
        assemble(admittance)
        guard factor.factor() else { return false }
        for position in 0..<count where isTree {
            let index = Int(factor.pattern.columnStarts[position])
            guard index < factor.pattern.columnStarts[position + 1] else { continue }
            links[position] = factor.lower[index]
            parents[position] = factor.pattern.rows[index]
        }
        collectSourceCurrents(admittance, sources: sources)
        noLoad.update(repeating: .zero, count: count)
        for (position, current) in sourceCurrents { noLoad[Int(position)] += current }
        factor.solve(noLoad)
        return true
    }

    private func assemble(_ admittance: NodalAdmittance) {
        factor.clear()
        for position in 0..<count {
            let node = Int(nodes[position])
            factor.diagonal[position] = admittance.diagonal[node].simd
            for index in Int(admittance.graph.starts[node])..<Int(admittance.graph.starts[node + 1]) {
                let other = positions[Int(admittance.graph.neighbours[index])]
                guard other > position else { continue }
                let turn = ComplexLDL.product(rotation[Int(other)], rotation[position].conjugate)
                var slot = Int(factor.pattern.columnStarts[position])
                while factor.pattern.rows[slot] != other { slot += 1 }
                factor.lower[slot] = ComplexLDL.product(admittance.offDiagonal[index].simd, turn)
            }
        }
    }

    private func collectSourceCurrents(_ admittance: NodalAdmittance, sources: [BalancedGrid.Source]) {
        sourceCurrents.removeAll()
        let graph = admittance.graph
        for source in sources {
            for neighbour in graph.neighbours(of: Int(source.node)) where positions[Int(neighbour)] >= 0 {
                let position = Int(positions[Int(neighbour)])
                let entry = admittance.offDiagonal[Int(graph.place(neighbour, source.node))]
                let current = ComplexLDL.product((-(entry * source.voltage)).simd, rotation[position].conjugate)
                sourceCurrents.append((Int32(position), current))
            }
        }
    }

    /// Starts from the voltages without load.
    func startFlat() { voltages.update(from: noLoad, count: count) }

    /// Starts from given voltages by node.
    func start(from state: UnsafePointer<Complex>) {
        for position in 0..<count {
            voltages[position] = ComplexLDL.product(state[Int(nodes[position])].simd, rotation[position].conjugate)
        }
    }

    /// Writes the voltages by node; those of sources are left alone.
    func finish(into state: UnsafeMutablePointer<Complex>) {
        for position in 0..<count {
            let voltage = ComplexLDL.product(voltages[position], rotation[position])
            state[Int(nodes[position])] = Complex(voltage.x, voltage.y)
        }
    }

    private static func marks(_ sources: [BalancedGrid.Source], count: Int) -> [Bool] {
        var isSource = [Bool](repeating: false, count: count)
        for source in sources { isSource[Int(source.node)] = true }
        return isSource
    }

    /// The neighbours of the sources, as numbers among the unknown nodes: roots of the trees that are left.
    private static func roots(
        _ graph: NodeGraph, sources: [BalancedGrid.Source], unknowns: (nodes: [Int32], numbers: [Int32])
    ) -> [Int32] {
        sources.flatMap { graph.neighbours(of: Int($0.node)).map { unknowns.numbers[Int($0)] } }.filter { $0 >= 0 }
    }
}

extension NodeGraph {
    /// The graph without the marked nodes; the old number of each node that is left, and the new number of each old one, -1 for none.
    func without(_ marked: [Bool]) -> (graph: NodeGraph, unknowns: (nodes: [Int32], numbers: [Int32])) {
        var numbers = [Int32](repeating: -1, count: nodeCount)
        var nodes: [Int32] = []
        for node in 0..<nodeCount where !marked[node] {
            numbers[node] = Int32(nodes.count)
            nodes.append(Int32(node))
        }
        var edges: [(Int32, Int32)] = []
        edges.reserveCapacity(neighbours.count / 2)
        for node in nodes {
            for neighbour in neighbours(of: Int(node)) where neighbour > node && numbers[Int(neighbour)] >= 0 {
                edges.append((numbers[Int(node)], numbers[Int(neighbour)]))
            }
        }
        return (NodeGraph(nodeCount: nodes.count, edges: edges), (nodes, numbers))
    }
}

extension Complex {
    var simd: SIMD2<Double> { SIMD2(real, imaginary) }
}

extension SIMD2<Double> {
    /// As a complex number.
    var conjugate: SIMD2<Double> { SIMD2(x, -y) }
}
