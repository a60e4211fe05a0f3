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
            guard now >= ready + .seconds(1), record.lookedAt.map({ now - $0 >= min(length, .seconds(60)) }) ?? true else { return }
            record.lookedAt = now
            let meters = (record.order?.shares.keys).map { $0.compactMap { resource($0)?.settings.meter?.waitSeconds } } ?? []
            let waitSeconds = meters.max() ?? settings.baseline.waitSeconds
            let isOver = now >= ready + .nanoseconds(Int64(waitSeconds * 1e9))
            let steps: [VerifiedStep]
            do throws(ServiceError) { steps = try verified(record) } catch {
                // The store may be back before the time is over; then nothing of it is known.
                guard isOver else { return }
                note(record, "", "the metering can't be read: \(error)", now)
                steps = unverified(record)
            }
            guard isOver || steps.allSatisfy({ $0.quality != .unverified }) else { return }
            conclude(record, steps, now)
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
        advanceMeters(now)
        conclude(record, (try? verified(record)) ?? unverified(record), now)
    }

    private func conclude(_ record: RequestRecord, _ verified: [VerifiedStep], _ now: Timestamp) {
        guard let settings, let order = record.order else { return }
        let steps = record.state.isFinal ? verified.filter { $0.end <= now } : verified
        record.verification = steps
        record.settlement = Settlement(
            steps, pricePerKWh: order.pricePerKWh, penaltyPerKWh: settings.market.penaltyPerKWh, currency: settings.market.currency, time: now)
        storeSettlement(record)
    }

    private func unverified(_ record: RequestRecord) -> [VerifiedStep] {
        guard let settings, let order = record.order else { return [] }
        return settings.verification.steps(
            record.steps, ordered: order.kilowatts, baseline: [], metered: record.steps.map { _ in nil }, others: [])
    }

    private func verified(_ record: RequestRecord) throws(ServiceError) -> [VerifiedStep] {
        guard let settings, let order = record.order else { return [] }
        let resources = order.shares.keys.sorted().compactMap { resource($0) }, length = Duration.seconds(settings.periods.minutes * 60)
        let (begin, end) = (record.steps[0].start, record.steps[record.steps.count - 1].end)
        // Set-points may be told before the begin: the last whole period before that is undisturbed.
        let told = begin - .nanoseconds(Int64(settings.activation.leadSeconds * 1e9))
        let before = Timestamp(nanoseconds: told.nanoseconds / length.nanoseconds * length.nanoseconds)
        var meters: [Readings] = []
        for resource in resources { meters.append(try readings(resource, from: before - length, to: end + length)) }
        let metered = record.steps.map { step in sum(meters.map { $0(step) }) }
        var baseline = record.baseline?.kilowatts ?? []
        if record.baseline?.method == .meterBeforeMeterAfter {
            let count = record.steps.count
            let earlier = undisturbed(resources, meters, .init(start: before - length, end: before, kilowatts: 0...0), record.request.id)
            let after = undisturbed(resources, meters, .init(start: end, end: end + length, kilowatts: 0...0), record.request.id)
            let known = earlier ?? .init(meanKW: order.shares.keys.reduce(0) { $0 + (record.formerPowers[$1] ?? .nan) }, coverage: 1)
            baseline = known.meanKW.isFinite ? MeterBeforeMeterAfter.baseline(before: known.meanKW, after: after?.meanKW, count: count) : []
        }
        let others = record.steps.map { othersKW(resources, $0, record.request.id) }
        return settings.verification.steps(record.steps, ordered: order.kilowatts, baseline: baseline, metered: metered, others: others)
    }

    /// What resources were metered to do in a period, without what other orders asked of them.
    private func undisturbed(_ resources: [Resource], _ meters: [Readings], _ step: FlexibilityRequest.Interval, _ id: String) -> MeteredPeriod? {
        sum(meters.map { $0(step) }).map { .init(meanKW: $0.meanKW - othersKW(resources, step, id), coverage: $0.coverage) }
    }

    /// The sum of several meters; nil if one of them is missing.
    private func sum(_ metered: [MeteredPeriod?]) -> MeteredPeriod? {
        guard !metered.isEmpty, metered.allSatisfy({ $0 != nil }) else { return nil }
        return .init(meanKW: metered.reduce(0) { $0 + ($1?.meanKW ?? 0) }, coverage: metered.reduce(1) { min($0, $1?.coverage ?? 0) })
    }

    /// What all other orders asked of resources in a period, kW.
    private func othersKW(_ resources: [Resource], _ step: FlexibilityRequest.Interval, _ id: String) -> Double {
        resources.reduce(0) { $0 + book.carriedOut($1.id, from: step.start, to: step.end, without: id) }
    }
}
