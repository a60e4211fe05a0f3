import Grid
import Testing

@Suite("Regulators of CIM files", .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
struct RegulatorTests {
    /// The steps in the file of the other IEEE 13 feeder are not where its regulators would stop.
    @Test("From neutral the regulators of the IEEE 13 feeder come into their bands, within a step of where OpenDSS stops")
    func positions() throws {
        var reader = CIMReader()
        reader.frequencyHertz = 50
        var network = reader.read(paths: [ReferenceData.path("cim/gridappsd_cim100/IEEE13_Assets.xml")]).network
        var expected: [String: Int] = [:]
        for row in ReferenceData.rows(ReferenceData.path("cim/gridappsd_cim100/opendss_ref/ieee13_assets_taps.csv")) where row[1] == "2" {
            if let tap = Double(row[2]) { expected[row[0]] = Int(((tap - 1) / 0.00625).rounded()) }
        }
        var names: [String] = []
        for position in network.transformers.indices where network.transformers[position].windings[1].ratioTap != nil {
            network.transformers[position].windings[1].ratioTap?.step = 0
            names.append(network.transformers[position].identity.name)
        }
        #expect(names.sorted() == ["reg1", "reg2", "reg3"])
        var assembly = UnbalancedAssembly(network)
        let regulators = assembly.handOverTaps()
        #expect(regulators.count == 3 && regulators.allSatisfy { $0.position == 0 })
        let powerFlow = try UnbalancedPowerFlow(assembly.grid, connections: assembly.injections.connections, regulators: regulators)
        var state = PowerFlowState()
        let report = try powerFlow.solve(assembly.injections.powers, into: &state)
        #expect(report.converged && report.isSettled)
        for (name, tap) in zip(names, report.taps) {
            #expect(tap.outcome == .withinBand)
            // More than one position is within the band; which one depends on the order of the steps.
            let wanted = try #require(expected[name])
            #expect(abs(tap.position - wanted) <= 1, "\(name)")
        }
    }

    @Test("Taps that were handed over and come back to their steps give the model they had")
    func handedOver() throws {
        let network = CIMReader().read(paths: [ReferenceData.path("cim/gridappsd_cim100/IEEE13.xml")]).network
        let before = UnbalancedAssembly(network)
        var assembly = before
        var fixed = assembly.handOverTaps()
        #expect(fixed.map(\.position) == [10, 8, 11])
        for index in fixed.indices { fixed[index].isAutomatic = false }
        var (own, expected) = (PowerFlowState(), PowerFlowState())
        let moved = try UnbalancedPowerFlow(assembly.grid, connections: assembly.injections.connections, regulators: fixed)
        let plain = try UnbalancedPowerFlow(before.grid, connections: before.injections.connections)
        #expect(try moved.solve(assembly.injections.powers, into: &own).converged)
        #expect(try plain.solve(before.injections.powers, into: &expected).converged)
        #expect(zip(own.voltages, expected.voltages).allSatisfy { ($0 - $1).magnitude < 1e-7 })
    }
}
