import Grid
import PluginAPI
import Restoration
import Testing

@Suite(
    "FLISR against the exhaustive optima of 146 faults",
    .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
struct ReferenceCaseTests {
    let reference: ReferenceCases

    init() throws { reference = try ReferenceCases.shared.get() }

    /// What the case says was seen: every switch has an indicator.
    private func observation(_ network: ReferenceNetwork, _ observed: JSONValue) throws -> FaultObservation {
        let before = network.model.normalPositions
        var observation = FaultObservation(positionsBefore: before)
        let passed = Set((observed["fpi_at_switches"] ?? observed["fpi_tripped"])?.texts ?? [])
        let unknown = Set(observed["fpi_unknown"]?.texts ?? [])
        for (name, device) in network.switchOfName where before[device] {
            observation.passages[device] = unknown.contains(name) ? .unknown : passed.contains(name) ? .passed : .silent
            if network.model.duties[device].interruptsFaults { observation.trips[device] = name == observed["breaker_trip"]?.text }
        }
        return observation
    }

    private func locator(_ network: ReferenceNetwork) -> FaultLocator {
        var trust = IndicationTrust()
        trust.passageNeedsOutage = false
        return FaultLocator(network.model, trust: trust)
    }

    @Test("the faulted section is found, with every indicator, with unknown ones and with contradicting ones")
    func location() throws {
        for json in reference.cases {
            let id = json["id"]?.text ?? ""
            let network = try #require(reference.networks[json["network"]?.text ?? ""])
            let observed = try #require(json["observed"])
            let expected = try #require(json["expected"])
            let location = try locator(network).locate(observation(network, observed))
            let faulted = try #require(network.section(ofFault: json["fault"]))
            #expect(location.suspects.contains(faulted), "\(id)")
            let candidates = expected["candidate_sections"]?.elements?.compactMap { network.section($0) } ?? [faulted]
            #expect(Set(location.suspects) == Set(candidates), "\(id)")
            #expect(location.isUnique == (expected["located_uniquely"]?.boolean ?? true), "\(id)")
            let suspected = network.names(location.contradictions.map(\.device))
            #expect(suspected == Set(expected["suspect_fpi"]?.texts ?? []), "\(id)")
            #expect(location.verdict == (suspected.isEmpty ? .located : .malOperation), "\(id)")
        }
    }

    @Test("restored power, operations, losses and voltages are the optimum, and no step breaks a rule")
    func restoration() throws {
        var count = 0
        for json in reference.cases where json["kind"] == nil {
            try compare(json)
            count += 1
        }
        #expect(count == 122)
    }

    private func compare(_ json: JSONValue) throws {
        let id = json["id"]?.text ?? ""
        let network = try #require(reference.networks[json["network"]?.text ?? ""])
        let (observed, expected) = (try #require(json["observed"]), try #require(json["expected"]))
        let best = try #require(expected["restoration_best"])
        let before = network.model.normalPositions
        let breaker = try #require(network.switchOfName[observed["breaker_trip"]?.text ?? ""])
        var now = before
        now[breaker] = false
        let faulted = try #require(network.section(ofFault: json["fault"]))
        let bound = expected["search_bound"]
        let options = PlanningOptions(
            mostOperations: Int(bound?["max_operations"]?.integer ?? 7), mostOpenings: Int(bound?["max_openings"]?.integer ?? 3),
            mostClosings: Int(bound?["max_closings"]?.integer ?? 5))
        let plan = try RestorationPlanner(network.model).plan(RestorationRequest(
            positionsBefore: before, positionsNow: now, faultedSections: [faulted], demand: Demand(network.model), limits: network.limits,
            options: options))
        #expect(network.names(plan.isolation.opens) == Set(expected["isolate_open"]?.texts ?? []), "\(id)")
        #expect(network.names(plan.isolation.locksOut) == Set(expected["lock_out"]?.texts ?? []), "\(id)")
        #expect(network.names(plan.steps.filter { $0.purpose == .reclose }.map(\.device)) == Set(expected["reclose"]?.texts ?? []), "\(id)")
        #expect(plan.isProvenBest, "\(id)")
        #expect(plan.transferOperations == Int(best["operations"]?.integer ?? -1), "\(id) \(network.names(plan.closes)) \(network.names(plan.opens))")
        #expect(abs(plan.energisedAfterPlanWatts / 1000 - (best["energised_kw"]?.number ?? -1)) < 1e-6, "\(id)")
        #expect(abs(plan.energisedAfterIsolationWatts / 1000 - restoredUpstream(expected)) < 1e-6, "\(id)")
        for step in plan.steps { #expect(step.check.isRadial && step.check.isFaultDead, "\(id)") }
        #expect(plan.steps.flatMap(\.check.violations) == [], "\(id)")
        let neverUsed = plan.steps.contains { !network.model.duties[$0.device].isRemoteControlled }
        #expect(!neverUsed, "\(id)")
        guard !network.isConnectivityOnly, let check = plan.steps.last?.check, check.energisedWatts > 0 else { return }
        #expect(abs(check.lossesWatts / 1000 - (best["losses_kw"]?.number ?? -1)) < 2e-4, "\(id)")
        #expect(abs(check.lowestVoltage - (best["v_min_pu"]?.number ?? -1)) < 1e-6, "\(id)")
        #expect(abs(check.highestLoading - (best["max_loading"]?.number ?? -1)) < 2e-6, "\(id)")
    }

    private func restoredUpstream(_ expected: JSONValue) -> Double {
        expected["upstream_energised_kw"]?.number ?? -1
    }
}
