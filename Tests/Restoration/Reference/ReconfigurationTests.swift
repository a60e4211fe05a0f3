import PluginAPI
import Restoration
import Testing

@Suite(
    "Minimum-loss reconfiguration against the known optima",
    .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
struct ReconfigurationTests {
    @Test("the optimum of every network that is there is reached from its normal state", arguments: ["case33bw", "case16ci"])
    func optimum(name: String) throws {
        let reference = try ReferenceCases.shared.get()
        let optimum = try #require(reference.optima.first { $0["case"]?.text == name })
        let network = try #require(reference.networks[name == "case33bw" ? "case33bw_sect_v88" : name])
        let result = try LossMinimisation(network.model, demand: Demand(network.model), limits: network.limits)
            .minimise(from: network.model.normalPositions, rounds: 10)
        #expect(abs(result.lossesBeforeWatts / 1000 - (optimum["base_loss_kw"]?.number ?? 0)) < 2e-3)
        #expect(abs(result.lossesWatts / 1000 - (optimum["best_loss_kw"]?.number ?? 0)) < 2e-3)
        #expect(abs(result.lowestVoltage - (optimum["best_v_min"]?.number ?? 0)) < 2e-5)
        let open = network.names(result.positions.indices.filter { !result.positions[$0] })
        #expect(open == Set(optimum["open_switches"]?.texts ?? []))
    }
}

@Suite(
    "Minimum-loss reconfiguration of MATPOWER's larger cases",
    .enabled(if: ReferenceData.isThere && MatpowerCase.folder != nil, "SKIPPED: no reference data or no DSOTP_MATPOWER_DATA"))
struct MatpowerReconfigurationTests {
    @Test("the best known losses are reached", arguments: ["case33bw", "case70da", "case118zh", "case136ma"])
    func optimum(name: String) throws {
        let optimum = try #require(try ReferenceCases.shared.get().optima.first { $0["case"]?.text == name })
        let model = try MatpowerCase(name).model
        let limits = OperatingLimits(voltageBand: 0.5...1.2)
        let result = try LossMinimisation(model, demand: Demand(model), limits: limits).minimise(from: model.normalPositions, rounds: 300)
        #expect(abs(result.lossesBeforeWatts / 1000 - (optimum["base_loss_kw"]?.number ?? 0)) < 2e-3)
        #expect(result.lossesWatts / 1000 < (optimum["best_loss_kw"]?.number ?? 0) + 2e-3)
        print("\(name): \(result.lossesWatts / 1000) kW after \(result.configurationsTried) power flows")
    }
}
