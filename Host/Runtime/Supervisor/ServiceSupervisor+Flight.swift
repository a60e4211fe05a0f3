internal import Glibc
internal import Logging

/// Who was inside a callback when the host ended without notice.
extension ServiceSupervisor {
    /// Where a service of this process notes what it is inside of. One in a process of its own can't end the host.
    nonisolated func flightSlot(of service: SupervisedService) -> FlightSlot? {
        service.manifest.isolation == .inProcess ? flight?.slot(for: service.name) : nil
    }

    /// Records an incident for each service that was at work when the previous run ended.
    nonisolated func tellTraces() {
        for trace in flight?.traces ?? [] {
            guard let service = services.first(where: { $0.name == trace.service }) else { continue }
            let inside = max(0, hostClock.now() - trace.since) / 1_000_000_000
            service.aftercare.record(
                .hostEnded,
                "the host ended without notice while the service was inside \(trace.callback), which began \(inside) s ago: the service, or "
                    + "chance, ended the host (if it happens again within a day, the host moves it into a process of its own)",
                Aftercare.Circumstances(callback: trace.callback))
            relocateIfDue(service)
        }
    }
}

extension FlightRecorder {
    /// The recorder in the data folder; `nil` if there can't be one, which is logged.
    static func open(_ services: [String], dataFolder: String, logger: Logger) -> FlightRecorder? {
        do throws(HostFiles.Failure) {
            return try FlightRecorder(path: SiteFolder.join(dataFolder, "flight.bin"), services: services)
        } catch {
            logger.warning("there is no flight recorder: \(error)")
            return nil
        }
    }
}
