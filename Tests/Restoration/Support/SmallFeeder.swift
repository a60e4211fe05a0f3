import Grid
import Restoration

/// A feeder that is written down station by station: `A`, `B`, … one kilometre apart, a switch before each line, and a tie from its end to another
/// feeder of the same kind.
///
///     left  ─[CB1]─ L1 ─ A ─[S2]─ L2 ─ B ─[S3]─ L3 ─ C ─[T]─ tie ─ Z ─ L9 ─[CB9]─ right
struct SmallFeeder {
    var network = Network(name: "small")
    var duties: [SwitchDuty] = []

    init(kilowatts: [Double] = [400, 400, 400, 400], ratedAmperes: Double = 300) {
        let left = busbar("left"), right = busbar("right")
        let a = bay("CB1", .breaker, left, line: "L1", to: "A", ratedAmperes)
        let b = bay("S2", .loadBreakSwitch, a, line: "L2", to: "B", ratedAmperes)
        let c = bay("S3", .loadBreakSwitch, b, line: "L3", to: "C", ratedAmperes)
        let z = bay("CB9", .breaker, right, line: "L9", to: "Z", ratedAmperes)
        join("T", .loadBreakSwitch, c, z, isOpen: true)
        for (node, power) in zip([a, b, c, z], kilowatts) {
            network.loads.append(Load(
                Identity("load \(network.nodes[node].identity.name)"), terminal: Terminal(node: node), power: Complex(power * 1000, 0),
                nominalVolts: 20_000, customerCount: 100))
        }
    }

    private mutating func busbar(_ name: String) -> Int {
        let node = network.addNode(name, nominalVolts: 20_000)
        network.externalGrids.append(ExternalGrid(Identity("grid \(name)"), terminal: Terminal(node: node), nominalVolts: 20_000))
        return node
    }

    private mutating func bay(_ name: String, _ kind: Switch.Kind, _ from: Int, line: String, to: String, _ amperes: Double) -> Int {
        let inner = network.addNode("\(line) begin", nominalVolts: 20_000)
        let node = network.addNode(to, nominalVolts: 20_000)
        join(name, kind, from, inner)
        network.lines.append(Line(
            Identity(line), from: Terminal(node: inner), to: Terminal(node: node),
            parameters: .sequence(positive: SequenceParameters(impedance: Complex(0.3, 0.4)), zero: nil), nominalVolts: 20_000,
            lengthMetres: 1000, ratedAmperes: amperes))
        return node
    }

    private mutating func join(_ name: String, _ kind: Switch.Kind, _ from: Int, _ to: Int, isOpen: Bool = false) {
        network.switches.append(Switch(Identity(name), kind: kind, from: Terminal(node: from), to: Terminal(node: to), isNormallyOpen: isOpen))
        duties.append(SwitchDuty(of: kind))
    }

    func device(_ name: String) -> Int { network.switches.firstIndex { $0.identity.name == name } ?? -1 }

    mutating func set(_ name: String, _ change: (inout SwitchDuty) -> Void) { change(&duties[device(name)]) }

    func model() throws -> SwitchingModel { try SwitchingModel(network, duties: duties) }

    /// What protection leaves, and the request for a plan.
    func request(faultOn name: String, _ model: SwitchingModel, _ change: (inout RestorationRequest) -> Void = { _ in }) throws -> RestorationRequest {
        let section = model.section(named: name) ?? -1
        let before = model.normalPositions
        var now = before
        if let clearing = ProtectionResponse(model, positions: before, faultedSection: section).clearingDevice { now[clearing] = false }
        var request = RestorationRequest(positionsBefore: before, positionsNow: now, faultedSections: [section], demand: Demand(model))
        change(&request)
        return request
    }

    /// The steps of a plan as `open S2`.
    func steps(_ plan: RestorationPlan) -> [String] { plan.steps.map { "\($0.action.rawValue) \(network.switches[$0.device].identity.name)" } }
}
