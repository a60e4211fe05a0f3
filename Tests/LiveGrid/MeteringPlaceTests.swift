import Grid
import LiveGrid
import Testing

@Suite("Where devices measure")
struct MeteringPlaceTests {
    /// Source at A, breaker B1, line L to C, load there.
    private let network: Network = {
        var network = Network(name: "small")
        let a = network.addNode("A", nominalVolts: 20_000)
        let bay = network.addNode("A.bay", nominalVolts: 20_000)
        let c = network.addNode("C", nominalVolts: 20_000)
        network.externalGrids.append(ExternalGrid(Identity("grid"), terminal: Terminal(node: a), nominalVolts: 20_000))
        network.switches.append(Switch(Identity("B1", name: "feeder 1"), from: Terminal(node: a), to: Terminal(node: bay)))
        let parameters = SequenceParameters(impedance: Complex(1, 1))
        network.lines.append(
            Line(
                Identity("L", name: "cable"), from: Terminal(node: bay, mRID: "L.1"), to: Terminal(node: c, mRID: "L.2"),
                parameters: .sequence(positive: parameters, zero: nil), nominalVolts: 20_000))
        network.loads.append(Load(Identity("H", name: "cable"), terminal: Terminal(node: c), power: Complex(1e5, 0), nominalVolts: 20_000))
        return network
    }()

    @Test(
        "a component is found by mRID, terminal or unique name",
        arguments: [
            ("A", MeteringPlace.node(0)), ("_A", .node(0)), ("#_A", .node(0)), ("urn:uuid:C", .node(2)),
            ("L", .branchEnd(EquipmentEnd(EquipmentReference(.line, 0), end: 0))),
            ("L.2", .branchEnd(EquipmentEnd(EquipmentReference(.line, 0), end: 1))),
            ("B1", .branchEnd(EquipmentEnd(EquipmentReference(.line, 0), end: 0))),
            ("feeder 1", .branchEnd(EquipmentEnd(EquipmentReference(.line, 0), end: 0))), ("H", .load(0)), ("grid", .externalGrid(0)),
        ])
    func found(component: String, place: MeteringPlace) {
        #expect(MeteringPlaces(network, index: NetworkIndex(network)).place(of: component) == place)
    }

    @Test("a name that two bear, and one that nobody bears, mean nothing", arguments: ["cable", "nowhere", ""])
    func notFound(component: String) { #expect(MeteringPlaces(network, index: NetworkIndex(network)).place(of: component) == nil) }
}
