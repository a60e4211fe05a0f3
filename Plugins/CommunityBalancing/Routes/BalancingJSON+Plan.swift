import Balancing
import PluginAPI

extension BalancingJSON {
    /// A plan. With its problem the powers are told by asset; without, in the order of the problem that was sent.
    static func plan(_ plan: Plan, _ problem: BalancingProblem?, begin: Timestamp?, stepNanoseconds: Int64) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        if let begin { json.member("start", begin.description) }
        if stepNanoseconds > 0 { json.member("step_minutes", Double(stepNanoseconds) / 60e9) }
        json.member("objective", plan.objective)
        json.member("gap", plan.gap)
        json.member("proved", plan.isProved)
        numbers("exchange_kw", plan.exchangeKW, &json)
        numbers("price_of_energy", plan.priceOfEnergy, &json)
        json.key("powers_kw")
        if let problem { named(plan, problem, &json) } else { ordered(plan, &json) }
        if let problem {
            json.key("batteries")
            json.beginArray()
            for battery in problem.batteries { json.value(battery.id) }
            json.endArray()
        }
        json.key("stored_kwh")
        json.beginArray()
        for energies in plan.storedKWh { list(energies, &json) }
        json.endArray()
        packages(plan, &json)
        wishes(plan, &json)
        json.endObject()
        return json
    }

    private static func list(_ values: [Double], _ json: inout JSONWriter) {
        json.beginArray()
        for value in values { json.value((value * 1e6).rounded() / 1e6) }
        json.endArray()
    }

    private static func numbers(_ key: String, _ values: [Double], _ json: inout JSONWriter) {
        json.key(key)
        list(values, &json)
    }

    private static func named(_ plan: Plan, _ problem: BalancingProblem, _ json: inout JSONWriter) {
        json.beginObject()
        for (battery, powers) in zip(problem.batteries, plan.batteryKW) { numbers(battery.id, powers, &json) }
        for (task, powers) in zip(problem.tasks, plan.taskKW) { numbers(task.id, powers, &json) }
        for (heater, powers) in zip(problem.heaters, plan.heaterKW) { numbers(heater.id, powers, &json) }
        for (load, powers) in zip(problem.reducibleLoads, plan.reducedKW) { numbers(load.id, zip(load.loadKW, powers).map { $0 - $1 }, &json) }
        for (household, curtailed) in zip(problem.households, plan.curtailedKW) where !household.pvKW.isEmpty {
            numbers(household.id, zip(household.pvKW, curtailed).map { $1 - $0 }, &json)
        }
        json.endObject()
    }

    private static func ordered(_ plan: Plan, _ json: inout JSONWriter) {
        json.beginObject()
        for (key, powers) in [("batteries", plan.batteryKW), ("tasks", plan.taskKW), ("heaters", plan.heaterKW), ("curtailed", plan.curtailedKW)] {
            json.key(key)
            json.beginArray()
            for series in powers { list(series, &json) }
            json.endArray()
        }
        json.endObject()
    }

    private static func packages(_ plan: Plan, _ json: inout JSONWriter) {
        json.key("packages")
        json.beginArray()
        for package in plan.packages {
            json.beginObject()
            json.member("id", package.id)
            json.member("start_step", package.start)
            json.member("steps", package.duration)
            json.member("power_kw", package.powerKW)
            json.endObject()
        }
        json.endArray()
    }

    private static func wishes(_ plan: Plan, _ json: inout JSONWriter) {
        json.key("violations")
        json.beginArray()
        for wish in plan.violations {
            json.beginObject()
            json.member("kind", wish.kind.rawValue)
            json.member("subject", wish.subject)
            json.member("from_step", wish.steps.lowerBound)
            json.member("to_step", wish.steps.upperBound)
            json.member("wanted", wish.wanted)
            json.member("planned", wish.planned)
            json.member("unit", wish.unit)
            json.member("because", wish.because)
            json.member("sentence", wish.sentence)
            json.endObject()
        }
        json.endArray()
        json.key("binding")
        json.beginArray()
        for limit in plan.binding {
            json.beginObject()
            json.member("limit", limit.name)
            json.member("from_step", limit.steps.lowerBound)
            json.member("to_step", limit.steps.upperBound)
            json.member("shadow_price", limit.shadowPrice)
            json.member("unit", limit.unit)
            json.endObject()
        }
        json.endArray()
    }
}
