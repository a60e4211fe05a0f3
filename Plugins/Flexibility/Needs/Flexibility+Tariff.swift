import Congestion
import FlexibilityMarket
import Grid
import PluginAPI
import SiteCalendar

/// The network tariff of the day ahead: what a kWh more at each node costs the grid in each hour.
extension Flexibility {
    /// Makes the tariff of tomorrow once a day, as soon as the forecasts reach so far.
    func followTariff(_ now: Timestamp) {
        guard let settings, let need = settings.need, let second = need.tariffSecond else { return }
        let local = settings.zone.local(Int(now.nanoseconds / 1_000_000_000)), tomorrow = local.day.adding(days: 1), day = tomorrow.description
        let isDue = needs.tariffTried.map { Double((now - $0).nanoseconds) / 1e9 >= need.repeatSeconds } ?? true
        guard local.secondOfDay >= second, needs.tariffDay != day, isDue else { return }
        let end = Timestamp(seconds: Int64(settings.zone.start(of: tomorrow))) + .seconds(settings.zone.length(of: tomorrow))
        needs.tariffFailure = lacking(until: end).map { "the tariff of \(day) waits: \($0)" }
        guard needs.tariffFailure == nil else { return }
        do throws(ServiceError) {
            try makeTariff(day, now)
            needs.tariffDay = day
        } catch {
            needs.tariffTried = now
            needs.tariffFailure = "there is no tariff of \(day): \(error)"
            host.log.warning("there is no tariff of \(day): \(error)")
        }
    }

    /// Which forecasts are missing or end before an instant, in a sentence; nil if none. Loads that nobody forecast make no tariff of another day.
    private func lacking(until end: Timestamp) -> String? {
        let short = (grid?.series ?? []).filter { !forecasts.reaches($0, end) }
        return short.isEmpty ? nil : "the forecasts of \(short.prefix(5).joined(separator: ", ")) are missing or end before \(end)"
    }

    /// Makes the tariff of a local day, publishes and stores it.
    func makeTariff(_ day: String, _ now: Timestamp) throws(ServiceError) {
        guard let settings, let need = settings.need else { throw .invalidState("config.need is missing: there is no tariff without it") }
        guard let date = SettlementPeriods.day(day) else { throw .invalidArgument("day is '\(day)', expected one such as 2026-03-29") }
        let start = Timestamp(seconds: Int64(settings.zone.start(of: date))), count = settings.periods.count(of: date)
        let end = start + .seconds(settings.zone.length(of: date))
        guard end > now, start <= now + .seconds(3 * 86_400) else { throw .invalidArgument("\(day) is over, or more than three days ahead") }
        if let lacking = lacking(until: end) { throw .invalidState("\(lacking): a tariff needs them for the whole day; ask again when they are there") }
        let found = try outlook(start, count: count, need, now)
        let tariff: NetworkTariff
        do throws(CongestionError) {
            tariff = try NetworkTariff(
                found.grid, forecast: found.net, plan: found.plan, offers: found.offers, energyPrice: [Double](repeating: need.energyPrice, count: count),
                highestPrice: need.highestTariff)
        } catch {
            throw .invalidState(error.description)
        }
        let perHour = max(1, 60 / settings.periods.minutes)
        let hours = stride(from: 0, to: count, by: perHour).map { found.steps[$0].start }
        let nodes = pricedNodes(found.grid)
        var json = JSONWriter()
        json.beginObject()
        json.member("grid", settings.name)
        json.member("day", day)
        json.member("time_zone", settings.zone.name)
        json.member("made", now.description)
        json.member("unit", "\(settings.market.currency)/kWh")
        json.member("is_free", found.outlook.isFree)
        json.key("hours")
        json.beginArray()
        for hour in hours { json.value(hour.description) }
        json.endArray()
        json.list("binding", found.plan.bindingLimits) { json, binding in
            json.member("element", binding.limit.element.mRID)
            json.member("name", binding.limit.element.name)
            json.member("kind", binding.limit.kind.rawValue)
            json.member("start", found.steps[binding.limit.interval].start.description)
            json.member("quantile", binding.limit.quantile)
            json.optional("limit", binding.limit.limit)
            json.member("unit", binding.limit.kind.unit)
            json.optional("shadow_price", binding.shadowPrice)
        }
        json.list("nodes", nodes) { json, node in
            let prices = tariff.hourlyPrices(node: node.position)
            json.member("id", node.id)
            json.member("name", node.name)
            json.numbers("price", prices.map { $0?.total ?? .nan })
            json.numbers("losses", prices.map { $0?.losses ?? .nan })
            json.numbers("voltage", prices.map { $0?.voltage ?? .nan })
            json.numbers("current", prices.map { $0?.current ?? .nan })
        }
        json.endObject()
        needs.tariff = json
        outgoing.append("\(settings.topics.base)/tariffs/\(settings.name)", json.bytes, qos: 1, retain: true)
        store(tariff, nodes, hours)
    }

    /// A node of each bus where something is connected: the busbar, or the first.
    private func pricedNodes(_ grid: CongestionGrid) -> [(position: Int, id: String, name: String)] {
        let network = grid.network
        var found: [Int32: Int] = [:]
        for (position, bus) in grid.index.nodeOfNetworkNode.enumerated() where bus >= 0 {
            if found[bus].map({ network.nodes[position].isBusbar && !network.nodes[$0].isBusbar }) ?? true { found[bus] = position }
        }
        return found.values.sorted().map { position in
            let identity = network.nodes[position].busbar ?? network.nodes[position].identity
            return (position, identity.mRID, identity.name)
        }
    }

    private func store(_ tariff: NetworkTariff, _ nodes: [(position: Int, id: String, name: String)], _ hours: [Timestamp]) {
        guard columns != nil, let grid = settings?.name else { return }
        write { (points) throws(ServiceError) in
            for node in nodes {
                let tags = [(key: "grid", value: grid), (key: "node", value: node.id)]
                guard let price = try self.columns?.column(self.host.timeseries, StoredColumns.tariff, tags, "price") else { return }
                for (hour, value) in zip(hours, tariff.hourlyPrices(node: node.position)) { if let value { points.append(price, hour, value.total) } }
            }
        }
    }
}
