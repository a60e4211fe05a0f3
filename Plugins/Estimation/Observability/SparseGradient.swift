internal import Grid
internal import Solvers

/// The gradient of any function of the state, as a list of conductors: for variances and meters off the hot path.
struct SparseGradient {
    var entries: [(position: Int, gradient: Complex)] = []

    /// Of a quantity at a place, whether it is measured or not, at the state of the equations and their last currents.
    init(_ quantity: Quantity, at place: Place, model: EstimationModel, equations: Equations) throws(EstimationError) {
        let layout = equations.layout
        switch place {
        case .node(let node):
            let position = Int(layout.pattern.positions[Int(node)])
            guard quantity.isPower else {
                entries = [(position, VoltageRow(quantity, at: equations.voltages[position]).gradient)]
                return
            }
            let row = BranchRow(quantity, voltage: equations.voltages[position], current: equations.currents[position])
            for index in Int(layout.rowStarts[position])..<Int(layout.rowStarts[position + 1]) {
                let column = Int(layout.entries[index].column)
                let through = layout.entries[index].y.conjugate * row.through
                entries.append((column, column == position ? through + row.own : through))
            }
        case .branch(let branch, let end, let conductor):
            let network = model.network
            let terminal = try network.terminal(element: branch, end: end, conductor: conductor)
            let range = network.terminalStarts[Int(branch)]..<network.terminalStarts[Int(branch) + 1]
            let start = network.matrixStarts[Int(branch)] + (terminal - range.lowerBound) * range.count
            let positions = range.map { Int(layout.pattern.positions[Int(network.terminals[$0])]) }
            var current = Complex.zero
            for (offset, position) in positions.enumerated() { current += network.admittances[start + offset] * equations.voltages[position] }
            let own = positions[terminal - range.lowerBound]
            let row = BranchRow(quantity, voltage: equations.voltages[own], current: current)
            for (offset, position) in positions.enumerated() {
                entries.append((position, network.admittances[start + offset].conjugate * row.through))
            }
            entries.append((own, row.own))
        }
    }

    /// P·h: the covariance of the whole state with the function, by one solve with the last factorisation.
    func covariance(_ equations: Equations) -> [Complex] {
        equations.rightHandSide.fill(.zero)
        for (position, gradient) in entries {
            equations.rightHandSide[position] += SIMD4(gradient.real, gradient.imaginary, 0, 0) / equations.weightScale
        }
        equations.matrix.solve(equations.rightHandSide.pointer)
        return (0..<equations.layout.count).map { Complex(equations.rightHandSide[$0].x, equations.rightHandSide[$0].y) }
    }

    /// hᵀ·v
    func product(_ vector: [Complex]) -> Double {
        entries.reduce(0) { sum, entry in
            sum + entry.gradient.real * vector[entry.position].real + entry.gradient.imaginary * vector[entry.position].imaginary
        }
    }

    mutating func scale(by factor: Double) { for index in entries.indices { entries[index].gradient = entries[index].gradient * factor } }

    var length: Double {
        var sums: [Int: Complex] = [:]
        for (position, gradient) in entries { sums[position, default: .zero] += gradient }
        return sums.values.reduce(0) { $0 + $1.squaredMagnitude }.squareRoot()
    }
}
