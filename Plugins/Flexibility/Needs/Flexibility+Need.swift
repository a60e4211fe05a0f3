import Congestion
import FlexibilityMarket
import PluginAPI
import SiteCalendar

/// The operator's own need: congestion that the forecasts let foresee, and the cheapest flexibility that cures it.
extension Flexibility {
    /// A look ahead, and what came of it.
    struct Outlook {
        let steps: [FlexibilityRequest.Interval]
        let grid: CongestionGrid
        let net: NetLoadForecast
        let outlook: GridOutlook
        let offers: [FlexibilityOffer]
        let plan: FlexibilityPlan
    }

    /// Looks ahead when it is time to, and makes the tariff of tomorrow.
    func followNeed(_ now: Timestamp) {
        guard let need = settings?.need, grid != nil else { return }
        if needs.looked.map({ Double((now - $0).nanoseconds) / 1e9 >= need.repeatSeconds }) ?? true {
            // As long as something is missing each turn looks whether it came: nobody waits another period for it.
            if let waits = waitsFor {
                needs.failure = waits
            } else {
                needs.looked = now
                lookAhead(now)
            }
        }
        followTariff(now)
    }

    /// What is not known yet; nil if everything is. Nothing is ordered by itself on the loads of the grid model.
    private var waitsFor: String? {
        if settings?.need?.isAutomatic == true, grid?.estimated == nil { return "it waits for a state estimate on \(settings?.estimateTopic ?? "")" }
        let missing = (grid?.series ?? []).filter { forecasts.forecasts[$0] == nil }
        return missing.isEmpty ? nil : "it waits for the forecasts of \(missing.prefix(5).joined(separator: ", "))"
    }

    private func lookAhead(_ now: Timestamp) {
        guard let settings, let need = settings.need else { return }
        let length = Int64(settings.periods.minutes) * 60_000_000_000
        let first = Timestamp(nanoseconds: (now.nanoseconds / length + 1) * length)
        do throws(ServiceError) {
            let found = try outlook(first, count: Int(need.horizonSeconds * 1e9) / Int(length), need, now)
            let asked = ask(found, need, now)
            tell(found, asked.requests, now)
            (needs.failure, needs.askFailure) = (nil, asked.failure)
        } catch {
            needs.failure = error.description
        }
    }

    /// Computes the periods ahead with what is promised, and the cheapest cure.
    func outlook(_ first: Timestamp, count: Int, _ need: FlexibilitySettings.Need, _ now: Timestamp) throws(ServiceError) -> Outlook {
        guard let settings else { throw .invalidState("the service is not running") }
        let length = Duration.seconds(settings.periods.minutes * 60)
        let steps = (0..<max(1, count)).map { index -> FlexibilityRequest.Interval in
            let start = first + .nanoseconds(Int64(index) * length.nanoseconds)
            return .init(start: start, end: start + length, kilowatts: 0...0)
        }
        guard let calculated = try grid?.grid(), let view = grid else { throw .invalidState("the service has no grid model: config.grid is missing") }
        do throws(CongestionError) {
            let net = try view.netLoad(
                steps, quantiles: settings.quantiles, hours: Double(settings.periods.minutes) / 60, forecasts: forecasts, added: promised(steps), underWay: underWay(now))
            let outages = settings.checksOutages ? Contingency.single(of: calculated.network) : []
            let outlook = try GridOutlook(calculated, forecast: net, contingencies: outages)
            let offers = offers(steps, now)
            let concerned = Set(outlook.congestions.compactMap(\.contingency))
            let dispatch = try FlexibilityDispatch(
                calculated, forecast: net, contingencies: outages.filter { concerned.contains($0.name) }, options: DispatchOptions(violationPrice: need.violationPrice))
            return Outlook(steps: steps, grid: calculated, net: net, outlook: outlook, offers: offers, plan: try dispatch.plan(offers))
        } catch {
            throw .invalidState("the look ahead failed: \(error)")
        }
    }

    /// What is promised by node and period, up and down together.
    private func promised(_ steps: [FlexibilityRequest.Interval]) -> [Int: [Double]] {
        var added: [Int: [Double]] = [:]
        func add(_ node: Int, _ index: Int, _ power: Double) {
            if power != 0 { added[node, default: [Double](repeating: 0, count: steps.count)][index] += power }
        }
        for resource in resources {
            guard let node = resource.node else { continue }
            for (index, promised) in book.promised(resource.id, in: steps).enumerated() { add(node, index, promised.upKW + promised.downKW) }
        }
        for (index, step) in steps.enumerated() {
            // What is ordered at a connection is among the requests.
            for offer in needs.offers.values where !offer.ordered.isEmpty && offer.request == nil {
                guard let node = try? grid?.node(offer.place) else { continue }
                for one in offer.ordered where one.start < step.end && step.start < one.end { add(node, index, one.kilowatts) }
            }
        }
        return added
    }

    /// What can be ordered: the own resources, and what others offer.
    private func offers(_ steps: [FlexibilityRequest.Interval], _ now: Timestamp) -> [FlexibilityOffer] {
        var offers: [FlexibilityOffer] = []
        func each(_ value: Double) -> [Double] { [Double](repeating: value, count: steps.count) }
        for resource in resources where resource.isDealtIn {
            guard let node = resource.node else { continue }
            let ranges = ranges(of: resource, in: steps, without: "", now)
            guard ranges.contains(where: { $0 != 0...0 }) else { continue }
            let room = rooms([resource], without: "", now)[0]
            offers.append(FlexibilityOffer(
                id: resource.id, places: [FlexibilityPlace(node: node)], mostIncreaseKW: ranges.map(\.upperBound), mostReductionKW: ranges.map { -$0.lowerBound },
                increasePrice: each(resource.settings.upPrice), reductionPrice: each(resource.settings.downPrice),
                storedKWh: room.aboveKWh.isFinite && room.belowKWh.isFinite ? -room.belowKWh...room.aboveKWh : nil))
        }
        for offer in needs.offers.values.sorted(by: { $0.id < $1.id }) where offer.ordered.isEmpty && offer.validUntil > now {
            guard let node = try? grid?.node(offer.place) else { continue }
            let covered = steps.map { offer.start <= $0.start && $0.end <= offer.end }
            offers.append(FlexibilityOffer(
                id: "offer/\(offer.id)", places: [FlexibilityPlace(node: node)], mostIncreaseKW: covered.map { $0 ? offer.upKW : 0 },
                mostReductionKW: covered.map { $0 ? offer.downKW : 0 }, increasePrice: each(offer.pricePerKWh), reductionPrice: each(offer.pricePerKWh)))
        }
        return offers
    }
}
