import PluginAPI

extension CommunityBalancing {
    /// Tells the assets their set-points through the arbiter: those that changed, those that are due to be told again, and those that did not acknowledge.
    func command(_ community: Community, setPoints: [String: Double], _ now: Timestamp) {
        var commands: [DeviceCommand] = [], ids: [String] = []
        for (id, wanted) in setPoints.sorted(by: { $0.key < $1.key }) {
            guard let asset = community.assets[id], asset.blockedUntil.map({ $0 <= now }) ?? true, isDue(asset, wanted, community, now) else { continue }
            commands.append(deviceCommand(asset, wanted, community))
            ids.append(id)
        }
        guard !commands.isEmpty else { return }
        do throws(ServiceError) {
            for (index, decision) in try host.commands.submit(commands).enumerated() { note(decision, ids[index], setPoints[ids[index]] ?? 0, community, now) }
            metrics?.note(commands: commands.count)
        } catch {
            community.note("commands", "", "set-points can't be given: \(error)", now)
        }
    }

    private func isDue(_ asset: AssetRecord, _ wanted: Double, _ community: Community, _ now: Timestamp) -> Bool {
        guard let last = asset.setPointKW, let told = asset.told, asset.command != 0 else { return true }
        let age = Double((now - told).nanoseconds) / 1e9
        if age >= community.settings.repeatSeconds || (!asset.isAcknowledged && asset.missedAcknowledgements > 0 && age >= community.settings.acknowledgeSeconds) { return true }
        guard age >= asset.description.intervalSeconds else { return false }
        return abs(wanted - last) > max(0.01, 0.002 * max(asset.description.maximumKW, asset.description.feedKW))
    }

    private func deviceCommand(_ asset: AssetRecord, _ wanted: Double, _ community: Community) -> DeviceCommand {
        let hold = 3 * max(community.settings.repeatSeconds, Double(community.settings.period.nanoseconds) / 1e9, asset.description.intervalSeconds)
        var command = DeviceCommand(
            .balancing, setPoint: (wanted * 1000).rounded() / 1000, unit: "kW", of: asset.id, hold: .nanoseconds(Int64(hold * 1e9)))
        command.reason = "\(community.settings.name): \(community.trigger?.mode.name ?? "balancing")"
        command.confirmation = DeviceCommand.Confirmation(
            topic: "setpoints/\(asset.id)/ack", field: "command", value: "", within: .nanoseconds(Int64(community.settings.acknowledgeSeconds * 1e9)))
        return command
    }

    private func note(_ decision: CommandDecision, _ id: String, _ wanted: Double, _ community: Community, _ now: Timestamp) {
        guard var asset = community.assets[id] else { return }
        if decision.isAccepted {
            asset.tell(wanted, command: decision.command, now: now, watchedOver: community.settings.followSeconds)
        } else {
            block(&asset, decision.sentence, until: now + .seconds(60), community, now)
        }
        community.assets[id] = asset
    }

    /// Somebody with more right commands the asset: it is planned around until then.
    private func block(_ asset: inout AssetRecord, _ why: String, until: Timestamp, _ community: Community, _ now: Timestamp) {
        asset.blockedUntil = until
        asset.release()
        guard asset.absence != .blocked else { return }
        community.leave(&asset, .blocked, "the asset '\(asset.id)' is not ours to command (\(why)): it is planned around", now)
    }

    func commands(changed outcomes: [CommandOutcome], lost: UInt64) throws {
        let now = host.clock.now
        for outcome in outcomes {
            guard let community = communities.first(where: { $0.assets[outcome.device]?.command == outcome.command }), var asset = community.assets[outcome.device] else { continue }
            switch outcome.kind {
            case .confirmed: asset.acknowledge(at: outcome.time)
            case .notConfirmed:
                asset.missAcknowledgement()
                metrics?.noteMissed()
                if asset.missedAcknowledgements == 3 {
                    community.note("unacknowledged", asset.id, "the asset '\(asset.id)' has acknowledged none of its last 3 set-points: they are repeated", now)
                }
            case .superseded where outcome.by != name && !outcome.by.isEmpty && outcome.byClass.map({ $0 > .balancing }) == true:
                block(&asset, "\(outcome.by) has it", until: outcome.until ?? now + .seconds(60), community, now)
            case .expired, .cancelled, .failed, .refused: asset.command = 0
            default: break
            }
            community.assets[outcome.device] = asset
        }
        flush()
    }
}
