import Balancing
import PluginAPI
import SiteCalendar

extension CommunityBalancing {
    /// Takes a mode; what ran before ends with its report.
    func begin(_ trigger: Trigger, _ community: Community, _ now: Timestamp) {
        // What the schedule said until now is not to begin again after a restart.
        community.scheduleKept = nil
        keepScheduleLook(community, now)
        endRun(community, now, reason: "mode \(trigger.mode.rawValue) of \(trigger.source)")
        // What goes on afterwards is the mode that was there before the first of those that are to be gone back from.
        community.interrupted = !trigger.resumes ? nil : community.trigger?.resumes == true ? community.interrupted : community.trigger
        community.beginRun()
        guard trigger.mode != .stop else {
            community.trigger = nil
            community.plan = nil
            release(community)
            keep(nil, community)
            community.note("mode", "", "balancing is stopped by \(trigger.source): the assets are released", now)
            return publishState(community, now)
        }
        community.trigger = trigger
        keep(trigger, community)
        community.note("mode", "", "mode \(trigger.mode.rawValue) (\(trigger.mode.name)) by \(trigger.source)", now)
        community.replan("the mode")
        plan(community, now)
        publishState(community, now)
    }

    /// Ends a mode whose time is over, and begins those of the daily schedule.
    func followClock(_ community: Community, _ now: Timestamp) {
        if let end = community.trigger?.end, end <= now {
            let before = community.interrupted
            stopMode(community, now, "its time is over")
            if let before, before.end.map({ now < $0 }) ?? true { begin(before, community, now) }
        }
        let looked = community.scheduleLooked ?? keptScheduleLook(community, now) ?? now
        community.scheduleLooked = now
        keepScheduleLook(community, now)
        guard !community.settings.schedule.isEmpty else { return }
        let zone = community.settings.zone
        let today = zone.local(Int(now.nanoseconds / 1_000_000_000)).day
        // The last of those that are due counts, also where a turn of the loop passes midnight.
        var due: (time: Timestamp, entry: DailyTrigger, day: CivilDate)?
        for day in [today.adding(days: -1), today] {
            for entry in community.settings.schedule where entry.weekdays.isEmpty || entry.weekdays.contains(day.weekday) {
                let time = entry.begin(on: day, zone)
                if looked < time, time <= now, due.map({ $0.time <= time }) ?? true { due = (time, entry, day) }
            }
        }
        guard let due else { return }
        do throws(ServiceError) {
            // One that was due while the service was not there ends when it was to end.
            let trigger = try due.entry.trigger(on: due.day, zone, now: due.time)
            if trigger.end.map({ now < $0 }) ?? true { begin(trigger, community, now) }
        } catch {
            community.note("mode", "", "the daily schedule's mode can't begin: \(error.sentence)", now)
        }
    }

    private static let longestAbsence = Duration.seconds(86_400)

    /// Keeps how far the schedule was looked at, each quarter of an hour, so that what is due during a restart begins after it.
    private func keepScheduleLook(_ community: Community, _ now: Timestamp) {
        guard !community.settings.schedule.isEmpty, community.scheduleKept.map({ now - $0 >= .seconds(900) || now < $0 }) ?? true else { return }
        community.scheduleKept = now
        do throws(ServiceError) { try host.keyValues.put("looked/\(community.settings.name)", Array(now.description.utf8)) } catch {
            host.log.warning("how far the schedule of \(community.settings.name) was looked at would not outlive a restart: \(error)")
        }
    }

    /// Up to when the schedule was looked at before a restart; nil where that is too long ago to make up for, or was another time than the past.
    private func keptScheduleLook(_ community: Community, _ now: Timestamp) -> Timestamp? {
        guard !community.settings.schedule.isEmpty, let kept = (try? host.keyValues.get("looked/\(community.settings.name)")) ?? nil,
            let looked = Timestamp(message: String(decoding: kept, as: UTF8.self)), looked <= now, now - looked <= Self.longestAbsence
        else { return nil }
        return looked
    }

    func stopMode(_ community: Community, _ now: Timestamp, _ reason: String) {
        endRun(community, now, reason: reason)
        community.trigger = nil
        community.interrupted = nil
        community.plan = nil
        community.targetKW = nil
        community.step = nil
        release(community)
        keep(nil, community)
        community.note("mode", "", "the mode ends: \(reason)", now)
    }

    /// The assets are free: nobody holds them for the service.
    private func release(_ community: Community) {
        for id in community.assets.keys.sorted() {
            guard let command = community.assets[id]?.command, command != 0 else { continue }
            // One that has ended meanwhile is free already.
            try? host.commands.cancel(command)
            community.assets[id]?.release()
        }
    }

    /// Closes the books of a run: indicators in the store, in the list, on the databus.
    private func endRun(_ community: Community, _ now: Timestamp, reason: String) {
        guard let trigger = community.trigger, community.indicators.hours > 0 else { return }
        for (name, announced) in community.announcedKWh.sorted(by: { $0.key < $1.key }) {
            community.indicators.add(slot: name, announcedKWh: announced, deliveredKWh: community.slotEnergyKWh[name] ?? 0)
        }
        let run = community.runs.add(trigger.mode, from: trigger.begin, to: now, community.indicators, reason: reason)
        storeRun(run, community, now)
        outgoing.append(communityTopic(community, "runs"), BalancingJSON.run(run).bytes)
    }

    /// The mode outlives a restart.
    private func keep(_ trigger: Trigger?, _ community: Community) {
        let key = "mode/\(community.settings.name)"
        do throws(ServiceError) {
            guard let trigger else { return try host.keyValues.remove(key) }
            var json = JSONWriter()
            json.beginObject()
            Self.write(trigger, &json)
            if let interrupted = community.interrupted {
                json.key("then")
                json.beginObject()
                Self.write(interrupted, &json)
                json.endObject()
            }
            json.endObject()
            try host.keyValues.put(key, json.bytes)
        } catch {
            host.log.warning("the mode of \(community.settings.name) would not outlive a restart: \(error)")
        }
    }

    private static func write(_ trigger: Trigger, _ json: inout JSONWriter) {
        json.member("begin", trigger.begin.description)
        json.member("source", trigger.source)
        json.member("text", trigger.text)
    }

    /// A mode that was kept; nil if it has ended meanwhile.
    private func kept(_ value: JSONValue?) -> Trigger? {
        guard let value, let text = value["text"]?.text,
            let begin = value["begin"]?.text.flatMap({ Timestamp(message: $0) }),
            let trigger = try? Array(text.utf8).withUnsafeBytes({ try Trigger($0, source: value["source"]?.text ?? "", now: begin) }),
            trigger.end.map({ $0 > host.clock.now }) ?? true
        else { return nil }
        return trigger
    }

    /// Takes up the modes that ran before a restart.
    func restoreTriggers() {
        for community in communities { restoreTrigger(community) }
    }

    func restoreTrigger(_ community: Community) {
        guard let bytes = (try? host.keyValues.get("mode/\(community.settings.name)")) ?? nil,
            let value = try? bytes.withUnsafeBytes({ try JSONValue($0) })
        else { return }
        let (trigger, then) = (kept(value), kept(value["then"]))
        guard let trigger = trigger ?? then else { return }
        community.trigger = trigger
        community.interrupted = trigger.resumes ? then : nil
        community.beginRun()
        community.replan("the service began")
    }

    func communityTopic(_ community: Community, _ leaf: String) -> String {
        "\(settings?.topics.communities ?? "communities")/\(community.settings.name)/\(leaf)"
    }
}
