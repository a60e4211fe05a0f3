internal import Solvers

/// Unit phasors by node that turn the nodal admittance matrix into a symmetric one: the phase shifts on the way from the first node of
/// each island, read off the matrix itself.
struct PhaseRotation {
    private(set) var phasors: [Complex]

    init(_ admittance: NodalAdmittance) {
        let graph = admittance.graph
        phasors = [Complex](repeating: .zero, count: graph.nodeCount)
        var stack: [Int32] = []
        for seed in 0..<graph.nodeCount where phasors[seed] == .zero {
            phasors[seed] = .one
            stack.append(Int32(seed))
            while let node = stack.popLast() {
                for index in Int(graph.starts[Int(node)])..<Int(graph.starts[Int(node) + 1]) {
                    let neighbour = graph.neighbours[index]
                    guard phasors[Int(neighbour)] == .zero else { continue }
                    let backward = admittance.offDiagonal[Int(graph.place(neighbour, node))]
                    phasors[Int(neighbour)] = phasors[Int(node)] * Self.turn(admittance.offDiagonal[index], backward)
                    stack.append(neighbour)
                }
            }
        }
    }

    /// Whether both entries of every branch are the same after the rotation.
    func makesSymmetric(_ admittance: NodalAdmittance) -> Bool {
        let graph = admittance.graph
        for node in 0..<graph.nodeCount {
            for index in Int(graph.starts[node])..<Int(graph.starts[node + 1]) where graph.neighbours[index] > node {
                let other = Int(graph.neighbours[index])
                let turn = phasors[other] * phasors[node].conjugate
                let forward = admittance.offDiagonal[index] * turn
                let backward = admittance.offDiagonal[Int(graph.place(graph.neighbours[index], Int32(node)))] * turn.conjugate
                if (forward - backward).magnitude > 1e-10 * forward.magnitude { return false }
            }
        }
        return true
    }

    /// The phasor e^jδ with `forward · e^jδ = backward · e^-jδ`; without a shift exactly one.
    private static func turn(_ forward: Complex, _ backward: Complex) -> Complex {
        if forward == backward { return .one }
        let ratio = backward * forward.conjugate
        guard ratio.squaredMagnitude > 0 else { return .one }
        return Complex(magnitude: 1, angle: ratio.angle / 2)
    }
}
