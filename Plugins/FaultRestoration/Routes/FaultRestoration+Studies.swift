import Grid
import PluginAPI
import Restoration

/// What is calculated and not switched.
extension FaultRestoration {
    func simulate(_ body: JSONValue, _ desk: IncidentDesk) throws(ServiceError) -> JSONWriter {
        let model = desk.presentModel()
        let section = try section(of: body["equipment"]?.text ?? "", model)
        let (demand, _) = demand()
        let before = desk.board.positions
        guard model.energisedSections(before)[section] else { throw .invalidArgument("\(model.describe(section: section)) has no voltage now") }
        let response = ProtectionResponse(model, positions: before, faultedSection: section)
        var now = before
        if let clearing = response.clearingDevice { now[clearing] = false }
        let request = RestorationRequest(
            positionsBefore: before, positionsNow: now, faultedSections: Set(desk.deadSections() + [section]).sorted(), demand: demand,
            limits: desk.limits, options: desk.settings.options)
        let plan = try Self.told { () throws(RestorationError) in try RestorationPlanner(model).plan(request) }
        var json = JSONWriter()
        json.beginObject()
        json.member("clearing_switch", response.clearingDevice.map(model.name(ofSwitch:)) ?? "")
        json.key("plan")
        json.beginObject()
        json.summary(plan, model)
        json.endObject()
        json.list("steps", plan.steps) { $0.step($1, model) }
        json.reliability(ReliabilityEffect(model, plan: plan, before: before, now: now, demand: demand, times: desk.settings.times))
        json.endObject()
        return json
    }

    /// What the library refuses, as an answer.
    private static func told<Value>(_ body: () throws(RestorationError) -> Value) throws(ServiceError) -> Value {
        do throws(RestorationError) { return try body() } catch { throw .invalidState(error.description) }
    }

    /// The section of a line, transformer, load or busbar, by mRID or name.
    private func section(of text: String, _ model: SwitchingModel) throws(ServiceError) -> Int {
        guard let section = model.section(named: text) else {
            throw .invalidArgument("the grid has no line, transformer, load or busbar '\(text)': give its mRID as 'equipment'")
        }
        return section
    }

    func screening(_ desk: IncidentDesk) throws(ServiceError) -> JSONWriter {
        let model = desk.presentModel()
        let (demand, source) = demand()
        let positions = desk.board.positions
        var options = desk.settings.options
        // In all some five seconds on a machine of today, however large the grid is.
        options.mostNodeVisits = min(options.mostNodeVisits, 150_000_000 / max(1, model.network.lines.count + model.network.transformers.count))
        let screening = try Self.told { () throws(RestorationError) in
            try ContingencyScreening(model, positions: positions, demand: demand, limits: desk.limits, options: options)
        }
        var json = JSONWriter()
        json.beginObject()
        json.member("loads_from", source)
        json.kilowatts("energised_kw", zip(demand.sectionWatts, model.energisedSections(positions)).reduce(0) { $0 + ($1.1 ? $1.0 : 0) })
        json.list("rows", screening.ranked) { Self.write($1, &$0, model) }
        json.endObject()
        return json
    }

    private static func write(_ row: ContingencyScreening.Row, _ json: inout JSONWriter, _ model: SwitchingModel) {
        let identity = model.network.identity(of: row.equipment)
        json.member("equipment", identity.mRID)
        json.member("name", identity.name)
        json.member("clearing_switch", row.clearingDevice.map(model.name(ofSwitch:)) ?? "")
        json.kilowatts("interrupted_kw", row.interruptedWatts)
        json.kilowatts("unserved_kw", row.unservedWatts)
        json.member("unserved_customers", row.unservedCustomers)
        json.member("operations", row.operations)
        json.texts("closes", row.closes.map(model.name(ofSwitch:)))
        json.texts("opens", row.opens.map(model.name(ofSwitch:)))
        json.member("fully_restored", row.isFullyRestored)
        json.member("proven_best", row.isProvenBest)
    }

    func optimise(_ body: JSONValue, _ desk: IncidentDesk) throws(ServiceError) -> JSONWriter {
        let model = desk.presentModel()
        let (demand, _) = demand()
        let rounds = min(2_000, max(0, Int(clamping: body["rounds"]?.integer ?? 50)))
        let usesCrews = body["uses_crews"]?.boolean ?? desk.settings.options.usesCrews
        // Again some five seconds at most.
        let most = max(1_000, 12_000_000 / max(1, model.grid.nodeCount))
        let result = try Self.told { () throws(RestorationError) in
            try LossMinimisation(model, demand: demand, limits: desk.limits, usesCrews: usesCrews)
                .minimise(from: desk.board.positions, rounds: rounds, mostConfigurations: most)
        }
        let way = try Self.told { () throws(RestorationError) in
            try RestorationPlanner(model).transition(
                from: desk.board.positions, to: result.positions, demand: demand, limits: desk.limits, options: desk.settings.options,
                deadSections: desk.deadSections())
        }
        var json = JSONWriter()
        json.beginObject()
        json.kilowatts("losses_before_kw", result.lossesBeforeWatts)
        json.kilowatts("losses_kw", result.lossesWatts)
        json.member("lowest_voltage_before_pu", JSONWriter.rounded(result.lowestVoltageBefore, 1e5))
        json.member("lowest_voltage_pu", JSONWriter.rounded(result.lowestVoltage, 1e5))
        json.member("within_limits", result.isWithinLimits)
        json.list("closes", result.closes) { $0.device($1, model) }
        json.list("opens", result.opens) { $0.device($1, model) }
        json.list("steps", way.steps) { $0.step($1, model) }
        json.kilowatts("interrupted_kw", way.interruptedWatts)
        json.texts("notes", way.notes)
        json.member("configurations_tried", result.configurationsTried)
        json.endObject()
        return json
    }
}
