import Grid
import Testing

@Suite("Grids that others have written", .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data"))
struct ReferenceGridTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        var path: String
        var nodes, lines, transformers, switches, shunts, loads, generators, grids: Int
        var testDescription: String { path }
    }

    static let expected = [
        Expected(path: "cigre_mv_notap", nodes: 15, lines: 12, transformers: 2, switches: 0, shunts: 0, loads: 18, generators: 0, grids: 1),
        Expected(path: "cigre_mv_breaker", nodes: 16, lines: 13, transformers: 2, switches: 1, shunts: 0, loads: 18, generators: 0, grids: 1),
        Expected(
            path: "sample_grid_switches/Node-Breaker", nodes: 12, lines: 3, transformers: 0, switches: 10, shunts: 0, loads: 0, generators: 0,
            grids: 0),
        Expected(
            path: "sample_grid_switches/Bus-Branch", nodes: 12, lines: 3, transformers: 0, switches: 5, shunts: 0, loads: 0, generators: 0,
            grids: 0),
        Expected(
            path: "gridappsd_cim100/IEEE13.xml", nodes: 22, lines: 11, transformers: 6, switches: 5, shunts: 2, loads: 16, generators: 5,
            grids: 1),
        Expected(
            path: "gridappsd_cim100/IEEE13_Assets.xml", nodes: 16, lines: 11, transformers: 5, switches: 1, shunts: 2, loads: 15,
            generators: 0, grids: 1),
        Expected(
            path: "gridappsd_cim100/IEEE37.xml", nodes: 39, lines: 36, transformers: 4, switches: 0, shunts: 0, loads: 30, generators: 0,
            grids: 1),
    ]

    @Test("All equipment is read, without a problem", arguments: expected)
    func counts(_ expected: Expected) {
        let result = CIMReader().read(paths: [ReferenceData.path("cim/" + expected.path)])
        #expect(result.problems.filter { $0.severity > .note } == [])
        #expect(result.unknownClasses.isEmpty)
        let network = result.network
        #expect(network.nodes.count == expected.nodes)
        #expect(network.lines.count == expected.lines)
        #expect(network.transformers.count == expected.transformers)
        #expect(network.switches.count == expected.switches)
        #expect(network.shunts.count == expected.shunts)
        #expect(network.loads.count == expected.loads)
        #expect(network.generators.count == expected.generators)
        #expect(network.externalGrids.count == expected.grids)
        #expect(network.nodes.allSatisfy { $0.nominalVolts > 0 })
        #expect(network.loads.allSatisfy { $0.power != nil && $0.terminal.node != nil })
    }

    @Test("The CIGRE MV grid has the published parameters", arguments: ["cigre_mv_notap", "cigre_mv_breaker"])
    func cigre(folder: String) throws {
        let network = CIMReader().read(paths: [ReferenceData.path("cim/" + folder)]).network
        // CIGRE TF C6.04.02: NA2XS2Y 0.501 + j0.716 ohm/km, 151.1749 nF/km; section 4-5 is 0.56 km long.
        let line = try #require(network.lines.first { ["L4-5", "L5-4"].contains($0.identity.name) })
        #expect(abs(line.positiveSequence.impedance.real - 0.501 * 0.56) < 1e-6)
        #expect(abs(line.positiveSequence.impedance.imaginary - 0.716 * 0.56) < 1e-6)
        #expect(abs(line.positiveSequence.admittance.imaginary / (2 * .pi * 50 * 151.1749e-9 * 0.56) - 1) < 1e-4)
        #expect(line.lengthMetres == 560)
        // 25 MVA, 110/20 kV, 12 % (0.1 % resistive).
        for transformer in network.transformers {
            #expect(transformer.windings.map(\.ratedVolts) == [110_000, 20_000])
            #expect(transformer.windings[0].ratedVA == 25e6)
            #expect(abs(transformer.windings[0].impedance.magnitude / (0.12 * 110_000 * 110_000 / 25e6) - 1) < 1e-4)
        }
        let total = network.loads.reduce(Complex.zero) { $0 + (network.terminalPowers[$1.terminal.mRID] ?? .zero) }
        #expect(abs(total.real - 44_050_000) < 1_000_000)
        #expect(network.nodes.allSatisfy { $0.state != nil })
        let grid = try #require(network.externalGrids.first)
        #expect(grid.nominalVolts == 110_000)
        #expect(grid.voltageVolts == 110_000)
    }

    @Test("Taps, banks and split-phase coils of the IEEE 13 feeder")
    func ieee13() throws {
        let network = CIMReader().read(paths: [ReferenceData.path("cim/gridappsd_cim100/IEEE13.xml")]).network
        let steps = ["reg1": 10.0, "reg2": 8, "reg3": 11]
        for (name, step) in steps {
            let regulator = try #require(network.transformers.first { $0.identity.name == name })
            #expect(regulator.windings[1].ratioTap?.step == step)
            #expect(abs(regulator.windings[1].tapFactor.real - (1 + step * 0.00625)) < 1e-12)
        }
        let index = NetworkIndex(network)
        #expect(index.banks.values.map(\.count).sorted() == [1, 3])
        let service = try #require(network.transformers.first { $0.identity.name == "tpoletop" })
        #expect(service.windings.map(\.coil) == [[.b, .neutral], [.s1, .neutral], [.neutral, .s2]])
        let battery = try #require(network.generators.first { $0.identity.name == "batidle" })
        #expect(battery.kind == .battery)
        #expect(battery.battery?.ratedWattHours == 200_000)
        #expect(battery.power == Complex(-1000, 0))
    }
}
