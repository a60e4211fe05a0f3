import Congestion
import FlexibilityMarket
import PluginAPI

/// The resources at a location.
struct Site {
    let resources: [Resource]
    let name: String

    /// What a kWh is asked for: the dearest of the resources that it takes.
    func price(_ check: FeasibilityCheck) -> Double {
        let isDown = check.steps.contains { $0.offeredKW < 0 }, isUp = check.steps.contains { $0.offeredKW > 0 }
        return resources.reduce(0) { max($0, isUp ? $1.settings.upPrice : 0, isDown ? $1.settings.downPrice : 0) }
    }
}

/// What can be done of a request: by its assets, and by the grid.
extension Flexibility {
    /// The resources that a location means.
    /// - Throws: ``Status/invalidArgument`` where there is none.
    func site(_ location: FlexibilityRequest.Location) throws(ServiceError) -> Site {
        let found: [Resource]
        switch location {
        case .community(let id): found = resources.filter { $0.id == id && $0.settings.kind == .community }
        case .asset(let id): found = resources.filter { $0.id == id && $0.settings.kind == .asset }
        case .connection(let id): found = resources.filter { $0.id == id && $0.settings.kind == .connection }
        case .congestionPoint(let id):
            // A community's name is a congestion point too: that of its transformer.
            guard let places = settings?.congestionPoints[id] else {
                found = resources.filter { $0.id == id && $0.isDealtIn }
                break
            }
            found = try resources(at: places)
        case .nodes(let names): found = try resources(at: names)
        }
        guard !found.isEmpty else {
            throw .invalidArgument("at \(location.description) there is no flexibility: config.resources has no community or asset there")
        }
        return Site(resources: found, name: location.description)
    }

    private func resources(at places: [String]) throws(ServiceError) -> [Resource] {
        guard let nodes = try grid?.nodes(places) else { throw .invalidArgument("the service has no grid model: name a community or an asset instead of nodes") }
        return resources.filter { resource in resource.isDealtIn && resource.node.map { own in nodes.contains { grid?.isSameBus($0, own) == true } } ?? false }
    }

    /// Checks a request as it was asked for.
    func check(_ record: RequestRecord, _ now: Timestamp) throws(ServiceError) -> FeasibilityCheck {
        let site = try site(record.request.location), request = record.request
        let wanted = record.steps.map { step -> (FlexibilityRequest.Interval, Double, Double) in
            guard request.isSetPoint else { return (step, step.wantedKW, step.leastKW) }
            return (step, step.wantedKW - site.resources.reduce(0) { $0 + expectedKW($1, step) }, 0)
        }
        return try check(record, site, wanted, now)
    }

    /// Checks powers of some of a request's periods against assets, their energy and the grid.
    /// - Parameter wanted: periods with the deviation that is wanted and the least of use, kW.
    func check(
        _ record: RequestRecord, _ site: Site, _ wanted: [(FlexibilityRequest.Interval, Double, Double)], _ now: Timestamp
    ) throws(ServiceError) -> FeasibilityCheck {
        let request = record.request, steps = wanted.map(\.0)
        let ranges = ranges(site.resources, in: steps, without: request.id, now)
        let rooms = rooms(site.resources, without: request.id, now)
        var bounds = ranges.map { FeasibilityRule.Bounds(resourcesKW: $0, flexibleElement: site.name) }
        // What the resources can do of it, each as long as its energy lasts: the grid is asked for that.
        var sharing = Sharing(rooms, count: site.resources.count)
        let parts = zip(wanted, ranges).map { step, ranges in
            let able = sharing.able(step.1 >= 0, ranges, hours: step.0.hours).reduce(0, +)
            return sharing.share(max(-able, min(step.1, able)), ranges, hours: step.0.hours)
        }
        let answer = try capacity(site, steps, parts, without: request.id, now)
        apply(answer, &bounds)
        var check = FeasibilityRule.decide(wanted, bounds, rooms: rooms, minimumFactor: request.minimumActivationFactor, at: now)
        check.gridCase = gridCase
        check.effect = effect(answer)
        return check
    }

