import Grid
import Restoration
import Testing

@Suite(
    "N-1 screening against an exhaustive search of its own",
    .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
struct ScreeningTests {
    /// Networks, with what the exhaustive search may switch: the 33-bus one with a switch in every line has 123,000 sets a fault, and is
    /// bounded to a few operations here; its full optima are among the 146 cases.
    @Test("unserved power and operations of every line are the exhaustive optimum", arguments: [
        ("case33bw_zones", 1, 3, 5), ("cigre_mv_ring", 1, 2, 3), ("case16ci", 1, 3, 3), ("ieee123_zones", 5, 3, 3), ("case33bw_sect", 3, 2, 3),
        ("case33bw_sect_v88", 6, 2, 3), ("simbench_mv_rural", 4, 2, 3),
    ])
    func everyLine(name: String, stride: Int, openings: Int, closings: Int) throws {
        let network = try #require(try ReferenceCases.shared.get().networks[name])
        let options = PlanningOptions(mostOpenings: openings, mostClosings: closings)
        let screening = try ContingencyScreening(
            network.model, positions: network.model.normalPositions, demand: Demand(network.model), limits: network.limits, options: options)
        let exhaustive = ExhaustiveRestoration(
            plain: PlainGrid(network.model.network), duties: network.model.duties, limits: network.limits, options: options)
        let total = exhaustive.plain.judge(network.model.normalPositions, calculates: false).energisedWatts
        var compared = 0
        for row in screening.rows where row.equipment.index % stride == 0 && row.equipment.kind == .line {
            guard let optimum = exhaustive.optimum(faultOnLine: row.equipment.index) else { continue }
            let line = network.model.network.lines[row.equipment.index].identity.name
            #expect(abs(row.unservedWatts - (total - optimum.energisedWatts)) < 1, "\(name) \(line)")
            #expect(row.operations == optimum.operations, "\(name) \(line)")
            #expect(row.isProvenBest, "\(name) \(line)")
            compared += 1
        }
        #expect(compared >= network.model.network.lines.count / stride / 2)
    }
}
