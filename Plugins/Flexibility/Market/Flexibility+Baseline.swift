import FlexibilityMarket
import PluginAPI
import SiteCalendar

/// Baselines, frozen at the acceptance.
extension Flexibility {
    /// The baseline by the first method that is possible, in the order of the configuration.
    /// - Throws: ``Status/invalidState`` where none is, with what each lacks.
    func baseline(_ record: RequestRecord, _ now: Timestamp) throws(ServiceError) -> Baseline {
        guard let settings else { throw .invalidState("the service is not running") }
        let resources = try site(record.request.location).resources
        var lacks: [String] = []
        for method in settings.baseline.methods {
            switch method {
            case .external:
                if let powers = record.externalBaseline { return Baseline(.external, reference: "external", frozen: now, kilowatts: powers) }
                lacks.append("no external one was given")
            case .meterBeforeMeterAfter:
                let hours = Double((record.request.end - record.request.begin).nanoseconds) / 3.6e12
                guard hours < MeterBeforeMeterAfter.longestHours else {
                    lacks.append("\(shown(hours)) hours are too long for meter-before-meter-after")
                    continue
                }
                return Baseline(method, reference: "meter", frozen: now, kilowatts: [Double](repeating: .nan, count: record.steps.count))
            case .forecast:
                if let baseline = forecastBaseline(record, resources, now) { return baseline }
                lacks.append("there is no forecast of all resources until the end")
            case .highXOfY:
                if let baseline = highDayBaseline(record, resources, now) { return baseline }
                lacks.append("less than \(settings.baseline.highDays.best) days of the kind are metered")
            }
        }
        throw .invalidState(
            "the request '\(record.request.id)' has no baseline (\(lacks.joined(separator: "; "))): give one, by POST /requests/{id}/baseline, and accept it then")
    }

    private func forecastBaseline(_ record: RequestRecord, _ resources: [Resource], _ now: Timestamp) -> Baseline? {
        var sum = [Double](repeating: 0, count: record.steps.count), parts: [String: [Double]] = [:], runs: [String] = []
        for resource in resources {
            guard let series = resource.settings.series else { return nil }
            let powers = record.steps.map { forecasts.mean(series, "q50", from: $0.start, to: $0.end) ?? .nan }
            guard powers.allSatisfy(\.isFinite) else { return nil }
            parts[resource.id] = powers
            for index in sum.indices { sum[index] += powers[index] }
            runs.append("\(series)@\(forecasts.forecasts[series]?.issued ?? "")")
        }
        return Baseline(.forecast, reference: runs.joined(separator: ", "), frozen: now, kilowatts: sum, resources: parts)
    }

    private func highDayBaseline(_ record: RequestRecord, _ resources: [Resource], _ now: Timestamp) -> Baseline? {
        guard let settings else { return nil }
        var sum = [Double](repeating: 0, count: record.steps.count), parts: [String: [Double]] = [:], days = Int.max
        for resource in resources {
            guard let metered = try? MeterHistory(host.timeseries, settings, resource, until: now) else { return nil }
            // Days on which it did something for somebody say nothing of what it does by itself.
            let activated = book.records.values.filter { $0.wasCarriedOut && $0.request.id != record.request.id && $0.order?.shares[resource.id]?.contains { $0 != 0 } == true }
            let occupied = Set(activated.flatMap { $0.steps.map { metered.day($0.start) } })
            let history = metered.days(like: record.steps, without: occupied)
            guard let found = settings.baseline.highDays.baseline(history, sameDayKW: metered.sameDay(record.steps[0].start)) else { return nil }
            parts[resource.id] = found.kilowatts
            for index in sum.indices { sum[index] += found.kilowatts[index] }
            days = min(days, found.days)
        }
        let rule = settings.baseline.highDays
        return Baseline(.highXOfY, reference: "\(rule.best) highest of \(rule.days) days", frozen: now, kilowatts: sum, resources: parts)
    }

    /// What a resource would do without activation in a period of a request, kW; nil where that is known only afterwards.
    func baselineKW(_ record: RequestRecord, _ resource: String, _ step: Int) -> Double? {
        guard let baseline = record.baseline, baseline.kilowatts.indices.contains(step) else { return nil }
        if let own = baseline.resources[resource] { return own[step].isFinite ? own[step] : nil }
        // An external one is of the location as a whole.
        return record.order?.shares.count == 1 && baseline.kilowatts[step].isFinite ? baseline.kilowatts[step] : nil
    }
}
