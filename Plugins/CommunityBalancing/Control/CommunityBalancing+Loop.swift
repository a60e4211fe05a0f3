import Balancing
import PluginAPI

extension CommunityBalancing {
    /// One turn of a community's fast loop.
    func loop(_ community: Community, _ now: Timestamp) {
        followClock(community, now)
        community.watch(now)
        guard let trigger = community.trigger, trigger.begin <= now else { return publishState(community, now) }
        // A plan is made anew at each step of the horizon, and when something changed.
        if community.plan.map({ community.horizonBegin(now) > $0.begin }) ?? true { community.replan("the next step") }
        if community.replanReason != nil, community.awaitedJob == nil { plan(community, now) }
        guard community.limitsKW != nil else { return publishState(community, now) }
        let seconds = community.lastLoop.map { Double((now - $0).nanoseconds) / 1e9 } ?? Double(community.settings.period.nanoseconds) / 1e9
        community.lastLoop = now
        guard seconds > 0 else { return publishState(community, now) }
        guard let step = community.planStep(now) else {
            // What passes before there is a plan belongs to the run too.
            if let exchange = community.freshExchangeKW(now) { sample(community, exchange, nil, nil, seconds) }
            return publishState(community, now)
        }
        choosePackages(community, now, step)
        guard let exchange = community.freshExchangeKW(now) else {
            if community.step != nil { community.note("exchange", "", "the exchange is not measured: the assets follow their schedule", now) }
            community.step = nil
            command(community, setPoints: scheduleOnly(community, step), now)
            return publishState(community, now)
        }
        track(community, exchange, step, seconds, now)
        publishState(community, now)
        storeLive(community, now)
    }

    private func track(_ community: Community, _ exchange: Double, _ step: Int, _ seconds: Double, _ now: Timestamp) {
        let target = target(community, step, now)
        if community.targetKW != target { community.tracker.restart() }
        community.targetKW = target
        let ids = community.assets.keys.sorted()
        let began = host.clock.monotonic
        let tracked = ids.compactMap { community.assets[$0] }.map { trackedAsset($0, community, step, now) }
        let before = community.step
        let decided = community.tracker.step(targetKW: target, exchangeKW: exchange, assets: tracked, seconds: seconds)
        metrics?.note(loopSeconds: Double((host.clock.monotonic - began).nanoseconds) / 1e9)
        community.step = decided
        tellFlexibility(decided, before, community, now)
        var setPoints: [String: Double] = [:]
        for (index, id) in ids.enumerated() where tracked[index].isAvailable || community.assets[id]?.absence == .deviating { setPoints[id] = decided.setPointKW[index] }
        for (id, power) in probes(community, step, besides: tracked) { setPoints[id] = power }
        for asset in tracked where asset.isCurtailable { setPoints[asset.id] = bound(setPoints[asset.id], asset, community) }
        command(community, setPoints: setPoints, now)
        if community.trigger?.setPointKW(at: now) == nil {
            community.peak.take(exchange, seconds: seconds, at: now, stepNanoseconds: community.stepNanoseconds)
        }
        sample(community, exchange, target, decided, seconds)
    }

    /// What is followed now: the set-point itself where one was asked for, else what the plan found possible.
    private func target(_ community: Community, _ step: Int, _ now: Timestamp) -> Double {
        community.trigger?.setPointKW(at: now) ?? community.plan?.plan.exchangeKW[step] ?? 0
    }

    /// An asset as the loop is to see it: those that take no part in it stay with their schedule.
    private func trackedAsset(_ asset: AssetRecord, _ community: Community, _ step: Int, _ now: Timestamp) -> TrackedAsset {
        // What was measured at the transformer is what the assets did then.
        let measured = community.exchange?.time ?? now, power = asset.assumedKW(at: measured)
        let toldKW = asset.toldKW(at: measured), awaited = asset.awaitedKW(at: measured, now, acknowledgeSeconds: community.settings.acknowledgeSeconds)
        if asset.description.kind == .photovoltaics { return photovoltaics(asset, power, toldKW, awaited, community, step, now) }
        let scheduled = community.scheduledKW(asset.id, step) ?? power
        let takesPart = asset.description.tracks && asset.isAvailable
        if !takesPart, asset.description.kind == .load { return untracked(asset, power) }
        var band = takesPart ? asset.bandKW : power...power
        if !takesPart, asset.isAvailable { band = scheduled...scheduled }
        return TrackedAsset(
            id: asset.id, bandKW: band, measuredKW: power, scheduledKW: scheduled, rampKWPerSecond: asset.description.rampKWPerSecond,
            intervalSeconds: asset.description.intervalSeconds, energyKWh: takesPart ? asset.roomKWh : nil, toldKW: toldKW,
            awaitedKW: awaited, isAvailable: asset.isAvailable)
    }

    /// An ordered set-point is kept by curtailing too; what the plan itself exchanges is not worth it.
    private func photovoltaics(
        _ asset: AssetRecord, _ power: Double, _ toldKW: Double?, _ awaited: Double?, _ community: Community, _ step: Int, _ now: Timestamp
    ) -> TrackedAsset {
        let isTracked = asset.description.tracks && asset.isAvailable && community.trigger?.setPointKW(at: now) != nil
        guard isTracked else { return untracked(asset, power) }
        let able = asset.generatingKW
        let scheduled = community.isLimited(asset.id, step) ? community.scheduledKW(asset.id, step) : nil
        return TrackedAsset(
            id: asset.id, bandKW: -able...0, measuredKW: min(0, power), scheduledKW: scheduled ?? -able, rampKWPerSecond: asset.description.rampKWPerSecond,
            intervalSeconds: asset.description.intervalSeconds, toldKW: toldKW, awaitedKW: awaited.map { max($0, -able) }, isCurtailable: true)
    }

