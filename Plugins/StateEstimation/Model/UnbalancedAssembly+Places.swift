import Grid

extension UnbalancedAssembly {
    /// The conductors at a node of the network; none where it is not energised.
    func conductors(atNode position: Int) -> [(conductor: Int, phase: Phase)] {
        Phase.allCases.compactMap { phase in conductor(of: Terminal(node: position), phase: phase).map { ($0, phase) } }
    }

    /// One conductor at an end of an element.
    struct ConductorEnd {
        let element: Int32
        let isFirst: Bool
        /// Within that end.
        let offset: Int
        let conductor: Int
        let phase: Phase
    }

    /// The conductors of an end of a line, transformer or external grid, over all tanks of a bank. A conductor that several tanks share is
    /// left out: none of them carries alone what is measured there.
    func conductorEnds(of end: EquipmentEnd, _ networkIndex: NetworkIndex) -> [ConductorEnd] {
        let all = members(of: end.equipment, networkIndex).flatMap { conductorEnds(ofOne: EquipmentEnd($0, end: end.end)) }
        return all.filter { one in all.filter { $0.conductor == one.conductor }.count == 1 }
    }

    /// The same, with those that tanks share.
    func allConductorEnds(of end: EquipmentEnd, _ networkIndex: NetworkIndex) -> [ConductorEnd] {
        members(of: end.equipment, networkIndex).flatMap { conductorEnds(ofOne: EquipmentEnd($0, end: end.end)) }
    }

    /// The tanks of a bank, or the equipment itself.
    private func members(of equipment: EquipmentReference, _ networkIndex: NetworkIndex) -> [EquipmentReference] {
        guard equipment.kind == .transformer, let bank = network.transformers[equipment.index].bank else { return [equipment] }
        return (networkIndex.banks[bank] ?? [equipment.index]).map { EquipmentReference(.transformer, $0) }
    }

    private func conductorEnds(ofOne end: EquipmentEnd) -> [ConductorEnd] {
        let terminals = network.terminals(of: end.equipment)
        guard end.end < terminals.count, let node = terminals[end.end].connectedNode else { return [] }
        let here = conductors(atNode: node)
        return index.branches(of: end.equipment).flatMap { number -> [ConductorEnd] in
            let element = grid.elements[Int(number)]
            // An external grid's element begins behind its impedance.
            let isFirst = end.end == 0 && end.equipment.kind != .externalGrid
            let range = isFirst ? 0..<element.firstEndCount : element.firstEndCount..<element.terminals.count
            return range.compactMap { terminal in
                guard let found = here.first(where: { $0.conductor == Int(element.terminals[terminal]) }) else { return nil }
                return ConductorEnd(
                    element: number, isFirst: isFirst, offset: terminal - range.lowerBound, conductor: found.conductor, phase: found.phase)
            }
        }
    }
}
