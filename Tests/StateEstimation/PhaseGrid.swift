import Grid
import PluginAPI
import PluginTestKit
import Testing

/// An unbalanced feeder whose true state a power flow knows, the devices that measure it phase by phase, and the estimation that hears them.
final class PhaseGrid {
    let estimation: ServiceHarness
    private(set) var truth: UnbalancedAssembly
    private(set) var voltages: [Complex] = []
    private var seconds = 1_717_243_200

    /// The feeder of `Tests/Data/grid/lane.xml`.
    static let file = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/") + "/Data/grid/lane.xml"

    init(file: String = PhaseGrid.file, more: String = "") throws {
        truth = UnbalancedAssembly(CIMReader().read(paths: [file]).network)
        estimation = try ServiceHarness(
            library: try ServiceLibrary(built: "StateEstimation"), name: "estimation",
            config: #"""
                {"grid": ["\#(file)"], "name": "lane", "store": {}, "publish": {"component_topic": "components"}, \#(more)
                 "measurements": [{"topics": ["pmu/+"], "class": "pmu"}, {"topics": ["scada/+"], "class": "scada"}]}
                """#)
        try solve()
    }

    deinit { _ = try? estimation.stop() }

    /// Changes what is true, and solves the power flow anew.
    func change(_ change: (inout UnbalancedAssembly) -> Void = { _ in }) throws {
        change(&truth)
        try solve()
    }

    private func solve() throws {
        var state = PowerFlowState()
        let flow = try UnbalancedPowerFlow(truth.grid, connections: truth.injections.connections)
        let report = try flow.solve(truth.injections.powers, into: &state)
        #expect(report.failure == nil)
        voltages = state.voltages
    }

    /// One value as a device tells it.
    struct Reading {
        let component: String
        let measurand: String
        var phase: String
        var value: Double
    }

    func conductors(_ node: String) throws -> [(conductor: Int, phase: Phase)] {
        let position = try #require(truth.network.nodes.firstIndex { $0.identity.name == node })
        return [Phase.a, .b, .c].compactMap { phase in truth.conductor(of: Terminal(node: position), phase: phase).map { ($0, phase) } }
    }

    /// Voltage magnitudes of a node in volt to ground, with angles where `isPMU`.
    func voltages(_ node: String, isPMU: Bool = false) throws -> [Reading] {
        try conductors(node).flatMap { conductor, phase in
            let node = try mRID(node)
            let volts = Reading(
                component: node, measurand: "voltmagnitude", phase: phase.name,
                value: voltages[conductor].magnitude * truth.grid.nominalVolts[conductor])
            let angle = Reading(component: node, measurand: "voltangle", phase: phase.name, value: voltages[conductor].angle)
            return isPMU ? [volts, angle] : [volts]
        }
    }

    private func mRID(_ node: String) throws -> String {
        try #require(truth.network.nodes.first { $0.identity.name == node }).identity.mRID
    }

    /// The whole power that is fed into a node, conductor by conductor; nothing where nothing is connected.
    func injections(_ node: String) throws -> [Reading] {
        try conductors(node).flatMap { conductor, phase -> [Reading] in
            let power = injection(conductor) * truth.grid.basePowerVA
            guard power.magnitude > 1 else { return [] }
            return [
                Reading(component: try mRID(node), measurand: "activepower", phase: phase.name, value: power.real),
                Reading(component: try mRID(node), measurand: "reactivepower", phase: phase.name, value: power.imaginary),
            ]
        }
    }

    /// Current phasors or powers into the first end of a line.
    func flows(_ line: String, isPMU: Bool = false) throws -> [Reading] {
        let position = try #require(truth.network.lines.firstIndex { $0.identity.name == line })
        let element = truth.grid.elements[Int(try #require(truth.index.branches(of: EquipmentReference(.line, position)).first))]
        return (0..<element.firstEndCount).flatMap { row in
            let conductor = Int(element.terminals[row])
            let current = current(into: element, at: row)
            let phase = Phase(rawValue: truth.grid.phases[conductor])?.name ?? ""
            let power = voltages[conductor] * current.conjugate * truth.grid.basePowerVA
            let amperes = current * (truth.grid.basePowerVA / truth.grid.nominalVolts[conductor])
            return isPMU
                ? [
                    Reading(component: line, measurand: "currmagnitude", phase: phase, value: amperes.magnitude),
                    Reading(component: line, measurand: "currangle", phase: phase, value: amperes.angle),
                ]
                : [
                    Reading(component: line, measurand: "activepower", phase: phase, value: power.real),
                    Reading(component: line, measurand: "reactivepower", phase: phase, value: power.imaginary),
                ]
        }
    }

    /// What a load draws from each conductor.
    func consumption(_ load: String) throws -> [Reading] {
        let found = try #require(truth.network.loads.first { $0.identity.name == load })
        let node = truth.network.nodes[try #require(found.terminal.node)].identity.name
        return try conductors(node).compactMap { conductor, phase in
            let power = injection(conductor) * -truth.grid.basePowerVA
            return power.magnitude > 1
                ? [
                    Reading(component: load, measurand: "activepower", phase: phase.name, value: power.real),
                    Reading(component: load, measurand: "reactivepower", phase: phase.name, value: power.imaginary),
                ] : nil
        }.flatMap { $0 }
    }

    /// What is fed into a conductor, per unit.
    func injection(_ conductor: Int) -> Complex {
        truth.grid.elements.reduce(Complex.zero) { sum, element in
            element.terminals.indices.reduce(sum) { sum, row in
                Int(element.terminals[row]) == conductor ? sum + voltages[conductor] * current(into: element, at: row).conjugate : sum
            }
        }
    }

    private func current(into element: UnbalancedGrid.Element, at row: Int) -> Complex {
        let size = element.terminals.count
        return (0..<size).reduce(.zero) { $0 + element.admittance[row * size + $1] * voltages[Int(element.terminals[$1])] }
    }

    /// Publishes what a device measures.
    func publish(_ device: String, _ readings: [Reading], quality: String? = nil) throws {
        let kind = device.hasPrefix("pmu") ? "pmu" : "scada"
        let list = readings.map { one in
            #"{"component": "\#(one.component)", "measurand": "\#(one.measurand)", \#(one.phase.isEmpty ? "" : #""phase": "\#(one.phase)", "#)"data": \#(one.value)}"#
        }
        let flag = quality.map { #""quality": "\#($0)", "# } ?? ""
        try estimation.publish(
            "\(kind)/\(device)", #"{"device": "\#(device)", \#(flag)"timestamp": \#(seconds), "readings": [\#(list.joined(separator: ", "))]}"#)
    }

    /// Voltmeters at some nodes, flows of some lines, every load; what a device tells may be changed.
    func publishAll(
        voltages nodes: [String] = ["650", "632", "671", "675", "611"], flows lines: [String] = ["L1", "L4", "L8"],
        _ change: (String, [Reading]) -> [Reading] = { $1 }
    ) throws {
        for node in nodes { try publish("v-\(node)", change("v-\(node)", voltages(node))) }
        for line in lines { try publish("f-\(line)", change("f-\(line)", flows(line))) }
        for load in truth.network.loads.map(\.identity.name) { try publish("m-\(load)", change("m-\(load)", consumption(load))) }
    }

    /// A second passes: an estimate is made.
    func tick() throws {
        seconds += 1
        try estimation.advance(by: .seconds(1))
    }

    func get(_ path: String) throws -> JSONValue {
        let response = try estimation.request("GET", path)
        #expect(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
        return try response.body.withUnsafeBytes { try JSONValue($0) }
    }

    /// The largest difference between the stored estimate and the truth over all phases: per unit of the magnitude, and radian.
    func largestError() throws -> (magnitude: Double, angle: Double, count: Int) {
        var (magnitude, angle, count) = (0.0, 0.0, 0)
        for node in truth.network.nodes {
            for (conductor, phase) in try conductors(node.identity.name) {
                let tags = ["grid": "lane", "node": node.identity.mRID, "phase": phase.name]
                guard let volts = estimation.points("voltmagnitude", of: "estimate", tags: tags).last?.value,
                    let turn = estimation.points("voltangle", of: "estimate", tags: tags).last?.value
                else { continue }
                count += 1
                magnitude = max(magnitude, abs(volts / truth.grid.nominalVolts[conductor] - voltages[conductor].magnitude))
                angle = max(angle, abs(Complex(magnitude: 1, angle: turn - voltages[conductor].angle).angle))
            }
        }
        return (magnitude, angle, count)
    }
}
