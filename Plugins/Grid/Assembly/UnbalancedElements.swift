/// Nodal admittances of equipment between conductors, in siemens.
struct UnbalancedElement: Sendable {
    /// Network node and phase of each row, those of the first end first.
    var terminals: [ConductorKey]
    var firstEndCount: Int
    var matrix: SquareMatrix

    /// A pi model.
    static func line(_ parameters: PhaseParameters, from: Int, to: Int) -> UnbalancedElement? {
        let count = parameters.phases.count
        guard let series = SquareMatrix(order: count, entries: parameters.impedance).inverse else { return nil }
        var matrix = SquareMatrix(order: 2 * count)
        for i in 0..<count {
            for j in 0..<count {
                let own = series[i, j] + parameters.admittance[i * count + j] / 2
                matrix[i, j] = own
                matrix[count + i, count + j] = own
                matrix[i, count + j] = -series[i, j]
                matrix[count + i, j] = -series[i, j]
            }
        }
        guard matrix.entries.allSatisfy(\.isFinite) else { return nil }
        let terminals = [from, to].flatMap { node in parameters.phases.map { ConductorKey(node: node, phase: $0) } }
        return UnbalancedElement(terminals: terminals, firstEndCount: count, matrix: matrix)
    }

    /// A capacitor or reactor.
    static func shunt(_ shunt: Shunt, node: Int) -> UnbalancedElement? {
        let sections = shunt.phases.isEmpty ? symmetrical(shunt) : shunt.phases
        var phases: [Phase] = []
        for section in sections {
            for phase in [section.phase] + (shunt.isDelta ? [section.phase.deltaPartner] : []) where !phases.contains(phase) { phases.append(phase) }
        }
        let hasStarPoint = !shunt.isDelta && !shunt.isGrounded
        var matrix = SquareMatrix(order: phases.count + (hasStarPoint ? 1 : 0))
        for section in sections {
            guard let i = phases.firstIndex(of: section.phase) else { continue }
            matrix[i, i] += section.admittance
            guard shunt.isDelta || hasStarPoint else { continue }
            let j = hasStarPoint ? phases.count : phases.firstIndex(of: section.phase.deltaPartner) ?? i
            matrix[j, j] += section.admittance
            matrix[i, j] -= section.admittance
            matrix[j, i] -= section.admittance
        }
        if shunt.phases.isEmpty, let zero = shunt.zeroAdmittance, !shunt.isDelta, shunt.isGrounded, phases.count == 3 {
            let coupling = (zero - shunt.admittance) / 3
            for i in 0..<3 { for j in 0..<3 { matrix[i, j] += coupling } }
        }
        guard let reduced = matrix.kronReduced(keeping: Array(phases.indices)), reduced.entries.allSatisfy(\.isFinite) else { return nil }
        return UnbalancedElement(
            terminals: phases.map { ConductorKey(node: node, phase: $0) }, firstEndCount: phases.count, matrix: reduced)
    }

    /// The same in each phase; a delta's branches have a third of the equivalent star's admittance.
    private static func symmetrical(_ shunt: Shunt) -> [Shunt.Section] {
        let phases = shunt.terminal.phases.withoutNeutral.intersection(.abc).phases
        return phases.map { Shunt.Section(phase: $0, admittance: shunt.isDelta ? shunt.admittance / 3 : shunt.admittance) }
    }

    static func transformer(_ transformer: Transformer, nodes: [Int]) -> UnbalancedElement? {
        guard let admittance = TransformerAdmittance(transformer) else { return nil }
        let terminals = admittance.ports.map { ConductorKey(node: nodes[$0.winding], phase: $0.phase) }
        let firstEndCount = admittance.ports.prefix { $0.winding == 0 }.count
        return UnbalancedElement(terminals: terminals, firstEndCount: firstEndCount, matrix: admittance.matrix)
    }
}

/// One phase conductor at a node of the network.
struct ConductorKey: Hashable, Sendable {
    var node: Int
    var phase: Phase
}

extension UnbalancedElement {
    /// What is left when ends that lead nowhere are open; nil when nothing is.
    func connected(where isConnected: (Int) -> Bool) -> UnbalancedElement? {
        let kept = terminals.indices.filter { isConnected(terminals[$0].node) }
        guard kept.count < terminals.count else { return self }
        guard !kept.isEmpty, let reduced = matrix.kronReduced(keeping: kept), reduced.entries.allSatisfy(\.isFinite) else { return nil }
        return UnbalancedElement(
            terminals: kept.map { terminals[$0] }, firstEndCount: kept.filter { $0 < firstEndCount }.count, matrix: reduced)
    }

    /// With numbers of conductors and in per unit; nil when a conductor has none, or both ends are the same conductors.
    func perUnit(_ conductors: [Int32], _ nominalVolts: [Double], _ basePowerVA: Double) -> UnbalancedGrid.Element? {
        guard conductors.allSatisfy({ $0 >= 0 }), Set(conductors).count > 1 || conductors.count == 1 else { return nil }
        var entries = matrix.entries
        for (i, row) in conductors.enumerated() {
            for (j, column) in conductors.enumerated() {
                let scale = nominalVolts[Int(row)] * nominalVolts[Int(column)] / basePowerVA
                entries[i * conductors.count + j] = entries[i * conductors.count + j] * scale
            }
        }
        return UnbalancedGrid.Element(terminals: conductors, firstEndCount: firstEndCount, admittance: entries)
    }
}
