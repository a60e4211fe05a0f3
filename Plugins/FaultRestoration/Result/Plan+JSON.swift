import Grid
import PluginAPI
import Restoration

extension JSONWriter {
    /// A list of objects.
    mutating func list<Element>(_ key: String, _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void) {
        self.key(key)
        beginArray()
        for element in elements {
            beginObject()
            write(&self, element)
            endObject()
        }
        endArray()
    }

    mutating func texts(_ key: String, _ texts: some Sequence<String>) {
        self.key(key)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }

    /// A switch by mRID and name.
    mutating func device(_ device: Int, _ model: SwitchingModel) {
        member("switch", model.network.switches[device].identity.mRID)
        member("name", model.name(ofSwitch: device))
    }

    /// Watt as kilowatt with one decimal.
    mutating func kilowatts(_ key: String, _ watts: Double) { member(key, Self.rounded(watts / 1000, 10)) }

    static func rounded(_ value: Double, _ scale: Double) -> Double { (value * scale).rounded() / scale }

    mutating func step(_ step: SwitchingStep, _ model: SwitchingModel) {
        device(step.device, model)
        member("action", step.action.rawValue)
        member("purpose", step.purpose.rawValue)
        key("after")
        beginObject()
        check(step.check)
        endObject()
    }

    private mutating func check(_ check: StepCheck) {
        kilowatts("energised_kw", check.energisedWatts)
        kilowatts("losses_kw", check.lossesWatts)
        member("lowest_voltage_pu", Self.rounded(check.lowestVoltage, 1e5))
        member("lowest_voltage_at", check.lowestVoltageNode)
        member("highest_loading_percent", Self.rounded(check.highestLoading * 100, 100))
        member("highest_loading_on", check.highestLoadingBranch)
        member("radial", check.isRadial)
        member("fault_dead", check.isFaultDead)
        texts("violations", check.violations)
    }

    /// A plan without its steps.
    mutating func summary(_ plan: RestorationPlan, _ model: SwitchingModel) {
        list("faulted_sections", plan.faultedSections) { $0.section($1, model) }
        list("isolate", plan.isolation.opens) { $0.device($1, model) }
        list("lock_out", plan.isolation.locksOut) { $0.device($1, model) }
        list("passed_over", plan.isolation.passedOver) { json, passed in
            json.device(passed.device, model)
            json.member("reason", passed.reason)
        }
        kilowatts("energised_before_kw", plan.energisedBeforeWatts)
        kilowatts("energised_after_trip_kw", plan.energisedAfterTripWatts)
        kilowatts("energised_after_isolation_kw", plan.energisedAfterIsolationWatts)
        kilowatts("energised_after_plan_kw", plan.energisedAfterPlanWatts)
        kilowatts("unserved_kw", plan.unservedWatts)
        kilowatts("priority_restored_kw", plan.priorityRestoredWatts)
        member("transfer_operations", plan.transferOperations)
        member("proven_best", plan.isProvenBest)
        member("configurations_tried", plan.configurationsTried)
        texts("notes", plan.notes)
    }

    /// A section in words, with what is in it.
    private mutating func section(_ section: Int, _ model: SwitchingModel) {
        member("description", model.describe(section: section))
        let equipment = model.sections[section].branches.map { model.index.branchOrigins[Int($0)].equipment }
        texts("equipment", equipment.filter { $0.kind != .externalGrid }.map { model.network.identity(of: $0).mRID })
        texts("nodes", model.sections[section].nodes.compactMap { node in
            model.index.nodeOfNetworkNode.firstIndex(of: node).map { (model.network.nodes[$0].busbar ?? model.network.nodes[$0].identity).mRID }
        })
    }

    mutating func reliability(_ effect: ReliabilityEffect) {
        key("reliability")
        beginObject()
        for (name, indices) in [("without_plan", effect.withoutPlan), ("with_plan", effect.withPlan)] {
            key(name)
            beginObject()
            member("saidi_minutes", Self.rounded(indices.saidiMinutes, 1e4))
            member("saifi", Self.rounded(indices.saifi, 1e6))
            endObject()
        }
        endObject()
    }
}
