import Balancing
import PluginAPI

/// An asset as it reports itself, and how it obeys.
struct AssetRecord {
    let description: AssetDescription
    /// Whether it stands in the manifest, or announced itself.
    let isAnnounced: Bool
    private(set) var reported: Timestamp?
    /// What it does, kW, positive into it.
    private(set) var powerKW = 0.0
    private(set) var bandKW: ClosedRange<Double>
    /// Energy of a battery or heat of a store, kWh.
    private(set) var energyKWh: Double
    /// Of a vehicle: what it needs, until when; nil while it is not there.
    private(set) var needKWh: Double?
    private(set) var departure: Timestamp?
    /// What photovoltaics could generate now, kW; where they don't say, what they generate.
    private(set) var availableKW = 0.0
    private var isAvailableTold = false
    /// The last set-point and when it was told; whether the asset said that it has it.
    private(set) var setPointKW: Double?
    var told: Timestamp?
    private(set) var isAcknowledged = false
    private(set) var missedAcknowledgements = 0
    /// Its power as known from reports and acknowledged set-points, and whether the last report was what they made one expect.
    private var course = PowerCourse()
    private var doesAsTold = true
    /// Since when it does not do what it was told, and what that was lately.
    var deviatesSince: Timestamp?
    var toldLately = RecentSetPoints()
    /// Why it is planned around; nil if it is not.
    var absence: Absence?
    /// Somebody else commands it until then.
    var blockedUntil: Timestamp?
    /// The number of the command that holds it.
    var command: UInt64 = 0

    /// Why an asset is planned around.
    enum Absence: String {
        case unheard, silent, deviating, blocked
    }

    init(_ description: AssetDescription, isAnnounced: Bool) {
        self.description = description
        self.isAnnounced = isAnnounced
        bandKW = -description.feedKW...description.maximumKW
        energyKWh = description.capacityKWh * (description.kind == .battery || description.kind == .heater ? 0.5 : 0)
        absence = .unheard
    }

    /// Takes a report: `{"power_kw", "band_kw": [low, high], "soc_percent" | "energy_kwh", "need_kwh", "departs", "available_kw"}`.
    /// - Parameter settling: for so many seconds after a set-point it may still report what it did before.
    /// - Throws: ``Status/invalidArgument`` with what is wrong.
    mutating func take(_ report: JSONValue, now: Timestamp, settling: Double) throws(ServiceError) {
        guard let power = report["power_kw"]?.number, power.isFinite, abs(power) < 1e6 else {
            throw .invalidArgument("power_kw is \(report["power_kw"]?.kind ?? "missing"), expected the power in kW")
        }
        if let band = report["band_kw"] {
            guard let low = band[0]?.number, let high = band[1]?.number, low <= high else { throw .invalidArgument("band_kw is no pair of kW in their order") }
            let own = -description.feedKW...description.maximumKW
            bandKW = max(own.lowerBound, min(low, own.upperBound))...max(max(own.lowerBound, min(low, own.upperBound)), min(high, own.upperBound))
        }
        if let part = report["soc_percent"]?.number { energyKWh = max(0, min(1, part / 100)) * description.capacityKWh }
        // More than it holds would be planned to be given.
        if let energy = report["energy_kwh"]?.number { energyKWh = max(0, min(energy, description.capacityKWh > 0 ? description.capacityKWh : energy)) }
        needKWh = report["need_kwh"]?.number.map { max(0, $0) }
        departure = report["departs"]?.text.flatMap { Timestamp(message: $0) }
        isAvailableTold = report["available_kw"]?.number != nil
        availableKW = max(0, report["available_kw"]?.number ?? -power)
        powerKW = power
        reported = now
        if let expected = course.expectedKW(at: now, settling: settling) { doesAsTold = error(against: expected) <= 0.05 * max(description.maximumKW, description.feedKW) }
        course.take(reportKW: power, at: now)
    }

    /// Notes a set-point that the arbiter took, and the number of its command.
    /// - Parameter seconds: whether it follows is judged over this time.
    mutating func tell(_ kilowatts: Double, command: UInt64, now: Timestamp, watchedOver seconds: Double) {
        toldLately.append(kilowatts, at: now, over: seconds)
        (setPointKW, told, self.command, isAcknowledged) = (kilowatts, now, command, false)
    }

