import FlexibilityMarket
import PluginAPI

/// What goes to the store and the databus.
extension Flexibility {
    /// Writes metered periods.
    func store(_ periods: [(start: Timestamp, metered: MeteredPeriod)], _ resource: Resource) {
        guard columns != nil, !periods.isEmpty else { return }
        write { (points) throws(ServiceError) in
            let tags = [(key: "resource", value: resource.id)]
            guard let power = try self.columns?.column(self.host.timeseries, StoredColumns.meter, tags, "power_kw"),
                let coverage = try self.columns?.column(self.host.timeseries, StoredColumns.meter, tags, "coverage")
            else { return }
            for (start, metered) in periods {
                points.append(power, start, metered.meanKW, quality: metered.coverage < 0.9 ? .questionable : .good)
                points.append(coverage, start, metered.coverage)
            }
        }
    }

    /// Writes the verified periods of a request.
    func storeSettlement(_ record: RequestRecord) {
        guard columns != nil, let steps = record.verification else { return }
        let tags = [(key: "request", value: record.request.id), (key: "location", value: record.request.location.description)]
        write { (points) throws(ServiceError) in
            for step in steps {
                let fields: [(String, Double?)] = [
                    ("baseline_kw", step.baselineKW), ("ordered_kw", step.orderedKW), ("actual_kw", step.actualKW), ("delivered_kw", step.deliveredKW),
                    ("deficiency_kw", step.deficiencyKW),
                ]
                for (field, value) in fields {
                    guard let value, let column = try self.columns?.once(self.host.timeseries, StoredColumns.settlement, tags, field) else { continue }
                    points.append(column, step.start, value, quality: step.quality == .partial ? .questionable : .good)
                }
            }
        }
    }

    /// Collects points and writes them; what can't be written is told in the log.
    func write(_ fill: (inout Points<Double>) throws(ServiceError) -> Void) {
        do throws(ServiceError) {
            var points = Points<Double>()
            try fill(&points)
            try host.timeseries.write(points)
        } catch {
            host.log.warning("results can't be stored: \(error)")
        }
    }

    /// `flexibility/requests/<id>/settlement`, retained.
    func publishSettlement(_ record: RequestRecord) {
        outgoing.append("\(settings?.topics.base ?? "flexibility")/requests/\(record.request.id)/settlement", verification(record).bytes, qos: 1, retain: true)
    }

    /// What was delivered, period by period, and what is paid for it.
    func verification(_ record: RequestRecord) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", record.request.id)
        json.member("state", record.state.rawValue)
        json.member("method", record.baseline?.method.rawValue ?? "")
        json.member("baseline_reference", record.baseline?.reference ?? "")
        record.writeVerification(&json)
        json.endObject()
        return json
    }
}