    /// The loop reckons with what it does, and tells it nothing.
    private func untracked(_ asset: AssetRecord, _ power: Double) -> TrackedAsset {
        TrackedAsset(id: asset.id, bandKW: power...power, measuredKW: power, scheduledKW: power, isAvailable: false)
    }

    /// The bound of generation that is to be told: none where nothing is curtailed, so that the sun may come.
    private func bound(_ decided: Double?, _ tracked: TrackedAsset, _ community: Community) -> Double? {
        guard let decided, let asset = community.assets[tracked.id] else { return nil }
        if decided > tracked.bandKW.lowerBound + 0.01 { return decided }
        return asset.setPointKW == nil ? nil : -asset.description.feedKW
    }

    /// Set-points of assets that the loop does not reckon with: limits of generation and load, and the schedule for those that do not follow.
    private func probes(_ community: Community, _ step: Int, besides tracked: [TrackedAsset] = []) -> [String: Double] {
        var setPoints: [String: Double] = [:]
        let curtailed = Set(tracked.lazy.filter(\.isCurtailable).map(\.id))
        for asset in community.assets.values where !curtailed.contains(asset.id) {
            switch asset.description.kind {
            case .photovoltaics, .load:
                guard asset.isAvailable else {
                    if asset.absence == .deviating { setPoints[asset.id] = asset.setPointKW }
                    continue
                }
                if community.isLimited(asset.id, step), let scheduled = community.scheduledKW(asset.id, step) {
                    setPoints[asset.id] = scheduled
                } else if asset.setPointKW != nil {
                    // No limit any more: all that it is able to.
                    setPoints[asset.id] = asset.description.kind == .photovoltaics ? -asset.description.feedKW : asset.description.maximumKW
                }
            default:
                if asset.absence == .deviating, let last = asset.setPointKW { setPoints[asset.id] = last }
            }
        }
        return setPoints
    }

    private func scheduleOnly(_ community: Community, _ step: Int) -> [String: Double] {
        var setPoints: [String: Double] = [:]
        for asset in community.assets.values where asset.isAvailable && asset.description.kind != .photovoltaics && asset.description.kind != .load {
            setPoints[asset.id] = community.scheduledKW(asset.id, step)
        }
        for (id, power) in probes(community, step) { setPoints[id] = power }
        return setPoints
    }

    /// Says when flexibility nears its end, ends and is back.
    private func tellFlexibility(_ step: TrackingStep, _ before: TrackingStep?, _ community: Community, _ now: Timestamp) {
        if step.exhaustedInSeconds != nil, before?.exhaustedInSeconds == nil, step.state == .following { community.note("flexibility", "", step.sentence, now) }
        guard step.state != before?.state, before != nil || step.state != .following else { return }
        switch step.state {
        case .following: community.note("flexibility", "", "the target is followed again", now)
        case .limited: community.note("limited", "", step.sentence, now)
        case .exhausted:
            community.note("exhausted", "", step.sentence, now)
            community.replan("flexibility is exhausted")
        }
    }

    /// A package that begins is no longer to be chosen.
    private func choosePackages(_ community: Community, _ now: Timestamp, _ step: Int) {
        guard let timed = community.plan, let trigger = community.trigger else { return }
        for package in timed.plan.packages where package.start <= step {
            guard trigger.offers.contains(where: { $0.name == package.id }), community.chosenPackages[package.id] == nil else { continue }
            community.chosenPackages[package.id] = (timed.begin + .nanoseconds(Int64(package.start) * community.stepNanoseconds), package.powerKW)
            community.note("package", package.id, "the package '\(package.id)' begins with \(shown(package.powerKW)) kW", now)
        }
    }

    private func sample(_ community: Community, _ exchange: Double, _ target: Double?, _ step: TrackingStep?, _ seconds: Double) {
        let tolerance = community.toleranceKW
        var (storage, generation, curtailed) = (0.0, 0.0, 0.0)
        for asset in community.assets.values where asset.reported != nil && asset.absence != .silent {
            let power = community.exchange.map { asset.assumedKW(at: $0.time) } ?? asset.powerKW
            switch asset.description.kind {
            case .battery: storage += power
            case .photovoltaics:
                generation += max(0, -power)
                curtailed += max(0, asset.availableKW + power)
            default: break
            }
        }
        community.indicators.add(RunIndicators.Sample(
            seconds: seconds, exchangeKW: exchange, targetKW: target, storageKW: storage, generationKW: generation, curtailedKW: curtailed,
            isFlexible: step.map { $0.upKW > tolerance && $0.downKW > tolerance } ?? false))
        guard let timed = community.plan, let trigger = community.trigger, let current = community.planStep(community.lastLoop ?? timed.begin) else { return }
        let sign = trigger.mode == .export ? -1.0 : 1.0
        for package in timed.plan.packages where (package.start..<(package.start + package.duration)).contains(current) {
            community.slotEnergyKWh[package.id, default: 0] += sign * exchange * seconds / 3600
        }
    }
}
