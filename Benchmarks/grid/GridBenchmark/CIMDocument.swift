import Foundation
import SyntheticGrids

/// Writes radial networks as CGMES 2.4.15 equipment, node-breaker, one after another until a file has its size.
struct CIMDocument {
    private let file: FileHandle
    private var text = ""
    private(set) var bytes = 0
    private(set) var nodes = 0
    private var identifiers: UInt64 = 0

    init(path: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        file = try FileHandle(forWritingTo: URL(filePath: path))
    }

    /// - Returns: how many connectivity nodes and bytes were written.
    static func write(megabytes: Int, path: String) throws -> (nodes: Int, bytes: Int) {
        var document = try CIMDocument(path: path)
        document.add("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF xmlns:cim=\"\(namespace)\" xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n")
        let network = RadialNetwork(nodeCount: 10_000)
        while document.bytes < megabytes << 20 { try document.write(network) }
        document.add("</rdf:RDF>\n")
        try document.flush()
        return (document.nodes, document.bytes)
    }

    private static let namespace = "http://iec.ch/TC57/2013/CIM-schema-cim16#"

    private mutating func write(_ network: RadialNetwork) throws {
        var levels: [Double: (base: String, container: String)] = [:]
        let station = identifier()
        object("Substation", station, name: "station \(identifiers)", [])
        for volts in Set(network.nominalVolts).sorted() {
            let (base, container) = (identifier(), identifier())
            object("BaseVoltage", base, name: "\(volts / 1000) kV", [value("BaseVoltage.nominalVoltage", volts / 1000)])
            object(
                "VoltageLevel", container, name: "\(volts / 1000) kV",
                [reference("VoltageLevel.BaseVoltage", base), reference("VoltageLevel.Substation", station)])
            levels[volts] = (base, container)
        }
        func level(_ node: Int) -> (base: String, container: String) { levels[network.nominalVolts[node]] ?? ("", "") }
        let nodes = network.nominalVolts.indices.map { node(container: level($0).container, name: "node \($0)") }
        for (number, line) in network.lines.enumerated() {
            let head = node(container: level(line.from).container, name: "head \(number)")
            equipment("Breaker", "breaker \(number)", level(line.from), at: [nodes[line.from], head], ["    <cim:Switch.normalOpen>false</cim:Switch.normalOpen>\n"])
            equipment(
                "ACLineSegment", "line \(number)", level(line.from), at: [head, nodes[line.to]],
                [
                    value("ACLineSegment.r", line.resistanceOhms), value("ACLineSegment.x", line.reactanceOhms),
                    value("ACLineSegment.bch", line.chargingMicrosiemens * 1e-6), value("ACLineSegment.gch", 0),
                ])
        }
        for (number, transformer) in network.transformers.enumerated() { write(transformer, number, network, nodes, level(transformer.from), level(transformer.to)) }
        for (number, load) in network.loads.enumerated() {
            equipment("ConformLoad", "load \(number)", level(load.node), at: [nodes[load.node]], [value("EnergyConsumer.pfixed", load.watts / 1e6), value("EnergyConsumer.qfixed", load.vars / 1e6)])
        }
        equipment("ExternalNetworkInjection", "source", level(0), at: [nodes[0]], [])
        try flush()
    }

    private mutating func write(
        _ transformer: RadialNetwork.Transformer, _ number: Int, _ network: RadialNetwork, _ nodes: [String],
        _ high: (base: String, container: String), _ low: (base: String, container: String)
    ) {
        let places = [(transformer.from, high), (transformer.to, low)]
        let (own, terminals) = equipment("PowerTransformer", "transformer \(number)", high, at: places.map { nodes[$0.0] }, [])
        let ohms = network.nominalVolts[transformer.from] * network.nominalVolts[transformer.from] / transformer.ratedVA
        for (end, place) in places.enumerated() {
            object(
                "PowerTransformerEnd", identifier(), name: "end \(end)",
                [
                    reference("PowerTransformerEnd.PowerTransformer", own), reference("TransformerEnd.Terminal", terminals[end]),
                    reference("TransformerEnd.BaseVoltage", place.1.base), "    <cim:TransformerEnd.endNumber>\(end + 1)</cim:TransformerEnd.endNumber>\n",
                    value("PowerTransformerEnd.ratedU", network.nominalVolts[place.0] / 1000), value("PowerTransformerEnd.ratedS", transformer.ratedVA / 1e6),
                    value("PowerTransformerEnd.r", end == 0 ? transformer.shortCircuitResistance * ohms : 0),
                    value("PowerTransformerEnd.x", end == 0 ? transformer.shortCircuitVoltage * ohms : 0),
                    "    <cim:PowerTransformerEnd.phaseAngleClock>\(end == 0 ? 0 : transformer.clock)</cim:PowerTransformerEnd.phaseAngleClock>\n",
                    "    <cim:PowerTransformerEnd.connectionKind rdf:resource=\"\(Self.namespace)WindingConnection.\(end == 0 ? "D" : "Yn")\"/>\n",
                ])
        }
    }

    private mutating func node(container: String, name: String) -> String {
        let own = identifier()
        object("ConnectivityNode", own, name: name, [reference("ConnectivityNode.ConnectivityNodeContainer", container)])
        nodes += 1
        return own
    }

    @discardableResult
    private mutating func equipment(
        _ kind: String, _ name: String, _ level: (base: String, container: String), at nodes: [String], _ values: [String]
    ) -> (own: String, terminals: [String]) {
        let own = identifier()
        object(
            kind, own, name: name,
            [reference("ConductingEquipment.BaseVoltage", level.base), reference("Equipment.EquipmentContainer", level.container)] + values)
        let terminals = nodes.map { _ in identifier() }
        for (number, node) in nodes.enumerated() {
            object(
                "Terminal", terminals[number], name: "terminal \(number + 1)",
                [
                    reference("Terminal.ConductingEquipment", own), reference("Terminal.ConnectivityNode", node),
                    "    <cim:ACDCTerminal.sequenceNumber>\(number + 1)</cim:ACDCTerminal.sequenceNumber>\n",
                ])
        }
        return (own, terminals)
    }

    private mutating func object(_ kind: String, _ identifier: String, name: String, _ members: [String]) {
        add("  <cim:\(kind) rdf:ID=\"\(identifier)\">\n    <cim:IdentifiedObject.name>\(name)</cim:IdentifiedObject.name>\n\(members.joined())  </cim:\(kind)>\n")
    }

    private func value(_ property: String, _ value: Double) -> String { "    <cim:\(property)>\(value)</cim:\(property)>\n" }
    private func reference(_ property: String, _ target: String) -> String { "    <cim:\(property) rdf:resource=\"#\(target)\"/>\n" }

    private mutating func identifier() -> String {
        identifiers += 1
        let digits = String(identifiers &* 0x9E37_79B9_7F4A_7C15, radix: 16)
        return "_\(String(repeating: "0", count: 16 - digits.count))\(digits)-4000-8000-\(identifiers)"
    }

    private mutating func add(_ piece: String) {
        text += piece
        bytes += piece.utf8.count
    }

    private mutating func flush() throws {
        try file.write(contentsOf: Data(text.utf8))
        text = ""
    }
}