    /// What the grid alone says to powers that are ordered already, in periods that are not over.
    func checkGrid(_ record: RequestRecord, _ order: Order, _ now: Timestamp) throws(ServiceError) -> FeasibilityCheck {
        let ahead = record.steps.indices.filter { record.steps[$0].end > now }
        let steps = ahead.map { record.steps[$0] }, powers = ahead.map { order.kilowatts[$0] }
        let site = Site(resources: resources.filter { order.shares[$0.id] != nil }, name: record.request.location.description)
        var bounds = powers.map { FeasibilityRule.Bounds(resourcesKW: [Self.range($0)], flexibleElement: site.name) }
        let parts = ahead.map { index in site.resources.map { order.shares[$0.id]?[index] ?? 0 } }
        let answer = try capacity(site, steps, parts, without: record.request.id, now)
        apply(answer, &bounds)
        var check = FeasibilityRule.decide(zip(steps, powers).map { ($0, $1, 0) }, bounds, minimumFactor: 0, at: now)
        check.gridCase = gridCase
        check.effect = effect(answer)
        return check
    }

    static func range(_ power: Double) -> ClosedRange<Double> { min(0, power)...max(0, power) }

    private var gridCase: FeasibilityCheck.GridCase {
        FeasibilityCheck.GridCase(
            estimate: grid?.estimated, forecastRuns: forecasts.runs((grid?.series ?? []) + resources.compactMap(\.settings.series)),
            quantiles: settings?.quantiles.map(\.name) ?? [], topology: grid?.topology ?? 0)
    }

    private func apply(_ found: GridAnswer?, _ bounds: inout [FeasibilityRule.Bounds]) {
        guard let answer = found?.capacity else { return }
        for (index, interval) in answer.intervals.enumerated() {
            func limit(_ end: CapacityEnd?) -> FeasibilityCheck.Limit? { end?.limitedBy.map(Self.limit) ?? answer.refusal.map(Self.refusal) }
            // An end where all fits says nothing of what is beyond; nobody asks for more.
            let low = interval.reduction.map { $0.limitedBy == nil && answer.refusal == nil ? -Double.infinity : $0.fittingKW } ?? -.infinity
            let high = interval.increase.map { $0.limitedBy == nil && answer.refusal == nil ? Double.infinity : $0.fittingKW } ?? .infinity
            bounds[index].gridKW = low...high
            (bounds[index].lowGridLimit, bounds[index].highGridLimit) = (limit(interval.reduction), limit(interval.increase))
        }
    }

    private static func limit(_ limit: CapacityLimit) -> FeasibilityCheck.Limit {
        let congestion = limit.congestion
        let kind: FeasibilityCheck.Limit.Kind =
            switch congestion.kind {
            case .lowVoltage, .highVoltage, .collapse: .voltage
            case .current: .current
            case .transformer: .transformer
            }
        return .init(kind, element: congestion.element.name, value: congestion.value, limit: congestion.limit, sentence: limit.description)
    }

    private static func refusal(_ sentence: String) -> FeasibilityCheck.Limit { .init(.unknown, element: "", value: .nan, limit: .nan, sentence: sentence) }

    private func effect(_ found: GridAnswer?) -> FeasibilityCheck.Effect? {
        guard let found else { return nil }
        let ends = found.capacity.intervals.flatMap { [$0.increase, $0.reduction].compactMap { $0 } }.filter { abs($0.fittingKW) > 0 }
        guard !ends.isEmpty else { return nil }
        let most = ends.compactMap(\.headroom).max { $0.highestLoading < $1.highestLoading }
        return .init(
            lossesKWh: ends.reduce(0) { $0 + $1.addedLossesKWh }, loadingBeforePercent: found.highestLoading * 100, loadingAfterPercent: (most?.highestLoading ?? .nan) * 100,
            loadedElement: most?.mostLoaded?.name ?? "")
    }
}
