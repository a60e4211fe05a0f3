public import Grid

/// Bays: what hangs behind a switch.
public struct Bays: Sendable {
    /// For each switch of the network the one end of a line or transformer at its far side.
    private let ends: [EquipmentEnd?]

    public init(_ network: Network) {
        var attached: [Int: [EquipmentEnd]] = [:]
        var devices: [Int: Int] = [:]
        for equipment in network.equipment {
            for (end, terminal) in network.terminals(of: equipment).enumerated() {
                guard let node = terminal.node else { continue }
                if equipment.kind == .switchgear { devices[node, default: 0] += 1 }
                attached[node, default: []].append(EquipmentEnd(equipment, end: end))
            }
        }
        ends = network.switches.map { device in
            for node in [device.to.node, device.from.node] {
                guard let node, let here = attached[node], here.count == 2, devices[node] == 1,
                    let other = here.first(where: { $0.equipment.kind == .line || $0.equipment.kind == .transformer })
                else { continue }
                return other
            }
            return nil
        }
    }

    /// The end of the line or transformer that a switch connects to its busbar: a meter in the bay measures what flows into it. Nil where
    /// the switch does not stand between a busbar and the one end of a branch.
    public func end(behindSwitch position: Int) -> EquipmentEnd? { ends[position] }
}
