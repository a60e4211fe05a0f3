import Balancing
import PluginAPI

extension CommunityBalancing {
    /// Takes a mode; what ran before ends with its report.
    func begin(_ trigger: Trigger, _ community: Community, _ now: Timestamp) {
        endRun(community, now, reason: "mode \(trigger.mode.rawValue) of \(trigger.source)")
        community.chosenPackages = [:]
        community.announcedKWh = [:]
        community.slotEnergyKWh = [:]
        community.indicators = RunIndicators(limitKW: max(community.settings.importLimitKW, community.settings.exportLimitKW))
        community.tracker = ExchangeTracker(Community.trackerSettings(community.settings))
        community.step = nil
        guard trigger.mode != .stop else {
            community.trigger = nil
            community.plan = nil
            release(community)
            keep(nil, community)
            community.note("mode", "", "balancing is stopped by \(trigger.source): the assets are released", now)
            return publishState(community, now)
        }
        community.trigger = trigger
        community.lastLoop = nil
        keep(trigger, community)
        community.note("mode", "", "mode \(trigger.mode.rawValue) (\(trigger.mode.name)) by \(trigger.source)", now)
        community.replan("the mode")
        plan(community, now)
        publishState(community, now)
    }

    /// Ends a mode whose time is over, and begins those of the daily schedule.
    func followClock(_ community: Community, _ now: Timestamp) {
        if let end = community.trigger?.end, end <= now { stopMode(community, now, "its time is over") }
        let looked = community.scheduleLooked ?? now
        community.scheduleLooked = now
        let day: Int64 = 86_400_000_000_000
        for entry in community.settings.schedule {
            let time = Timestamp(nanoseconds: now.nanoseconds / day * day + Int64(entry.secondOfDay) * 1_000_000_000)
            guard looked < time, time <= now, let trigger = try? Trigger(entry.trigger, text: "", source: "schedule", now: now) else { continue }
            begin(trigger, community, now)
        }
    }

    func stopMode(_ community: Community, _ now: Timestamp, _ reason: String) {
        endRun(community, now, reason: reason)
        community.trigger = nil
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
            community.assets[id]?.command = 0
            community.assets[id]?.setPointKW = nil
            community.assets[id]?.told = nil
            community.assets[id]?.deviatesSince = nil
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
            guard let trigger, !trigger.text.isEmpty else { return try host.keyValues.remove(key) }
            var json = JSONWriter()
            json.beginObject()
            json.member("begin", trigger.begin.description)
            json.member("source", trigger.source)
            json.member("text", trigger.text)
            json.endObject()
            try host.keyValues.put(key, json.bytes)
        } catch {
            host.log.warning("the mode of \(community.settings.name) would not outlive a restart: \(error)")
        }
    }

    /// Takes up the modes that ran before a restart.
    func restoreTriggers() {
        for community in communities {
            guard let bytes = (try? host.keyValues.get("mode/\(community.settings.name)")) ?? nil,
                let kept = try? bytes.withUnsafeBytes({ try JSONValue($0) }), let text = kept["text"]?.text,
                let begin = kept["begin"]?.text.flatMap({ Array($0.utf8).withUnsafeBytes { Timestamp(iso8601: $0, offsetIfMissing: 0) } }),
                let trigger = try? Array(text.utf8).withUnsafeBytes({ try Trigger($0, source: kept["source"]?.text ?? "", now: begin) }),
                trigger.end.map({ $0 > host.clock.now }) ?? true
            else { continue }
            community.trigger = trigger
            community.replan("the service began")
        }
    }

    func communityTopic(_ community: Community, _ leaf: String) -> String {
        "\(settings?.topics.communities ?? "communities")/\(community.settings.name)/\(leaf)"
    }
}
