import PluginAPI

/// A request in the JSON of pymfm (SOGNO's microgrid flexibility management), read and answered with the physics right.
///
/// What differs from pymfm, on purpose: charging stores `η · P · Δt` and discharging takes `P / η · Δt`, so that energy is conserved below an efficiency of
/// one; bulk energy is counted at the transformer; what can't be fulfilled is answered by the nearest plan; `P_bat > 0` is charging in every mode.
public struct PymfmDocument: Sendable {
    let id: String
    let logic: Logic
    let mode: Mode
    let start: Timestamp
    let end: Timestamp
    let batteries: [PymfmBattery]
    let values: [Value]
    let isCurtailable: Bool
    let dayEnd: Timestamp?
    let bulk: (start: Timestamp, end: Timestamp, energyKWh: Double)?
    let bands: [(time: Timestamp, upper: Double?, lower: Double?)]
    let request: (time: Timestamp, requestedKW: Double, hours: Double, measuredKW: Double)?

    enum Logic: String, CaseIterable { case ruleBased = "rule_based", optimizationBased = "optimization_based" }
    enum Mode: String, CaseIterable { case nearRealTime = "near_real_time", scheduling }

    /// Generation and load of a step.
    struct Value: Sendable {
        let time: Timestamp
        let generationKW: Double
        let loadKW: Double
    }

    /// - Throws: ``BalancingError`` with the place and what was expected.
    public init(_ bytes: UnsafeRawBufferPointer) throws(BalancingError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(bytes) } catch { throw .invalid("the request is not JSON, \(error)") }
        let object = try PymfmObject(root, "")
        guard root["application"]?.text ?? "pymfm" == "pymfm" else { throw .invalid("application is '\(root["application"]?.text ?? "")', expected pymfm") }
        id = root["id"]?.text ?? ""
        logic = try object.choice("control_logic", Logic.self)
        mode = try object.choice("operation_mode", Mode.self)
        (start, end) = (try object.time("uc_start"), try object.time("uc_end"))
        batteries = try object.list("battery_specs").map { item throws(BalancingError) in try PymfmBattery(item) }
        let given = root["generation_and_load"]
        isCurtailable = given?["pv_curtailment"]?.boolean ?? root["pv_curtailment"]?.boolean ?? false
        let (first, last) = (start, end)
        values = try PymfmObject.list(given?["values"], "generation_and_load.values").map { item throws(BalancingError) in
            Value(time: try item.time("timestamp"), generationKW: try item.number("P_gen_kW"), loadKW: try item.number("P_load_kW"))
        }.filter { $0.time >= first && $0.time <= last }
        dayEnd = root["day_end"] == nil ? nil : try object.time("day_end")
        bulk = try root["bulk"].map { value throws(BalancingError) in
            let bulk = try PymfmObject(value, "bulk")
            return (try bulk.time("bulk_start"), try bulk.time("bulk_end"), try bulk.number("bulk_energy_kWh"))
        }
        bands = try PymfmObject.list(root["P_net_after_kW_limitation"], "P_net_after_kW_limitation").map { item throws(BalancingError) in
            (try item.time("timestamp"), item.value["upper_bound"]?.number, item.value["lower_bound"]?.number)
        }
        request = try root["measurements_request"].map { value throws(BalancingError) in
            let request = try PymfmObject(value, "measurements_request")
            return (try request.time("timestamp"), try request.number("P_req_kW"), try request.number("delta_T_h"), try request.number("P_net_meas_kW"))
        }
        guard mode == .nearRealTime || values.count > 1 else { throw .invalid("generation_and_load.values has fewer than two values from uc_start to uc_end") }
        guard mode == .scheduling || request != nil else { throw .invalid("measurements_request is missing, which near_real_time needs") }
    }
}

/// A battery as pymfm describes it: states of charge in per cent, `cbes` of the community, `hbes` of a household, which only charges.
struct PymfmBattery: Sendable {
    let id: String
    let isHousehold: Bool
    let initialKWh: Double
    let finalKWh: Double?
    let windowKWh: ClosedRange<Double>
    let capacityKWh: Double
    let chargeKW: Double
    let dischargeKW: Double
    let chargeEfficiency: Double
    let dischargeEfficiency: Double