    /// It said that it has the set-point.
    mutating func acknowledge(at time: Timestamp) {
        (isAcknowledged, missedAcknowledgements) = (true, 0)
        guard let setPointKW else { return }
        course.take(setPointKW: max(bandKW.lowerBound, min(setPointKW, bandKW.upperBound)), at: time, rampKWPerSecond: description.rampKWPerSecond)
    }

    /// It did not in time.
    mutating func missAcknowledgement() { missedAcknowledgements += 1 }

    /// Nobody tells it anything any more.
    mutating func release() {
        (command, setPointKW, told) = (0, nil, nil)
        beginWatch()
    }

    var id: String { description.id }
    /// Whether the plan may reckon with it.
    var isAvailable: Bool { absence == nil }

    /// What a battery could take and give at its terminals, kWh.
    var roomKWh: (above: Double, below: Double)? {
        guard description.kind == .battery else { return nil }
        let window = description.window
        return (
            max(0, window.upperBound * description.capacityKWh - energyKWh) / description.chargeEfficiency,
            max(0, energyKWh - window.lowerBound * description.capacityKWh) * description.dischargeEfficiency)
    }

    /// Whether a bound hides what photovoltaics could generate: they are at it, and don't say.
    var isSunHidden: Bool {
        guard !isAvailableTold, let bound = setPointKW, bound > -description.feedKW else { return false }
        return powerKW < bound + max(0.1, 0.02 * description.feedKW)
    }

    /// What photovoltaics would generate unbounded, kW; their rating where a bound hides it.
    var generatingKW: Double { isSunHidden ? description.feedKW : max(availableKW, -powerKW) }

    /// Whether it follows is judged from now on.
    mutating func beginWatch() {
        (deviatesSince, toldLately, course, doesAsTold) = (nil, RecentSetPoints(), PowerCourse(), true)
        if let reported { course.take(reportKW: powerKW, at: reported) }
    }

    /// What it did at a time, kW. Of one that does as it is told and acknowledges it, that is the set-point which it had by then, reached by its ramp:
    /// houses report each minute and are told something else each ten seconds, and the loop would swing if it took the old power for the present one.
    func assumedKW(at time: Timestamp) -> Double {
        guard isAvailable, doesAsTold, missedAcknowledgements == 0 else { return powerKW }
        switch description.kind {
        case .battery, .vehicle, .heater: return course.powerKW(at: time) ?? powerKW
        case .load: return powerKW
        case .photovoltaics:
            // A bound of what the sun gives.
            guard isAvailableTold, let bound = course.setPointKW(at: time) else { return powerKW }
            return max(bound, -availableKW)
        }
    }

    /// What it was to do at a time as far as it said that it has it, kW; nil while it acknowledged nothing.
    func toldKW(at time: Timestamp) -> Double? {
        guard description.kind != .load, missedAcknowledgements == 0 else { return nil }
        if let setPoint = course.setPointKW(at: time) { return setPoint }
        // What it was told before is not known any more, or it was nothing.
        return course.hasSetPoint(after: time) ? assumedKW(at: time) : nil
    }

    /// The set-point that it may or may not have followed by the time at which the exchange was measured, kW; nil if there is none. It has acknowledged it
    /// since then, or may still do so.
    func awaitedKW(at measured: Timestamp, _ now: Timestamp, acknowledgeSeconds: Double) -> Double? {
        guard description.kind != .load, command != 0, missedAcknowledgements == 0, let told else { return nil }
        if isAcknowledged { return course.hasSetPoint(after: measured) ? setPointKW : nil }
        return Double((now - told).nanoseconds) / 1e9 < acknowledgeSeconds ? setPointKW : nil
    }

    /// By how much it does something else than set-points between two powers, as far as its band allows them, kW. Of photovoltaics and reducible
    /// loads a set-point is a bound of generation or load.
    func error(against told: ClosedRange<Double>) -> Double {
        let low = max(bandKW.lowerBound, min(told.lowerBound, bandKW.upperBound)), high = max(bandKW.lowerBound, min(told.upperBound, bandKW.upperBound))
        switch description.kind {
        case .photovoltaics: return max(0, low - powerKW)
        case .load: return max(0, powerKW - high)
        case .battery, .vehicle, .heater: return max(0, low - powerKW, powerKW - high)
        }
    }
}
