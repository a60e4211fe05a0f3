import Glibc
import Grid
import Testing

@Suite("Assembled grids against the results of other programs", .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data"))
struct ReferenceFlowTests {
    @Test("The CIGRE MV grid's power flow is within 1 V and 0.002° of the state variables in the file", arguments: [
        "cigre_mv_notap", "cigre_mv_breaker",
    ])
    func cigre(folder: String) throws {
        let network = CIMReader().read(paths: [ReferenceData.path("cim/" + folder)]).network
        let assembly = BalancedAssembly(network)
        #expect(assembly.problems.isEmpty)
        let flow = try DenseFlow.solved(assembly)
        var compared = 0
        for (position, node) in network.nodes.enumerated() {
            let state = try #require(node.state)
            let number = try #require(assembly.index.node(of: Terminal(node: position)))
            let voltage = flow.voltages[number] * assembly.grid.nominalVolts[number]
            #expect(abs(voltage.magnitude - state.volts) < 1, "\(node.identity.name)")
            let turned = (voltage / Complex(magnitude: 1, angle: state.angleRadians)).angle * 180 / .pi
            // NEPLAN's Dyn1 transformers turn by 30°, its state variables do not.
            let beyondHours = turned - (turned / 30).rounded() * 30
            #expect(abs(beyondHours) < 0.002, "\(node.identity.name)")
            compared += 1
        }
        #expect(compared >= 15)
        var state = PowerFlowState()
        #expect(try PowerFlow(assembly.grid).solve(assembly.injections, into: &state).converged)
        #expect(zip(state.voltages, flow.voltages).allSatisfy { ($0 - $1).magnitude < 1e-7 })
    }

    /// The reference of the IEEE 13 feeders was solved at 50 Hz, with line codes that are meant for 60 Hz and which OpenDSS then converts:
    /// reactance and susceptance by 5/6, the earth return (per unit of length, a mile here) by its own law.
    static func at50Hz(_ network: Network) -> Network {
        var network = network
        let (share, mile) = (5.0 / 6, 1609.344)
        let earth = 0.5 * 0.155081 / log(658.5 * (100.0 / 60).squareRoot()) * log(share)
        for position in network.lines.indices {
            guard case .phases(var matrix) = network.lines[position].parameters else { continue }
            let length = network.lines[position].lengthMetres / mile
            matrix.impedance = matrix.impedance.map {
                Complex($0.real + 0.01805 * (share - 1) * length, ($0.imaginary - earth * length) * share)
            }
            matrix.admittance = matrix.admittance.map { $0 * share }
            network.lines[position].parameters = .phases(matrix)
        }
        return network
    }

    struct Feeder: Sendable, CustomTestStringConvertible {
        var file: String
        var reference: String
        var conductors: Int
        var isConverted = false
        /// Ungrounded: only line-to-line voltages are defined.
        var isDelta = false
        var testDescription: String { file }
    }

    @Test("Unbalanced feeders are within 0.1 % and 0.1° of OpenDSS", arguments: [
        Feeder(file: "IEEE13", reference: "ieee13", conductors: 46, isConverted: true),
        Feeder(file: "IEEE13_Assets", reference: "ieee13_assets", conductors: 41),
        Feeder(file: "IEEE37", reference: "ieee37", conductors: 120, isDelta: true),
    ])
    func openDSS(feeder: Feeder) throws {
        var reader = CIMReader()
        reader.frequencyHertz = 50
        var network = reader.read(paths: [ReferenceData.path("cim/gridappsd_cim100/\(feeder.file).xml")]).network
        if feeder.isConverted { network = Self.at50Hz(network) }
        let assembly = UnbalancedAssembly(network)
        #expect(assembly.problems.isEmpty)
        #expect(assembly.grid.conductorCount == feeder.conductors)
        let flow = try DenseFlow.solved(assembly)
        var state = PowerFlowState()
        let powerFlow = try UnbalancedPowerFlow(assembly.grid, connections: assembly.injections.connections)
        #expect(try powerFlow.solve(assembly.injections.powers, into: &state).converged)
        var shipped = flow
        shipped.voltages = state.voltages
        for solution in [flow, shipped] {
            let pairs = try Self.pairs(feeder, network, assembly, solution)
            #expect(pairs.count >= 35)
            for (name, own, expected) in pairs {
                #expect(abs(own.magnitude / expected.magnitude - 1) < 0.001, "\(name)")
                #expect(abs((own / expected).angle) * 180 / .pi < 0.1, "\(name)")
            }
        }
    }

    /// Own and expected voltages, to earth or between neighbouring phases.
    static func pairs(
        _ feeder: Feeder, _ network: Network, _ assembly: UnbalancedAssembly, _ flow: DenseFlow
    ) throws -> [(name: String, own: Complex, expected: Complex)] {
        var found: [(name: String, own: Complex, expected: Complex)] = []
        for row in ReferenceData.rows(ReferenceData.path("cim/gridappsd_cim100/opendss_ref/\(feeder.reference)_voltages.csv")) {
            // Node 4 is the star point of the substation, which is eliminated here.
            guard let number = Int(row[1]), number <= 3, let magnitude = Double(row[3]), let degrees = Double(row[4]) else { continue }
            let position = try #require(network.nodes.firstIndex { $0.identity.name == row[0] })
            let phase: Phase = row[0] == "house" ? (number == 1 ? .s1 : .s2) : [.a, .b, .c][number - 1]
            let conductor = try #require(assembly.conductor(of: Terminal(node: position), phase: phase), "\(row[0]).\(number)")
            found.append((row[0] + "." + row[1], flow.voltages[conductor], Complex(magnitude: magnitude, angle: degrees * .pi / 180)))
        }
        guard feeder.isDelta else { return found }
        return (0..<found.count / 3).flatMap { bus in
            (0..<3).map { phase in
                let (a, b) = (found[3 * bus + phase], found[3 * bus + (phase + 1) % 3])
                return (a.name, a.own - b.own, a.expected - b.expected)
            }
        }
    }
}
