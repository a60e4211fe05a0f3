public import Grid
internal import Solvers

extension Estimator {
    /// Gives a branch (an element of an unbalanced grid) other admittances between the same terminals: a tap changer has stepped.
    ///
    /// The next frame costs a factorisation; nothing is built anew, and the state at hand is where it starts.
    /// - Parameter admittance: row by row, per unit, as many numbers as before.
    public func setAdmittance(_ admittance: [Complex], ofBranch branch: Int) {
        let network = model.network
        let start = network.matrixStarts[branch]
        let terminals = network.terminalStarts[branch]..<network.terminalStarts[branch + 1]
        precondition(admittance.count == terminals.count * terminals.count, "the branch has \(terminals.count) terminals")
        let changes = admittance.indices.map { admittance[$0] - network.admittances[start + $0] }
        guard changes.contains(where: { $0 != .zero }) else { return }
        model.setAdmittances(admittance, from: start)
        equations.layout.add(changes, between: terminals.map { equations.layout.pattern.positions[Int(network.terminals[$0])] })
        equations.layout.add(changes, toEndsAmong: terminals, of: model)
        factorIsCurrent = false
        // It holds admittances of its own.
        kept = nil
        keptIsCurrent = false
    }
}

extension Layout {
    /// Adds to the admittances between positions, row by row.
    func add(_ changes: [Complex], between positions: [Int32]) {
        let entries = entries.pointer
        for (i, row) in positions.enumerated() {
            for (j, column) in positions.enumerated() {
                let change = changes[i * positions.count + j]
                if let own = entry(Int(row), column) { entries[own].y += change }
                if let mirrored = entry(Int(column), row) { entries[mirrored].transposed += change.conjugate }
            }
        }
    }

    private func entry(_ row: Int, _ column: Int32) -> Int? {
        (Int(rowStarts[row])..<Int(rowStarts[row + 1])).first { entries[$0].column == column }
    }

    /// Adds to the rows of the metered ends among the terminals of an element.
    func add(_ changes: [Complex], toEndsAmong terminals: Range<Int>, of model: EstimationModel) {
        let metered = Set(model.terminals.filter { $0 >= 0 }).sorted()
        let terms = terms.pointer
        for (number, terminal) in metered.enumerated() where terminals.contains(Int(terminal)) {
            let end = ends[number]
            let row = (Int(terminal) - terminals.lowerBound) * terminals.count
            for (offset, other) in terminals.enumerated() {
                let position = pattern.positions[Int(model.network.terminals[other])]
                let own = (Int(end.firstTerm)..<Int(end.firstTerm + end.termCount)).first { terms[$0].position == position }
                if let own { terms[own].y += changes[row + offset] }
            }
        }
    }
}
