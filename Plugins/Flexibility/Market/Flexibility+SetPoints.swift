import FlexibilityMarket
import PluginAPI

/// Tells communities and assets what to do: communities by their mode, assets by the command arbiter.
extension Flexibility {
    private static let repeatSeconds: Int64 = 60
    /// How long a community is led to its baseline after an activation.
    private static let returnSeconds: Int64 = 60

    /// Tells each resource that takes part in an activation its set-point, when it is another one, or was not taken.
    func tellSetPoints(_ now: Timestamp) {
        for resource in resources where resource.isDealtIn {
            let ordered = orderedKW(resource, now)
            guard let until = ordered.until else {
                // Between the intervals of a request nothing is asked for.
                if resource.told != nil, let record = active(resource).first { letGo(resource, record, now) }
                continue
            }
            let target = ordered.setPointKW ?? (ordered.baselineKW ?? resource.powerKW ?? 0) + ordered.kilowatts
            guard let told = resource.told, abs(told.kilowatts - target) <= 0.005, told.until == until else {
                tell(resource, target, until, since: now, now)
                continue
            }
            let isTaken = resource.settings.kind == .community ? resource.mode == 2 && resource.targetKW.map { abs($0 - target) < 0.01 } == true : !told.isRefused
            if !isTaken, now - told.told >= .seconds(Self.repeatSeconds) { tell(resource, target, until, since: told.since, now) }
        }
    }

    private func tell(_ resource: Resource, _ target: Double, _ until: Timestamp, since: Timestamp, _ now: Timestamp) {
        guard let settings else { return }
        var setPoint = Resource.SetPoint(kilowatts: target, until: until, since: since, told: now)
        (resource.deviatesSince, resource.isDeviationTold) = (nil, false)
        defer { resource.told = setPoint }
        metrics?.noteSetPoint()
        switch resource.settings.kind {
        case .community:
            // The community ends the mode by itself at `end`, should nobody tell it anything any more.
            var json = JSONWriter()
            json.beginObject()
            json.member("mode", 2)
            json.member("target_kw", (target * 1000).rounded() / 1000)
            json.member("end", (until + settings.activation.period).description)
            json.member("source", name)
            json.endObject()
            outgoing.append("\(settings.topics.communities)/\(resource.id)/mode/set", json.bytes, qos: 1)
        case .asset, .connection:
            var command = DeviceCommand(.balancing, setPoint: (target * 1000).rounded() / 1000, unit: "kW", of: resource.id, hold: until - now)
            command.reason = "flexibility: \(activeNames(resource).joined(separator: ", "))"
            do throws(ServiceError) {
                let decision = try host.commands.submit(command)
                setPoint.command = decision.command
                setPoint.isRefused = !decision.isAccepted
                if !decision.isAccepted { noteAll(resource, "the set-point for '\(resource.id)' is refused: \(decision.sentence)", now) }
            } catch {
                setPoint.isRefused = true
                noteAll(resource, "the set-point for '\(resource.id)' could not be given: \(error)", now)
            }
        }
    }

    func commands(changed outcomes: [CommandOutcome], lost: UInt64) throws {
        let now = host.clock.now
        for outcome in outcomes {
            guard let resource = resources.first(where: { $0.told?.command == outcome.command && $0.id == outcome.device }) else { continue }
            if [.superseded, .failed, .refused].contains(outcome.kind), outcome.by != name {
                resource.told?.isRefused = true
                noteAll(resource, "the set-point of '\(resource.id)' does not hold: \(outcome.sentence)\(outcome.by.isEmpty ? "" : " (\(outcome.by))")", now)
            }
        }
        flush()
    }

    /// Lets go of resources that no other request holds: assets back to their baseline, communities back to their former mode.
    func release(_ record: RequestRecord, _ now: Timestamp) {
        for id in (record.order?.shares ?? [:]).keys.sorted() {
            if let resource = resource(id), orderedKW(resource, now).until == nil { letGo(resource, record, now) }
        }
    }

    /// Lets go of one of a request's resources, if it was told anything.
    private func letGo(_ resource: Resource, _ record: RequestRecord, _ now: Timestamp) {
        guard let settings, let told = resource.told else { return }
        let id = resource.id
        resource.told = nil
        (resource.deviatesSince, resource.isDeviationTold) = (nil, false)
        guard resource.settings.kind == .asset else { return sendBack(record, id, settings, now) }
        let baseline = record.formerPowers[id] ?? 0
        if !told.isRefused {
            var command = DeviceCommand(.balancing, setPoint: baseline, unit: "kW", of: id, hold: .seconds(30))
            command.reason = "flexibility: end of \(record.request.id), back to the baseline"
            _ = try? host.commands.submit(command)
        }
        note(record, id, "'\(id)' goes back to \(shown(baseline)) kW", now)
    }

    /// A community goes back to the mode that it was in. Where it was in none, it is led to its baseline and then left alone: assets that are let go
    /// stay where they are.
    private func sendBack(_ record: RequestRecord, _ id: String, _ settings: FlexibilitySettings, _ now: Timestamp) {
        let former = record.formerModes[id] ?? 0, power = record.formerPowers[id]
        var json = JSONWriter()
        json.beginObject()
        if former == 1 || former == 5 {
            json.member("mode", former)
            note(record, id, "'\(id)' goes back to mode \(former)", now)
        } else if let power {
            json.member("mode", 2)
            json.member("target_kw", (power * 1000).rounded() / 1000)
            json.member("end", (now + .seconds(Self.returnSeconds)).description)
            note(record, id, "'\(id)' goes back to \(shown(power)) kW, and is left alone then", now)
        } else {
            json.member("mode", 0)
        }
        json.member("source", name)
        json.endObject()
        outgoing.append("\(settings.topics.communities)/\(id)/mode/set", json.bytes, qos: 1)
    }

    func active(_ resource: Resource) -> [RequestRecord] {
        book.chosen { $0.state.isUnderWay && $0.order?.shares[resource.id] != nil }
    }

    private func activeNames(_ resource: Resource) -> [String] { active(resource).map(\.request.id) }

    /// Tells something of a resource in every request that it is activated for.
    func noteAll(_ resource: Resource, _ sentence: String, _ now: Timestamp) { for record in active(resource) { note(record, resource.id, sentence, now) } }
}
