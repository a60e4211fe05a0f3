import FlexibilityMarket
import PluginAPI

/// Carries out what was ordered.
extension Flexibility {
    /// What the clock asks of a request.
    func follow(_ record: RequestRecord, _ now: Timestamp) {
        guard let settings, let order = record.order else { return }
        switch record.state {
        case .accepted:
            let ahead = record.request.begin - .nanoseconds(Int64(settings.activation.leadSeconds * 1e9))
            guard now >= max(ahead, record.request.notBefore ?? ahead), isGridKnown(now) || now >= record.request.end else { return }
            attempt(record) { (record) throws(ServiceError) in try self.begin(record, order, now) }
        case .activating, .active:
            if now >= record.request.end { return attempt(record) { (record) throws(ServiceError) in try self.complete(record, now) } }
            guard record.state == .activating else { return }
            attempt(record) { (record) throws(ServiceError) in try self.confirm(record, order, now) }
        default: break
        }
    }

    private func begin(_ record: RequestRecord, _ order: Order, _ now: Timestamp) throws(ServiceError) {
        guard now < record.request.end else {
            return try move(record, .failed, "clock", "its time passed before it could begin: the service was not running", now)
        }
        if record.isMeteredOnly {
            try record.move(to: .activating, actor: "clock", reason: "its time has come", at: now)
            return try move(record, .active, "clock", "whoever offered it delivers, and is metered", now)
        }
        let check = try checkGrid(record, order, now)
        if check.outcome != .feasible { cut(record, check, "before the activation", now) }
        guard let order = record.order, order.kilowatts.contains(where: { abs($0) > 1e-6 }) else {
            return try move(record, .failed, name, "the grid carries nothing of it: \(check.reason)", now)
        }
        for id in order.shares.keys.sorted() {
            guard let resource = resource(id) else { continue }
            record.formerPowers[id] = resource.powerKW.map { $0 - deviation(of: resource, now) }
            record.formerModes[id] = resource.told == nil ? resource.mode : active(resource).lazy.compactMap { $0.formerModes[id] }.first
            if let mode = record.formerModes[id], mode == 3 || mode == 4 { note(record, id, "the packages of '\(id)' are interrupted by the activation", now) }
        }
        try move(record, .activating, "clock", check.outcome == .feasible ? "its time has come, and the grid carries it" : "cut: \(check.reason)", now)
    }

    /// A request is active as soon as one of its resources does what it was told.
    private func confirm(_ record: RequestRecord, _ order: Order, _ now: Timestamp) throws(ServiceError) {
        guard let settings else { return }
        if let first = order.shares.keys.sorted().compactMap({ resource($0) }).first(where: { isConfirmed($0) }) {
            return try move(record, .active, first.id, "'\(first.id)' follows", now)
        }
        guard now > max(record.since, record.request.begin) + .nanoseconds(Int64(settings.activation.confirmSeconds * 1e9)) else { return }
        let names = order.shares.keys.sorted().joined(separator: ", ")
        try move(record, .failed, name, "\(names) did not take the set-point within \(shown(settings.activation.confirmSeconds)) s", now)
        release(record, now)
        conclude(record, now)
        publishSettlement(record)
        changed(record)
    }

    private func isConfirmed(_ resource: Resource) -> Bool {
        guard let settings, let told = resource.told, !told.isRefused else { return false }
        if resource.settings.kind == .community { return resource.mode == 2 && resource.targetKW.map { abs($0 - told.kilowatts) < 0.01 } == true }
        guard let reported = resource.reported, reported >= told.since, let power = resource.powerKW else { return false }
        return abs(power - told.kilowatts) <= settings.activation.toleranceKW
    }

    private func complete(_ record: RequestRecord, _ now: Timestamp) throws(ServiceError) {
        let wasActive = record.state == .active
        try move(record, .completed, "clock", wasActive ? "its time is over" : "its time is over, and no resource had confirmed", now)
        release(record, now)
    }

    /// Reduces what is ordered to what the grid carries, period by period, and says so.
    func cut(_ record: RequestRecord, _ check: FeasibilityCheck, _ when: String, _ now: Timestamp) {
        guard var order = record.order else { return }
        var isCut = false
        for step in check.steps {
            guard let index = record.steps.firstIndex(where: { $0.start == step.start }), abs(step.offeredKW) < abs(order.kilowatts[index]) - 1e-3 else { continue }
            if order.uncutKW == nil { order.uncutKW = order.kilowatts }
            let factor = step.offeredKW / order.kilowatts[index]
            order.kilowatts[index] = step.offeredKW
            for id in order.shares.keys { order.shares[id]?[index] *= factor }
            isCut = true
        }
        guard isCut else { return }
        record.order = order
        record.check = check
        note(record, "", "cut \(when): \(check.reason)", now)
        changed(record)
    }

    /// What a resource is to deviate by now for all requests together, until when that holds, and its baseline where it is known.
    func orderedKW(_ resource: Resource, _ now: Timestamp) -> (kilowatts: Double, baselineKW: Double?, until: Timestamp?, setPointKW: Double?) {
        var sum = 0.0, base: Double?, until: Timestamp?, setPoint: Double?, count = 0
        for record in book.underWay {
            guard let share = record.order?.shares[resource.id], let step = record.step(at: max(now, record.request.begin)) else { continue }
            sum += share[step]
            base = base ?? baselineKW(record, resource.id, step) ?? record.formerPowers[resource.id]
            let end = runEnd(share, record.steps, step)
            until = min(until ?? end, end)
            if record.request.isSetPoint, record.order?.activationFactor == 1, record.order?.shares.count == 1, record.check?.steps.first(where: { $0.start == record.steps[step].start })?.limit == nil {
                setPoint = record.steps[step].kilowatts.lowerBound
            }
            count += 1
        }
        return (sum, base, until, count == 1 ? setPoint : nil)
    }

    /// Until when a share stays as it is.
    private func runEnd(_ share: [Double], _ steps: [FlexibilityRequest.Interval], _ step: Int) -> Timestamp {
        var last = step
        while last + 1 < share.count, share[last + 1] == share[step], steps[last + 1].start == steps[last].end { last += 1 }
        return steps[last].end
    }
}
