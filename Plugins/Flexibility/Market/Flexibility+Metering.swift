import FlexibilityMarket
import PluginAPI

/// What resources are metered to do.
extension Flexibility {
    /// Says what a resource was metered to do in a settlement period.
    typealias Readings = (FlexibilityRequest.Interval) -> MeteredPeriod?

    /// Lets time pass for all meters, and stores the periods that ended.
    func advanceMeters(_ now: Timestamp) {
        for resource in resources { store(resource.meter.advance(to: now), resource) }
    }

    /// What was metered of a resource in a span: of a connection with a series of its own from that, of others from memory, or, after a restart, from
    /// the store.
    func readings(_ resource: Resource, from start: Timestamp, to end: Timestamp) throws(ServiceError) -> Readings {
        let minutes = settings?.periods.minutes ?? 15
        if let series = resource.settings.meter {
            let meter = try series.read(host.timeseries, periodMinutes: minutes, from: start, to: end)
            return { meter.metered(in: $0) }
        }
        return { [self] step in resource.meter.metered(in: step) ?? columns?.metered(host.timeseries, resource.id, step, minutes: minutes) }
    }

    /// Keeps what was read of the periods that are not over, once a minute while something is carried out.
    func keepMeters(_ now: Timestamp) {
        guard metersKept.map({ now - $0 >= .seconds(60) }) ?? true, book.records.values.contains(where: { $0.state.isUnderWay }) else { return }
        metersKept = now
        do throws(ServiceError) { try memory?.keepMeters(resources) } catch { memoryFailure = error.description }
    }

    /// Takes up what was read of the present period before a restart.
    func restoreMeters(_ now: Timestamp) {
        guard let kept = (try? memory?.meters()) ?? nil else { return }
        for resource in resources {
            guard let one = kept[resource.id], let start = one["start"]?.text.flatMap({ Timestamp(text: $0) }), let energy = one["energy"]?.number,
                let covered = one["covered"]?.integer
            else { continue }
            resource.meter.restore(start, energyKWNanoseconds: energy, covered: covered, now: now)
        }
    }
}
