import LiveGrid
import PluginAPI
import Restoration

extension FaultSettings {
    private static let keys = [
        "grid", "name", "mode", "approvals", "switches", "trips", "indicators", "estimates", "reclosing", "settle_seconds", "duties", "limits",
        "plan", "trust", "priority_loads", "counts_generation", "relays", "reliability", "publish",
    ]

    /// - Throws: ``Status/invalidConfiguration`` with a sentence that says where.
    init(_ configuration: Configuration, service: String) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch {
            throw .invalidConfiguration("config is not JSON, \(error)")
        }
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(Self.keys)
        files = try GridFiles(object)
        grid = try object.text("name") ?? service
        mode = try object.choice("mode", Mode.self) ?? .advise
        approvals = try object.integer("approvals", in: 1...5) ?? 1
        let switches = try object.object("switches")
        try switches?.allow(["topic", "command_topic", "confirm_seconds"])
        switchTopic = try SwitchTopic(try switches?.text("topic") ?? "switches/+", at: "config.switches.topic")
        commandTopic = try SwitchTopic(try switches?.text("command_topic") ?? "switches/+/command", at: "config.switches.command_topic")
        confirmation = .nanoseconds(Int64(1e9 * (try switches?.number("confirm_seconds", in: 0.1...3_600) ?? 15)))
        let trips = try object.object("trips")
        try trips?.allow(["topic"])
        tripTopic = try SwitchTopic(try trips?.text("topic") ?? "protection/+", at: "config.trips.topic")
        let indicators = try object.object("indicators")
        try indicators?.allow(["topic", "at", "window_seconds"])
        indicatorTopic = try SwitchTopic(try indicators?.text("topic") ?? "indicators/+", at: "config.indicators.topic")
        self.indicators = try indicators?.texts("at") ?? []
        indicationSeconds = try indicators?.number("window_seconds", in: 0.1...3_600) ?? 30
        settleSeconds = try object.number("settle_seconds", in: 0...600) ?? 2
        let estimates = try object.object("estimates")
        try estimates?.allow(["topic"])
        estimateTopic = try estimates?.text("topic")
        let reclosing = try object.object("reclosing")
        try reclosing?.allow(["shots", "dead_time_seconds", "reclaim_seconds", "devices"])
        let general = try Self.reclosing(reclosing, or: ReclosingCycle.Setting())
        self.reclosing = general
        var ofDevice: [String: ReclosingCycle.Setting] = [:]
        if let devices = try reclosing?.object("devices") {
            for id in devices.keys {
                let device = try devices.object(id)
                try device?.allow(["shots", "dead_time_seconds", "reclaim_seconds"])
                ofDevice[id] = try Self.reclosing(device, or: general)
            }
        }
        reclosingOfDevice = ofDevice
        duties = try Self.duties(object)
        (limits, sourceCapacities) = try Self.limits(object)
        options = try Self.options(object)
        trust = try Self.trust(object)
        priorityLoads = try object.texts("priority_loads") ?? []
        countsGeneration = try object.boolean("counts_generation") ?? false
        lineOhms = try Self.lineOhms(object)
        times = try Self.times(object)
        let publish = try object.object("publish")
        try publish?.allow(["topic"])
        topic = try publish?.text("topic") ?? "faults/\(grid)"
    }

    private static func reclosing(
        _ object: ConfigurationObject?, or general: ReclosingCycle.Setting
    ) throws(ServiceError) -> ReclosingCycle.Setting {
        ReclosingCycle.Setting(
            shots: try object?.integer("shots", in: 0...10) ?? general.shots,
            deadTimeSeconds: try object?.number("dead_time_seconds", in: 0.1...600) ?? general.deadTimeSeconds,
            reclaimTimeSeconds: try object?.number("reclaim_seconds", in: 0.1...600) ?? general.reclaimTimeSeconds)
    }

    private static func duties(_ object: ConfigurationObject) throws(ServiceError) -> [DutyChange] {
        var duties: [DutyChange] = []
        for one in try object.objects("duties") ?? [] {
            try one.allow(["switch", "remote", "breaks_load", "availability"])
            guard let id = try one.text("switch") else { throw .invalidConfiguration("\(one.path) needs 'switch', the mRID of a switch") }
            duties.append(DutyChange(
                id: id, isRemoteControlled: try one.boolean("remote"), breaksLoadCurrent: try one.boolean("breaks_load"),
                availability: try one.choice("availability", SwitchDuty.Availability.self)))
        }
        return duties
    }

    private static func limits(_ object: ConfigurationObject) throws(ServiceError) -> (OperatingLimits, [String: Double]) {
        guard let given = try object.object("limits") else { return (OperatingLimits(), [:]) }
        try given.allow(["voltage_low", "voltage_high", "loading_percent", "source_va"])
        let low = try given.number("voltage_low", in: 0...2) ?? 0.9
        let high = try given.number("voltage_high", in: 0...2) ?? 1.1
        guard low < high else { throw .invalidConfiguration("\(given.path).voltage_low is \(low), expected below voltage_high, \(high)") }
        var capacities: [String: Double] = [:]
        if let sources = try given.object("source_va") {
            for id in sources.keys { capacities[id] = try sources.number(id, in: 1...1e12) }
        }
        return (OperatingLimits(
            voltageBand: low...high, highestLoading: (try given.number("loading_percent", in: 1...1_000) ?? 100) / 100), capacities)
    }

    private static func options(_ object: ConfigurationObject) throws(ServiceError) -> PlanningOptions {
        var options = PlanningOptions()
        guard let given = try object.object("plan") else { return options }
        try given.allow(["operations", "openings", "closings", "uses_crews", "allows_parallel"])
        options.mostOperations = try given.integer("operations", in: 0...50) ?? options.mostOperations
        options.mostOpenings = try given.integer("openings", in: 0...20) ?? options.mostOpenings
        options.mostClosings = try given.integer("closings", in: 0...20) ?? options.mostClosings
        options.usesCrews = try given.boolean("uses_crews") ?? false
        options.allowsParallel = try given.boolean("allows_parallel") ?? false
        return options
    }

    private static func trust(_ object: ConfigurationObject) throws(ServiceError) -> IndicationTrust {
        var trust = IndicationTrust()
        guard let given = try object.object("trust") else { return trust }
        try given.allow(["missed_percent", "false_percent", "failed_protection_percent", "needs_outage", "distance_percent", "distance_ohm"])
        func share(_ key: String, _ usual: Double) throws(ServiceError) -> Double { (try given.number(key, in: 0.001...50) ?? usual * 100) / 100 }
        trust.missedPassage = try share("missed_percent", trust.missedPassage)
        trust.falsePassage = try share("false_percent", trust.falsePassage)
        trust.failedProtection = try share("failed_protection_percent", trust.failedProtection)
        trust.passageNeedsOutage = try given.boolean("needs_outage") ?? true
        trust.distanceShare = try share("distance_percent", trust.distanceShare)
        trust.distanceOhm = try given.number("distance_ohm", in: 0.001...100) ?? trust.distanceOhm
        return trust
    }

    private static func lineOhms(_ object: ConfigurationObject) throws(ServiceError) -> [String: Double] {
        var ohms: [String: Double] = [:]
        for one in try object.objects("relays") ?? [] {
            try one.allow(["switch", "line_ohm"])
            guard let id = try one.text("switch"), let ohm = try one.number("line_ohm", in: 0.001...10_000) else {
                throw .invalidConfiguration("\(one.path) needs 'switch' and 'line_ohm', the impedance that is 100 % in the relay's setting")
            }
            ohms[id] = ohm
        }
        return ohms
    }

    private static func times(_ object: ConfigurationObject) throws(ServiceError) -> ReliabilityEffect.Times {
        var times = ReliabilityEffect.Times()
        guard let given = try object.object("reliability") else { return times }
        try given.allow(["decision_seconds", "operation_seconds", "crew_minutes", "repair_minutes", "momentary_minutes"])
        times.decisionSeconds = try given.number("decision_seconds", in: 0...86_400) ?? times.decisionSeconds
        times.operationSeconds = try given.number("operation_seconds", in: 0...86_400) ?? times.operationSeconds
        times.crewMinutes = try given.number("crew_minutes", in: 0...10_000) ?? times.crewMinutes
        times.repairMinutes = try given.number("repair_minutes", in: 0...100_000) ?? times.repairMinutes
        times.momentaryMinutes = try given.number("momentary_minutes", in: 0...60) ?? times.momentaryMinutes
        return times
    }
}
