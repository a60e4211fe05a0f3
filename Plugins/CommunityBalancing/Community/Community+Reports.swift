import Balancing
import PluginAPI

extension Community {
    /// Tells something to the operators.
    func note(_ kind: String, _ asset: String, _ sentence: String, _ now: Timestamp) {
        events.append(BalancingEvent(time: now, kind: kind, asset: asset, sentence: sentence))
        if events.count > 200 { events.removeFirst(events.count - 200) }
        untold += 1
    }

    func takeReport(_ report: JSONValue, of id: String, _ now: Timestamp) throws(ServiceError) {
        guard var asset = assets[id] else { return }
        try asset.take(report, now: now, settling: Double(settings.period.nanoseconds) / 1e9)
        let needed = assets[id]?.needKWh ?? 0
        if asset.description.kind == .vehicle, (asset.needKWh ?? 0 > 0) != (needed > 0) { replan("the vehicle \(id) \(needed > 0 ? "left" : "came")") }
        if asset.absence == .unheard || asset.absence == .silent {
            if asset.absence == .silent { note("returned", id, "the asset '\(id)' reports again: it is taken back in", now) }
            asset.absence = nil
            asset.told = nil
            asset.beginWatch()
            replan("the asset \(id) is there")
        }
        assets[id] = asset
        switch asset.description.kind {
        case .photovoltaics where asset.isSunHidden: break
        case .photovoltaics: assetProfiles[id, default: DayProfile(zone: settings.zone)].take(asset.availableKW, at: now)
        case .load: assetProfiles[id, default: DayProfile(zone: settings.zone)].take(max(0, asset.powerKW), at: now)
        default: break
        }
    }

    /// Takes `{"power_kw"}`, or a PMU's message with its active powers. It counts from when it was measured, as its `timestamp` says.
    func takeExchange(_ message: JSONValue, _ received: Timestamp) throws(ServiceError) {
        guard let power = message["power_kw"]?.number ?? Self.activePower(message, component: settings.exchangeComponent) else {
            throw .invalidArgument("it has neither power_kw nor readings of activepower")
        }
        guard abs(power) < 1e6 else { throw .invalidArgument("the exchange is \(power) kW, beyond a million") }
        let time = measured(message, received)
        exchange = (power, time)
        profile.take(power - assets.values.reduce(0) { $0 + ($1.reported == nil ? 0 : $1.assumedKW(at: time)) }, at: received)
    }

    /// When a message's values were measured; when it came, where it says nothing, or a clock is wrong.
    private func measured(_ message: JSONValue, _ received: Timestamp) -> Timestamp {
        let told = message["timestamp"]
        guard let time = told?.text.flatMap({ Timestamp(message: $0) }) ?? told?.integer.flatMap({ Timestamp(messageMilliseconds: Int64($0)) }), time < received,
            Double((received - time).nanoseconds) / 1e9 < settings.silentSeconds / 2
        else { return received }
        return time
    }

    /// The sum of the phases' active powers, kW; nil if there is none.
    private static func activePower(_ message: JSONValue, component: String?) -> Double? {
        var (sum, count) = (0.0, 0)
        for reading in message["readings"]?.elements ?? [] {
            guard reading["measurand"]?.text == "activepower", component == nil || reading["component"]?.text == component else { continue }
            guard let watts = reading["data"]?.number ?? reading["data"]?.text.flatMap(Double.init) else { continue }
            sum += watts / 1000
            count += 1
        }
        return count > 0 ? sum : nil
    }

    /// Asks for a new plan.
    func replan(_ reason: String) {
        if replanReason == nil { replanReason = reason }
    }

    /// Assets that report no more, that do not follow, and that somebody else commands, are planned around.
    func watch(_ now: Timestamp) {
        for id in assets.keys.sorted() {
            guard var asset = assets[id] else { continue }
            if let reported = asset.reported, asset.absence != .silent, (now - reported).nanoseconds > Int64(settings.silentSeconds * 1e9) {
                leave(&asset, .silent, "the asset '\(id)' has not reported for \(Int(settings.silentSeconds)) s: it is planned around", now)
            }
            if let until = asset.blockedUntil, until <= now {
                asset.blockedUntil = nil
                if asset.absence == .blocked { comeBack(&asset, "the asset '\(id)' is free again: it is taken back in", now) }
            }
            watchFollowing(&asset, now)
            assets[id] = asset
        }
    }

    /// An asset that differs from its set-point for too long is planned around, unless it does what it was told within that time: the fast loop tells
    /// another power each turn, and one that lags is always at one of those before.
    private func watchFollowing(_ asset: inout AssetRecord, _ now: Timestamp) {
        guard trigger != nil, let wanted = asset.setPointKW, let reported = asset.reported, asset.absence == nil || asset.absence == .deviating else { return }
        let tolerance = max(toleranceKW, 0.05 * max(asset.description.maximumKW, asset.description.feedKW))
        let error = asset.error(against: wanted...wanted)
        guard error > tolerance else {
            asset.deviatesSince = nil
            if asset.absence == .deviating { comeBack(&asset, "the asset '\(asset.id)' follows its set-point again: it is taken back in", now) }
            return
        }
        // What it does is known from its reports alone, and a report of before it was told says nothing.
        let since = asset.deviatesSince ?? max(reported, asset.told ?? reported)
        asset.deviatesSince = since
        // A ramp is allowed its time.
        let ramp = asset.description.rampKWPerSecond.isFinite ? error / asset.description.rampKWPerSecond : 0
        let patience = settings.followSeconds + ramp
        guard asset.absence == nil, (reported - since).nanoseconds > Int64(patience * 1e9),
            let told = asset.toldLately.range(over: patience, until: now), asset.error(against: told) > tolerance
        else { return }
        let acknowledged = asset.isAcknowledged ? "acknowledged" : "did not acknowledge"
        leave(&asset, .deviating, "the asset '\(asset.id)' does \(shown(asset.powerKW)) instead of \(shown(wanted)) kW, which it \(acknowledged): it is planned around", now)
    }

    func leave(_ asset: inout AssetRecord, _ absence: AssetRecord.Absence, _ sentence: String, _ now: Timestamp) {
        asset.absence = absence
        note(absence.rawValue, asset.id, sentence, now)
        replan(sentence)
    }

    private func comeBack(_ asset: inout AssetRecord, _ sentence: String, _ now: Timestamp) {
        asset.absence = nil
        asset.beginWatch()
        note("returned", asset.id, sentence, now)
        replan(sentence)
    }
}

/// A number for sentences.
func shown(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
}
