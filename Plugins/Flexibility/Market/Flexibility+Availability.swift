import FlexibilityMarket
import PluginAPI

/// What each resource could do, period by period, at three levels of certainty.
extension Flexibility {
    private static let horizonSeconds = 86_400

    /// Publishes availability when a new period begins, and when a resource appears.
    func publishAvailability(_ now: Timestamp) {
        guard let settings else { return }
        let length = Int64(settings.periods.minutes) * 60_000_000_000
        let start = Timestamp(nanoseconds: now.nanoseconds / length * length)
        defer { isAvailabilityChanged = false }
        for resource in resources where resource.reported != nil && resource.isDealtIn {
            let isOffline = resource.isOffline(now, silentSeconds: settings.activation.silentSeconds)
            let wasNothing = resource.availability.first.map { $0.upKW == [0, 0, 0] && $0.downKW == [0, 0, 0] } ?? true
            guard isAvailabilityChanged || resource.availability.first?.start != start || isOffline != wasNothing else { continue }
            let periods = availability(resource, from: start, now)
            guard periods != resource.availability else { continue }
            resource.availability = periods
            outgoing.append("\(settings.topics.base)/availability/\(resource.id)", availability([resource], name: resource.id).bytes, qos: 1, retain: true)
            storeAvailability(resource)
        }
        for (name, _) in settings.congestionPoints.sorted(by: { $0.key < $1.key }) {
            guard let site = try? site(.congestionPoint(name)), site.resources.contains(where: { $0.availability.first?.start == start }) else { continue }
            guard needs.tellsAvailability(of: name, at: start) else { continue }
            outgoing.append("\(settings.topics.base)/availability/\(name)", availability(site.resources, name: name).bytes, qos: 1, retain: true)
        }
    }

    /// - Returns: the day from a time on. More load than expected is, for a set-point, less to be drawn by the assets, and the other way round.
    private func availability(_ resource: Resource, from start: Timestamp, _ now: Timestamp) -> [AvailabilityPeriod] {
        guard let settings, let low = settings.quantiles.first?.name, let high = settings.quantiles.last?.name else { return [] }
        let length = Duration.seconds(settings.periods.minutes * 60), hours = Double(settings.periods.minutes) / 60
        var begin = start
        let steps = (0..<Self.horizonSeconds / (settings.periods.minutes * 60)).map { _ in
            defer { begin = begin + length }
            return FlexibilityRequest.Interval(start: begin, end: begin + length, kilowatts: 0...0)
        }
        return zip(steps, ranges(of: resource, in: steps, without: "", now)).map { step, range in
            var (above, below) = (0.0, 0.0)
            if let series = resource.settings.series, range != 0...0, let median = forecasts.mean(series, "q50", from: step.start, to: step.end) {
                above = max(0, (forecasts.mean(series, high, from: step.start, to: step.end) ?? median) - median)
                below = max(0, median - (forecasts.mean(series, low, from: step.start, to: step.end) ?? median))
            }
            let up = [range.upperBound - below, range.upperBound, range.upperBound + above].map { max(0, $0) }
            let down = [-range.lowerBound - above, -range.lowerBound, -range.lowerBound + below].map { max(0, $0) }
            return AvailabilityPeriod(
                start: step.start, end: step.end, upKW: up, downKW: down, upKWh: up.map { min($0 * hours, resource.aboveKWh) },
                downKWh: down.map { min($0 * hours, resource.belowKWh) })
        }
    }

    /// What several resources can do together, as it is published.
    private func availability(_ resources: [Resource], name: String) -> JSONWriter {
        var json = JSONWriter()
        writeAvailability(resources, name: name, nil, nil, &json)
        return json
    }

    /// Writes what several resources can do together, in periods that touch a span.
    func writeAvailability(_ resources: [Resource], name: String, _ from: Timestamp?, _ to: Timestamp?, _ json: inout JSONWriter) {
        let lists = resources.map(\.availability).filter { !$0.isEmpty }
        let starts = (lists.first ?? []).filter { period in
            (from.map { period.end > $0 } ?? true) && (to.map { period.start < $0 } ?? true)
        }.map(\.start)
        func sum(_ start: Timestamp, _ part: (AvailabilityPeriod) -> [Double]) -> [Double] {
            lists.reduce([0, 0, 0]) { sum, list in list.first { $0.start == start }.map { zip(sum, part($0)).map { $0 + $1 } } ?? sum }
        }
        let parts: [(String, (AvailabilityPeriod) -> [Double])] = [("up_kw", \.upKW), ("down_kw", \.downKW), ("up_kwh", \.upKWh), ("down_kwh", \.downKWh)]
        json.beginObject()
        json.member("location", name)
        if let first = starts.first { json.member("start", first.description) }
        json.member("period_minutes", settings?.periods.minutes ?? 15)
        for (key, part) in parts {
            let sums = starts.map { sum($0, part) }
            json.key(key)
            json.beginObject()
            for (index, level) in AvailabilityPeriod.levels.enumerated() { json.numbers(level, sums.map { ($0[index] * 1000).rounded() / 1000 }) }
            json.endObject()
        }
        json.endObject()
    }

    private func storeAvailability(_ resource: Resource) {
        guard columns != nil, let now = resource.availability.first else { return }
        write { (points) throws(ServiceError) in
            for (field, value) in [("up_kw", now.upKW[1]), ("down_kw", now.downKW[1]), ("up_kw_p10", now.upKW[0]), ("down_kw_p10", now.downKW[0])] {
                guard let column = try self.columns?.column(self.host.timeseries, StoredColumns.availability, [(key: "location", value: resource.id)], field) else { return }
                points.append(column, now.start, value)
            }
        }
    }
}
