internal import Solvers

/// What an unbalanced grid, its loads and regulators must fulfil before they can be calculated.
enum UnbalancedGridCheck {
    static func check(
        _ grid: UnbalancedGrid, _ connections: [LoadConnection], _ regulators: [PhaseRegulator]
    ) throws(PowerFlowError) {
        let conductors = 0..<Int32(grid.conductorCount)
        guard !conductors.isEmpty else { throw .invalidGrid("it has no conductors") }
        try GridCheck.checkSources(grid.sources.map { ($0.conductor, $0.voltage) }, count: grid.conductorCount)
        for (index, element) in grid.elements.enumerated() {
            let size = element.terminals.count
            guard element.terminals.allSatisfy({ conductors.contains($0) }), element.admittance.count == size * size else {
                throw .invalidGrid("element \(index) has \(element.admittance.count) admittances for \(size) terminals, or one that does not exist")
            }
            guard element.admittance.allSatisfy({ $0.isFinite }) else { throw .invalidGrid("element \(index) has an admittance that is not finite") }
        }
        try checkIslands(grid)
        for (index, connection) in connections.enumerated() {
            guard conductors.contains(connection.conductor), connection.other.map({ conductors.contains($0) && $0 != connection.conductor }) ?? true,
                connection.referenceMagnitude > 0
            else { throw .invalidInjections("connection \(index) is between conductors that do not exist, are one, or has no reference voltage") }
        }
        for regulator in regulators {
            guard grid.elements.indices.contains(regulator.element), conductors.contains(regulator.controlledConductor),
                regulator.terminals.allSatisfy({ grid.elements[regulator.element].terminals.indices.contains($0) }),
                regulator.minimumPosition <= regulator.position, regulator.position <= regulator.maximumPosition,
                1 + Double(regulator.minimumPosition) * regulator.stepRatio > 0, 1 + Double(regulator.maximumPosition) * regulator.stepRatio > 0
            else { throw .invalidGrid("the regulator of element \(regulator.element) has terminals, a conductor or a range that can't be") }
        }
    }

    static func check(_ injections: Injections, count: Int) throws(PowerFlowError) {
        for powers in [injections.constantPower, injections.constantCurrent, injections.constantImpedance] {
            if let index = powers.firstIndex(where: { !$0.isFinite }) { throw .invalidInjections("the power of connection \(index) is not a number") }
        }
        guard injections.constantPower.count == count, [0, count].contains(injections.constantCurrent.count),
            [0, count].contains(injections.constantImpedance.count)
        else { throw .invalidInjections("\(injections.constantPower.count) powers for \(count) connections") }
    }

    private static func checkIslands(_ grid: UnbalancedGrid) throws(PowerFlowError) {
        let edges = grid.elements.flatMap { element in element.terminals.dropFirst().map { (element.terminals[0], $0) } }
        try GridCheck.checkIslands(NodeGraph(nodeCount: grid.conductorCount, edges: edges), sources: grid.sources.map(\.conductor))
    }
}
