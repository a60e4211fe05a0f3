import Congestion
import FlexibilityMarket
import PluginAPI

/// What assets can do and the grid carries, with what is promised to others left to them.
extension Flexibility {
    /// Deviations that a resource can make in periods, beyond what others were promised.
    ///
    /// What is promised in one direction is not counted as room in the other: nobody's promise stands upon another's, which may be cancelled.
    func ranges(of resource: Resource, in steps: [FlexibilityRequest.Interval], without id: String, _ now: Timestamp) -> [ClosedRange<Double>] {
        guard let settings, resource.isDealtIn, !resource.isOffline(now, silentSeconds: settings.activation.silentSeconds) else { return steps.map { _ in 0...0 } }
        let moved = deviation(of: resource, now)
        return book.promised(resource.id, in: steps, without: id).map { promised in
            min(0, moved - resource.downKW - promised.downKW)...max(0, resource.upKW + moved - promised.upKW)
        }
    }

    /// The same of several resources, by period, then resource.
    func ranges(_ resources: [Resource], in steps: [FlexibilityRequest.Interval], without id: String, _ now: Timestamp) -> [[ClosedRange<Double>]] {
        let each = resources.map { ranges(of: $0, in: steps, without: id, now) }
        return steps.indices.map { step in each.map { $0[step] } }
    }

    /// By how much a resource differs from its baseline now because it was told to, kW.
    func deviation(of resource: Resource, _ now: Timestamp) -> Double {
        guard resource.told != nil || !resource.isDealtIn else { return 0 }
        let ordered = orderedKW(resource, now)
        guard let power = resource.powerKW else { return resource.isDealtIn ? 0 : ordered.kilowatts }
        guard let base = ordered.baselineKW else { return ordered.kilowatts }
        // At most what was ordered: the rest is its own.
        let moved = power - base
        return ordered.kilowatts < 0 ? max(ordered.kilowatts, min(0, moved)) : min(ordered.kilowatts, max(0, moved))
    }

    /// Energy that each resource has room for, beyond what is promised.
    func rooms(_ resources: [Resource], without id: String, _ now: Timestamp) -> [FeasibilityRule.Room] {
        resources.map { resource in
            let promised = promisedKWh(resource, without: id, now)
            return FeasibilityRule.Room(aboveKWh: max(0, resource.aboveKWh - promised.up), belowKWh: max(0, resource.belowKWh - promised.down))
        }
    }

    /// Energy that is still to be moved for others: what was moved already is in the store, or out of it.
    private func promisedKWh(_ resource: Resource, without id: String, _ now: Timestamp) -> (up: Double, down: Double) {
        var up = 0.0, down = 0.0
        for record in book.records.values where record.state.isCommitted && record.request.id != id {
            guard let share = record.order?.shares[resource.id] else { continue }
            for index in record.firstStep(endingAfter: now)..<record.steps.count {
                let step = record.steps[index], hours = Double((step.end - max(step.start, now)).nanoseconds) / 3.6e12
                if share[index] > 0 { up += share[index] * hours } else { down -= share[index] * hours }
            }
        }
        return (up, down)
    }

    /// Power that is to be expected of a resource without activation: its forecast, or what it does now.
    func expectedKW(_ resource: Resource, _ step: FlexibilityRequest.Interval) -> Double {
        if let series = resource.settings.series, let power = forecasts.mean(series, "q50", from: step.start, to: step.end) { return power }
        return (resource.powerKW ?? 0) - deviation(of: resource, host.clock.now)
    }

    /// What the grid answers, and how loaded it is without the request.
    struct GridAnswer {
        let capacity: CapacityAnswer
        let highestLoading: Double
    }

    /// Asks the grid; nil without a grid model, or if nothing is wanted.
    ///
    /// - Parameter parts: what each resource of the site does of it, kW by step, then resource.
    func capacity(
        _ site: Site, _ steps: [FlexibilityRequest.Interval], _ parts: [[Double]], without id: String, _ now: Timestamp
    ) throws(ServiceError) -> GridAnswer? {
        let powers = parts.map { $0.reduce(0, +) }
        guard grid != nil, let settings, powers.contains(where: { $0 != 0 }) else { return nil }
        let places = places(site, parts)
        guard !places.isEmpty, let calculated = try grid?.grid(), let view = grid else { return nil }
        do throws(CongestionError) {
            let net = try view.netLoad(
                steps, quantiles: settings.quantiles, hours: Double(settings.periods.minutes) / 60, forecasts: forecasts,
                added: promises(steps, powers, without: id), underWay: underWay(now))
            let outages = settings.checksOutages ? Contingency.single(of: calculated.network) : []
            let began = host.clock.monotonic
            let answer = try CapacityCheck(calculated, forecast: net, contingencies: outages).answer(
                CapacityRequest(places: places, minimumKW: powers.map { min(0, $0) }, maximumKW: powers.map { max(0, $0) }))
            let before = try GridOutlook(calculated, forecast: net).cases.reduce(0) { max($0, $1.highestLoading) }
            metrics?.note(checkSeconds: Double((host.clock.monotonic - began).nanoseconds) / 1e9)
            return GridAnswer(capacity: answer, highestLoading: before)
        } catch {
            throw .invalidState("the grid can't be checked: \(error)")
        }
    }

    /// Nodes of the resources with their part of the whole; the same in all steps.
    private func places(_ site: Site, _ parts: [[Double]]) -> [FlexibilityPlace] {
        var weights: [Int: Double] = [:]
        for (index, resource) in site.resources.enumerated() { if let node = resource.node { weights[node, default: 0] += parts.reduce(0) { $0 + abs($1[index]) } } }
        let sum = weights.values.reduce(0, +)
        guard sum > 0 else { return [] }
        return weights.sorted { $0.key < $1.key }.map { FlexibilityPlace(node: $0.key, share: $0.value / sum) }
    }

    /// What others were promised in the direction of each period, kW by node: what goes the other way may be cancelled.
    private func promises(_ steps: [FlexibilityRequest.Interval], _ powers: [Double], without id: String) -> [Int: [Double]] {
        var added: [Int: [Double]] = [:]
        for resource in resources {
            guard let node = resource.node else { continue }
            for (index, promised) in book.promised(resource.id, in: steps, without: id).enumerated() {
                let power = powers[index] < 0 ? promised.downKW : promised.upKW
                if power != 0 { added[node, default: [Double](repeating: 0, count: steps.count)][index] += power }
            }
        }
        return added
    }

    /// Deviations that go on now, by node.
    func underWay(_ now: Timestamp) -> [Int: Double] {
        var moved: [Int: Double] = [:]
        for resource in resources { if let node = resource.node { moved[node, default: 0] += deviation(of: resource, now) } }
        return moved
    }

    /// What each resource is to do of an order, by what it is able to.
    func shares(_ record: RequestRecord, _ ordered: [Double], _ now: Timestamp) throws(ServiceError) -> [String: [Double]] {
        let resources = try site(record.request.location).resources
        var shares: [String: [Double]] = [:]
        for resource in resources { shares[resource.id] = [Double](repeating: 0, count: ordered.count) }
        var sharing = Sharing(rooms(resources, without: record.request.id, now), count: resources.count)
        for (index, ranges) in ranges(resources, in: record.steps, without: record.request.id, now).enumerated() {
            for (resource, part) in zip(resources, sharing.share(ordered[index], ranges, hours: record.steps[index].hours)) { shares[resource.id]?[index] = part }
        }
        return shares
    }
}
