import FlexibilityMarket
import PluginAPI

/// Watches what is carried out: whether resources follow, and whether the grid still carries it.
extension Flexibility {
    /// Tells of resources that do not follow or report no more; what one that is gone would have done is shared among the others.
    func watch(_ now: Timestamp) {
        guard let settings else { return }
        for resource in resources {
            guard let told = resource.told else { continue }
            // After a restart it has the time to report first.
            if resource.isSilent(now, silentSeconds: settings.activation.silentSeconds) {
                guard !resource.isOfflineTold else { continue }
                resource.isOfflineTold = true
                noteAll(resource, "'\(resource.id)' has not reported for \(shown(settings.activation.silentSeconds)) s: it is reckoned with no more", now)
                handOver(resource, now)
                continue
            }
            guard let power = resource.powerKW else { continue }
            let tolerance = max(settings.activation.toleranceKW, settings.verification.tolerance * abs(orderedKW(resource, now).kilowatts))
            guard abs(power - told.kilowatts) > tolerance else {
                if resource.isDeviationTold { noteAll(resource, "'\(resource.id)' follows its set-point again", now) }
                (resource.deviatesSince, resource.isDeviationTold) = (nil, false)
                continue
            }
            let since = resource.deviatesSince ?? max(told.since, now)
            resource.deviatesSince = since
            guard !resource.isDeviationTold, (now - since).nanoseconds >= Int64(settings.activation.followSeconds * 1e9) else { continue }
            resource.isDeviationTold = true
            noteAll(resource, "'\(resource.id)' does \(shown(power)) instead of \(shown(told.kilowatts)) kW", now)
        }
    }

    /// Shares what a resource no longer does among those that are there.
    private func handOver(_ gone: Resource, _ now: Timestamp) {
        for record in book.underWay {
            guard var order = record.order, let lost = order.shares[gone.id] else { continue }
            let others = order.shares.keys.filter { $0 != gone.id }.sorted().compactMap { resource($0) }
            let ranges = ranges(others, in: record.steps, without: record.request.id, now)
            var missing = false
            for (index, step) in record.steps.enumerated() where step.end > now && abs(lost[index]) > 1e-6 {
                var rest = lost[index]
                for (other, range) in zip(others, ranges[index]) {
                    let own = order.shares[other.id]?[index] ?? 0
                    let more = rest < 0 ? max(rest, min(0, range.lowerBound - own)) : min(rest, max(0, range.upperBound - own))
                    order.shares[other.id]?[index] += more
                    rest -= more
                }
                order.shares[gone.id]?[index] = rest
                missing = missing || abs(rest) > 1e-3
            }
            record.order = order
            if missing { note(record, gone.id, "what '\(gone.id)' leaves can't be made up for by others: there will be a deficiency", now) }
            changed(record)
        }
    }

    /// Whether the loads of the grid are those of an estimate. After a start there is some time to wait for one: nothing is cut on those of the model
    /// meanwhile.
    func isGridKnown(_ now: Timestamp) -> Bool {
        guard let settings, let grid else { return true }
        return grid.estimated != nil || now - started >= .nanoseconds(Int64(settings.activation.silentSeconds * 1e9))
    }

    /// Checks what is carried out against the grid: every quarter of an hour, and when switches or the estimate say that something changed, at most
    /// once in ten seconds. The less important requests give way first; what others deliver can't be cut.
    func recheck(_ now: Timestamp) {
        guard let settings, grid != nil, isGridKnown(now) else { return }
        let since = lastRecheck.map { Double((now - $0).nanoseconds) / 1e9 } ?? .infinity
        guard since >= settings.activation.recheckSeconds || (isGridChanged && since >= 10) else { return }
        (isGridChanged, lastRecheck) = (false, now)
        let running = book.underWay.filter { !$0.isMeteredOnly }
            .sorted { ($0.request.priority, $1.request.begin) < ($1.request.priority, $0.request.begin) }
        for record in running {
            guard let order = record.order else { continue }
            attempt(record) { (record) throws(ServiceError) in
                let check = try self.checkGrid(record, order, now)
                if check.outcome != .feasible { self.cut(record, check, "while it is carried out", now) }
            }
        }
        giveBack(running, now)
    }
}