    init(_ object: PymfmObject) throws(BalancingError) {
        id = object.value["id"]?.text ?? "bat"
        isHousehold = object.value["bat_type"]?.text == "hbes"
        capacityKWh = try object.number("bat_capacity_kWh")
        let (least, most) = (try object.number("min_SoC"), try object.number("max_SoC"))
        guard least <= most, least >= 0, most <= 100, capacityKWh > 0 else {
            throw .invalid("\(object.path) has a window from \(least) to \(most) % of \(capacityKWh) kWh, expected per cent in their order of a positive energy")
        }
        windowKWh = (least / 100 * capacityKWh)...(most / 100 * capacityKWh)
        initialKWh = try object.number("initial_SoC") / 100 * capacityKWh
        finalKWh = object.value["final_SoC"]?.number.map { [capacityKWh] in $0 / 100 * capacityKWh }
        (chargeKW, dischargeKW) = (try object.number("P_ch_max_kW"), try object.number("P_dis_max_kW"))
        (chargeEfficiency, dischargeEfficiency) = (try object.number("ch_efficiency"), try object.number("dis_efficiency"))
        guard (0.01...1).contains(chargeEfficiency), (0.01...1).contains(dischargeEfficiency), chargeKW >= 0, dischargeKW >= 0 else {
            throw .invalid("\(object.path) has the efficiencies \(chargeEfficiency) and \(dischargeEfficiency), expected parts up to 1, and powers from 0")
        }
    }

    /// The energy after a power at its terminals for a time.
    func energy(after power: Double, hours: Double, from energy: Double) -> Double {
        energy + (power >= 0 ? power * chargeEfficiency : power / dischargeEfficiency) * hours
    }

    /// The power nearest to `wanted` that its limits allow for a time.
    func allowed(_ wanted: Double, hours: Double, from energy: Double) -> Double {
        let most = max(0, min(chargeKW, (windowKWh.upperBound - energy) / chargeEfficiency / hours))
        let least = -max(0, min(dischargeKW, (energy - windowKWh.lowerBound) * dischargeEfficiency / hours))
        return min(max(wanted, least), most)
    }
}

/// An object of the document with its place.
struct PymfmObject {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, _ path: String) throws(BalancingError) {
        guard value.members != nil else { throw .invalid("\(path.isEmpty ? "the request" : path) is \(value.kind), expected an object") }
        self.value = value
        self.path = path
    }

    static func list(_ value: JSONValue?, _ path: String) throws(BalancingError) -> [PymfmObject] {
        guard let value else { return [] }
        guard let elements = value.elements else { throw .invalid("\(path) is \(value.kind), expected a list") }
        var list: [PymfmObject] = []
        for (index, element) in elements.enumerated() { list.append(try PymfmObject(element, "\(path).\(index)")) }
        return list
    }

    func list(_ key: String) throws(BalancingError) -> [PymfmObject] { try Self.list(value[key], place(key)) }

    private func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func number(_ key: String) throws(BalancingError) -> Double {
        guard let number = value[key]?.number else { throw .invalid("\(place(key)) is \(value[key]?.kind ?? "missing"), expected a number") }
        return number
    }

    func time(_ key: String) throws(BalancingError) -> Timestamp {
        guard let text = value[key]?.text, let time = Array(text.utf8).withUnsafeBytes({ Timestamp(iso8601: $0, offsetIfMissing: 0) }) else {
            throw .invalid("\(place(key)) is \(value[key]?.text.map { "'\($0)'" } ?? "missing"), expected a time such as 2021-04-01T00:00:00Z")
        }
        return time
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) throws(BalancingError) -> Choice where Choice.RawValue == String {
        guard let choice = value[key]?.text.flatMap(Choice.init(rawValue:)) else {
            throw .invalid("\(place(key)) is '\(value[key]?.text ?? "")', expected one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }
}
