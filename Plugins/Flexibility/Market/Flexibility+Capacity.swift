import Congestion
import FlexibilityMarket
import PluginAPI

/// What assets can do and the grid carries, with what is promised to others left to them.
extension Flexibility {
    /// Deviations that a resource can make in a period, beyond what others were promised.
    ///
    /// What is promised in one direction is not counted as room in the other: nobody's promise stands upon another's, which may be cancelled.
    func range(of resource: Resource, in step: FlexibilityRequest.Interval, without id: String, _ now: Timestamp) -> ClosedRange<Double> {
        guard let settings, !resource.isOffline(now, silentSeconds: settings.activation.silentSeconds) else { return 0...0 }
        let moved = deviation(of: resource, now)
        let promised = book.promised(resource.id, from: step.start, to: step.end, without: id)
        return min(0, moved - resource.downKW - promised.downKW)...max(0, resource.upKW + moved - promised.upKW)
    }

    /// By how much a resource differs from its baseline now because it was told to, kW.
    func deviation(of resource: Resource, _ now: Timestamp) -> Double {
        guard resource.told != nil, let power = resource.powerKW else { return 0 }
        let ordered = orderedKW(resource, now)
        guard let base = ordered.baselineKW else { return ordered.kilowatts }
        // At most what was ordered: the rest is its own.
        let moved = power - base
        return ordered.kilowatts < 0 ? max(ordered.kilowatts, min(0, moved)) : min(ordered.kilowatts, max(0, moved))
    }

    /// Energy that resources have room for, beyond what is promised.
    func room(_ resources: [Resource], without id: String) -> FeasibilityRule.Room {
        var room = FeasibilityRule.Room(aboveKWh: 0, belowKWh: 0)
        for resource in resources {
            let promised = promisedKWh(resource, without: id)
            room.aboveKWh += max(0, resource.aboveKWh - promised.up)
            room.belowKWh += max(0, resource.belowKWh - promised.down)
        }
        return room
    }

    private func promisedKWh(_ resource: Resource, without id: String) -> (up: Double, down: Double) {
        var up = 0.0, down = 0.0
        for record in book.records.values where record.state.isCommitted && record.request.id != id {
            for (step, power) in zip(record.steps, record.order?.shares[resource.id] ?? []) { if power > 0 { up += power * step.hours } else { down -= power * step.hours } }
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
    func capacity(
        _ site: Site, _ steps: [FlexibilityRequest.Interval], _ powers: [Double], _ ranges: [[ClosedRange<Double>]], without id: String, _ now: Timestamp
    ) throws(ServiceError) -> GridAnswer? {
        guard grid != nil, let settings, powers.contains(where: { $0 != 0 }) else { return nil }
        let places = places(site, ranges)
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

    /// Nodes of the resources with their part of the whole range.
    private func places(_ site: Site, _ ranges: [[ClosedRange<Double>]]) -> [FlexibilityPlace] {
        var weights: [Int: Double] = [:]
        for (resource, range) in zip(site.resources, ranges) {
            if let node = resource.node { weights[node, default: 0] += range.reduce(0) { $0 + $1.upperBound - $1.lowerBound } }
        }
        let sum = weights.values.reduce(0, +)
        guard sum > 0 else { return [] }
        return weights.sorted { $0.key < $1.key }.map { FlexibilityPlace(node: $0.key, share: $0.value / sum) }
    }

    /// What others were promised in the direction of each period, kW by node: what goes the other way may be cancelled.
    private func promises(_ steps: [FlexibilityRequest.Interval], _ powers: [Double], without id: String) -> [Int: [Double]] {
        var added: [Int: [Double]] = [:]
        for resource in resources {
            guard let node = resource.node else { continue }
            for (index, step) in steps.enumerated() {
                let promised = book.promised(resource.id, from: step.start, to: step.end, without: id)
                let power = powers[index] < 0 ? promised.downKW : promised.upKW
                if power != 0 { added[node, default: [Double](repeating: 0, count: steps.count)][index] += power }
            }
        }
        return added
    }

    /// Deviations that go on now, by node.
    func underWay(_ now: Timestamp) -> [Int: Double] {
        var moved: [Int: Double] = [:]
        for resource in resources where resource.told != nil { if let node = resource.node { moved[node, default: 0] += deviation(of: resource, now) } }
        return moved
    }

    /// What each resource is to do of an order, by what it is able to.
    func shares(_ record: RequestRecord, _ ordered: [Double], _ now: Timestamp) throws(ServiceError) -> [String: [Double]] {
        let resources = try site(record.request.location).resources
        var shares: [String: [Double]] = [:]
        for resource in resources { shares[resource.id] = [Double](repeating: 0, count: ordered.count) }
        for (index, step) in record.steps.enumerated() {
            let ranges = resources.map { range(of: $0, in: step, without: record.request.id, now) }
            let able = ranges.map { ordered[index] < 0 ? -$0.lowerBound : $0.upperBound }
            let sum = able.reduce(0, +)
            for (resource, part) in zip(resources, able) {
                shares[resource.id]?[index] = ordered[index] * (sum > 0 ? part / sum : 1 / Double(resources.count))
            }
        }
        return shares
    }
}
