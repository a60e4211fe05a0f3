public import Grid

/// An outage to be prepared for: equipment that fails, and what is switched then.
///
/// Without operations it is the moment after protection has cleared the fault. With those of a restoration plan it is the hours until the repair,
/// in which the neighbouring feeders carry more than their own.
public struct Contingency: Hashable, Sendable {
    /// What it is called in results: "line L3 out".
    public var name: String
    /// Lines, transformers and external grids that are out of service.
    public var outages: [EquipmentReference]
    /// Switches that change, by position in `Network.switches`: true to open, false to close.
    public var opens: [Int: Bool]

    /// An outage, and what is switched after it.
    public init(name: String, outages: [EquipmentReference], opens: [Int: Bool] = [:]) {
        self.name = name
        self.outages = outages
        self.opens = opens
    }

    /// The outage of each line and each transformer alone, without any switching: N-1.
    public static func single(of network: Network) -> [Contingency] {
        let lines = network.lines.indices.map {
            Contingency(name: "line \(network.lines[$0].identity.name) out", outages: [EquipmentReference(.line, $0)])
        }
        var banks = Set<String>()
        let transformers = network.transformers.indices.compactMap { position -> Contingency? in
            if let bank = network.transformers[position].bank, !banks.insert(bank).inserted { return nil }
            return Contingency(
                name: "transformer \(network.transformers[position].identity.name) out", outages: [EquipmentReference(.transformer, position)])
        }
        return lines + transformers
    }
}

extension Network {
    /// The network during an outage; a transformer of single-phase tanks goes as a whole.
    func during(_ contingency: Contingency) throws(CongestionError) -> Network {
        var network = self
        for outage in contingency.outages {
            guard outage.index >= 0, outage.index < count(of: outage.kind) else {
                throw .invalidGrid("'\(contingency.name)' takes out \(outage.kind) \(outage.index), which does not exist")
            }
            switch outage.kind {
            case .line:
                network.lines[outage.index].from.isConnected = false
                network.lines[outage.index].to.isConnected = false
            case .transformer: network.disconnect(transformer: outage.index)
            case .externalGrid: network.externalGrids[outage.index].terminal.isConnected = false
            case .switchgear: network.switches[outage.index].isOpen = true
            case .shunt: network.shunts[outage.index].terminal.isConnected = false
            case .load, .generator:
                throw .invalidGrid("'\(contingency.name)' takes out a \(outage.kind): change the forecast of its node instead")
            }
        }
        for (position, isOpen) in contingency.opens {
            guard network.switches.indices.contains(position) else {
                throw .invalidGrid("'\(contingency.name)' operates switch \(position) of \(network.switches.count)")
            }
            network.switches[position].isOpen = isOpen
        }
        return network
    }

    private mutating func disconnect(transformer position: Int) {
        let bank = transformers[position].bank
        for tank in transformers.indices where tank == position || (bank != nil && transformers[tank].bank == bank) {
            for winding in transformers[tank].windings.indices { transformers[tank].windings[winding].terminal.isConnected = false }
        }
    }
}
