import FlexibilityMarket
import PluginAPI

/// Verifies and settles what was carried out.
extension Flexibility {
    /// Verifies a completed request as soon as its metering is there, or will not come any more, and settles it.
    func settle(_ record: RequestRecord, _ now: Timestamp) {
        guard let settings else { return }
        if record.state == .completed {
            let length = Duration.seconds(settings.periods.minutes * 60)
            // The period after the end is needed for meter-before-meter-after.
            let ready = record.baseline?.method == .meterBeforeMeterAfter ? record.request.end + length : record.request.end
            guard now >= ready + .seconds(1) else { return }
            let steps = verified(record)
            let isComplete = steps.allSatisfy { $0.quality != .unverified }
            guard isComplete || now >= ready + .nanoseconds(Int64(settings.baseline.waitSeconds * 1e9)) else { return }
            conclude(record, now)
            let missing = steps.count { $0.quality == .unverified }
            attempt(record) { (record) throws(ServiceError) in
                try self.move(record, .verified, self.name, missing == 0 ? "all periods are verified" : "\(missing) of \(steps.count) periods are unverified: no metering or baseline", now)
            }
        }
        guard record.state == .verified, let settlement = record.settlement else { return }
        attempt(record) { (record) throws(ServiceError) in
            try self.move(record, .settled, self.name, "\(shown(settlement.deliveredKWh)) of \(shown(settlement.orderedKWh)) kWh delivered, net \(shown(settlement.net)) \(settlement.currency)", now)
        }
        publishSettlement(record)
    }

    /// Compares what was ordered with what was metered, and adds up what is paid. Of a request that was stopped, the periods that are over.
    func conclude(_ record: RequestRecord, _ now: Timestamp) {
        guard let settings, let order = record.order else { return }
        var steps = verified(record)
        if record.state.isFinal { steps = steps.filter { $0.end <= now } }
        record.verification = steps
        record.settlement = Settlement(
            steps, pricePerKWh: order.pricePerKWh, penaltyPerKWh: settings.market.penaltyPerKWh, currency: settings.market.currency, time: now)
        storeSettlement(record)
    }

    private func verified(_ record: RequestRecord) -> [VerifiedStep] {
        guard let settings, let order = record.order else { return [] }
        let resources = order.shares.keys.sorted().compactMap { resource($0) }
        let metered = record.steps.map { step in sum(resources.map { self.metered($0, step) }) }
        var baseline = record.baseline?.kilowatts ?? []
        if record.baseline?.method == .meterBeforeMeterAfter {
            let count = record.steps.count, length = Duration.seconds(settings.periods.minutes * 60)
            let begin = record.steps[0].start, end = record.steps[count - 1].end
            let before = undisturbed(resources, .init(start: begin - length, end: begin, kilowatts: 0...0), record.request.id)
            let after = undisturbed(resources, .init(start: end, end: end + length, kilowatts: 0...0), record.request.id)
            let known = before ?? .init(meanKW: order.shares.keys.reduce(0) { $0 + (record.formerPowers[$1] ?? .nan) }, coverage: 1)
            baseline = known.meanKW.isFinite ? MeterBeforeMeterAfter.baseline(before: known.meanKW, after: after?.meanKW, count: count) : []
        }
        let others = record.steps.map { step in resources.reduce(0) { $0 + othersKW($1.id, step, record.request.id) } }
        return settings.verification.steps(record.steps, ordered: order.kilowatts, baseline: baseline, metered: metered, others: others)
    }

    /// What resources were metered to do in a period, without what other orders asked of them.
    private func undisturbed(_ resources: [Resource], _ step: FlexibilityRequest.Interval, _ id: String) -> MeteredPeriod? {
        sum(resources.map { metered($0, step) }).map { metered in
            .init(meanKW: metered.meanKW - resources.reduce(0) { $0 + othersKW($1.id, step, id) }, coverage: metered.coverage)
        }
    }

    /// The sum of several meters; nil if one of them is missing.
    private func sum(_ metered: [MeteredPeriod?]) -> MeteredPeriod? {
        guard !metered.isEmpty, metered.allSatisfy({ $0 != nil }) else { return nil }
        return .init(meanKW: metered.reduce(0) { $0 + ($1?.meanKW ?? 0) }, coverage: metered.reduce(1) { min($0, $1?.coverage ?? 0) })
    }

    /// What was metered in a period: from memory, or, after a restart, from the store.
    private func metered(_ resource: Resource, _ step: FlexibilityRequest.Interval) -> MeteredPeriod? {
        resource.meter.metered(in: step) ?? columns?.metered(host.timeseries, resource.id, step, minutes: settings?.periods.minutes ?? 15)
    }

    /// What all other orders asked of a resource in a period, kW.
    private func othersKW(_ resource: String, _ step: FlexibilityRequest.Interval, _ id: String) -> Double {
        let carriedOut: Set<RequestState> = [.activating, .active, .completed, .verified, .settled, .cancelled]
        return book.records.values.reduce(0) { sum, record in
            guard record.request.id != id, carriedOut.contains(record.state), let share = record.order?.shares[resource] else { return sum }
            return sum + zip(record.steps, share).reduce(0) { inner, pair in
                let overlap = min(pair.0.end.nanoseconds, step.end.nanoseconds) - max(pair.0.start.nanoseconds, step.start.nanoseconds)
                return overlap > 0 ? inner + pair.1 * Double(overlap) / Double((step.end - step.start).nanoseconds) : inner
            }
        }
    }
}
