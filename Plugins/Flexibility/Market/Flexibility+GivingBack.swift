import FlexibilityMarket
import PluginAPI

/// More than what is left of an order that was cut, found possible by every check since a time.
struct Recovery {
    let since: Timestamp
    /// The least that those checks found, kW by the begin of the settlement period.
    var carriedKW: [Timestamp: Double]
}

/// What was cut while it is carried out comes back when the cause is gone, slowly: an order that goes up and down with every estimate helps nobody.
extension Flexibility {
    /// Gives back what checks found possible for as long as the time between two of them; the most important request first, as the least important
    /// was cut first. The settlement period that runs stays as it is.
    /// - Parameter running: the least important first.
    func giveBack(_ running: [RequestRecord], _ now: Timestamp) {
        recoveries = recoveries.filter { id, _ in running.contains { $0.request.id == id } }
        for record in running.reversed() {
            attempt(record) { (record) throws(ServiceError) in try self.giveBack(record, now) }
        }
    }

    private func giveBack(_ record: RequestRecord, _ now: Timestamp) throws(ServiceError) {
        guard let settings, let order = record.order, let uncut = order.uncutKW else { return }
        let ahead = record.steps.indices.filter { record.steps[$0].start > now && isMore(uncut[$0], than: order.kilowatts[$0], of: uncut[$0]) }
        let id = record.request.id
        guard !ahead.isEmpty else { return recoveries[id] = nil }
        let found = try possibleKW(record, uncut, ahead, now), before = recoveries[id]
        var carried: [Timestamp: Double] = [:]
        for index in ahead {
            let start = record.steps[index].start, least = [found[start], before?.carriedKW[start]].compactMap { $0 }.min { abs($0) < abs($1) } ?? 0
            if isMore(least, than: order.kilowatts[index], of: uncut[index]) { carried[start] = least }
        }
        guard !carried.isEmpty else { return recoveries[id] = nil }
        let recovery = Recovery(since: before?.since ?? now, carriedKW: carried)
        recoveries[id] = recovery
        guard (now - recovery.since).nanoseconds >= Int64(settings.activation.recheckSeconds * 1e9) else { return }
        recoveries[id] = nil
        try grow(record, carried, now)
    }

    /// Less than a twentieth is not worth another set-point.
    private func isMore(_ power: Double, than other: Double, of whole: Double) -> Bool {
        abs(power) - abs(other) > max(settings?.activation.toleranceKW ?? 0, 0.05 * abs(whole))
    }

    /// What of an order's powers assets and grid can do, by the begin of the period.
    private func possibleKW(_ record: RequestRecord, _ powers: [Double], _ indices: [Int], _ now: Timestamp) throws(ServiceError) -> [Timestamp: Double] {
        let site = try site(record.request.location), steps = indices.map { record.steps[$0] }, wanted = indices.map { powers[$0] }
        let check = try check(record, site, zip(steps, wanted).map { ($0, $1, 0) }, now)
        return Dictionary(check.steps.map { ($0.start, $0.offeredKW) }) { first, _ in first }
    }

    private func grow(_ record: RequestRecord, _ carried: [Timestamp: Double], _ now: Timestamp) throws(ServiceError) {
        guard var order = record.order else { return }
        for (index, step) in record.steps.enumerated() { if let power = carried[step.start] { order.kilowatts[index] = power } }
        let shares = try shares(record, order.kilowatts, now)
        for (index, step) in record.steps.enumerated() where carried[step.start] != nil {
            for id in order.shares.keys { order.shares[id]?[index] = shares[id]?[index] ?? 0 }
        }
        record.order = order
        let first = carried.keys.min() ?? now
        note(record, "", "given back: the grid carries it again, from \(first) on", now)
        changed(record)
    }
}
