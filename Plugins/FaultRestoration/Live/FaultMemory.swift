import Grid
import PluginAPI
import Restoration

/// What outlives a restart: the number of the next fault, and for each fault that is not repaired its sections and the positions before it.
/// Sections are kept by a node of theirs, so that a changed grid model does not give them another meaning.
struct FaultMemory {
    private let values: KeyValues

    init(_ values: KeyValues) { self.values = values }

    func nextNumber() throws(ServiceError) -> Int {
        guard let bytes = try values.get("next-number") else { return 1 }
        return Int(String(decoding: bytes, as: UTF8.self)) ?? 1
    }

    func keep(_ incident: Incident, _ model: SwitchingModel) throws(ServiceError) {
        let number = Int(incident.id.dropFirst()) ?? 0
        if number >= (try nextNumber()) { try values.put("next-number", Array(String(number + 1).utf8)) }
        guard incident.holdsSectionDead else { return try values.remove("fault/\(incident.id)") }
        var json = JSONWriter()
        json.beginObject()
        json.member("began", incident.began.description)
        json.key("sections")
        json.beginArray()
        for section in incident.faultedSections {
            if let node = Self.networkNode(of: section, model) { json.value(model.network.nodes[node].identity.mRID) }
        }
        json.endArray()
        json.key("open_before")
        json.beginArray()
        for (device, isClosed) in incident.positionsBefore.enumerated() where !isClosed { json.value(model.network.switches[device].identity.mRID) }
        json.endArray()
        json.endObject()
        try values.put("fault/\(incident.id)", json.bytes)
    }

    private static func networkNode(of section: Int, _ model: SwitchingModel) -> Int? {
        model.index.nodeOfNetworkNode.firstIndex { $0 >= 0 && Int(model.sectionOfNode[Int($0)]) == section }
    }

    /// Faults of before the restart that are not repaired, as stopped ones.
    func unrepaired(_ model: SwitchingModel, now: Timestamp, demand: Demand) throws(ServiceError) -> [Incident] {
        let index = NetworkIndex(model.network)
        return try values.all(withPrefix: "fault/").compactMap { key, value in
            guard let json = value.withUnsafeBytes({ try? JSONValue($0) }) else { return nil }
            var before = [Bool](repeating: true, count: model.switchCount)
            for mRID in json["open_before"]?.elements?.compactMap(\.text) ?? [] {
                if let equipment = index.equipment[mRID], equipment.kind == .switchgear { before[equipment.index] = false }
            }
            let sections = (json["sections"]?.elements?.compactMap(\.text) ?? []).compactMap { mRID -> Int? in
                guard let node = index.nodes[mRID], model.index.nodeOfNetworkNode[node] >= 0 else { return nil }
                return Int(model.sectionOfNode[Int(model.index.nodeOfNetworkNode[node])])
            }
            return Incident(restored: String(key.dropFirst(6)), sections: sections, positionsBefore: before, model: model, demand: demand, now: now)
        }.sorted { $0.id < $1.id }
    }
}

extension Incident {
    /// A fault of before a restart of the service.
    convenience init(restored id: String, sections: [Int], positionsBefore: [Bool], model: SwitchingModel, demand: Demand, now: Timestamp) {
        self.init(
            id: id, began: now, at: IncidentDesk.seconds(now), tripped: 0, positionsBefore: positionsBefore, demand: demand,
            demandSource: "grid model")
        tripped = []
        location = FaultLocation(sections: sections, of: model)
        state = .stopped
        detail = "the service was restarted: what was under way has ended, and the section is still held dead"
        note(detail, now)
    }
}

extension IncidentDesk {
    /// Takes a fault of before a restart in.
    func restore(_ incident: Incident) {
        keepRestored(incident)
        changed(incident)
    }
}
