internal import Logging
internal import Synchronization

/// Services that took the host down with them, and are moved out of its process.
extension ServiceSupervisor {
    /// Within how long two ends of the host count together, and how many it takes.
    private static let window = Duration.seconds(86_400)
    private static let endsTolerated = 1

    /// What holds for a manifest of a service; `nil` if it runs as the manifest says.
    nonisolated func relocation(of manifest: ServiceManifest) -> Relocations.Relocation? {
        guard manifest.isolation == .inProcess, let relocation = relocations[manifest.service], relocation.isInForce,
            relocation.manifestDigest == SHA256.digest(of: manifest.source)
        else { return nil }
        return relocation
    }

    /// Moves a service into a process of its own if it was inside a callback too often when the host ended.
    nonisolated func relocateIfDue(_ service: SupervisedService) {
        let manifest = service.manifest
        guard manifest.isolation == .inProcess else { return }
        let now = hostClock.now()
        let since = max(now - Self.window.nanoseconds, relocations[service.name]?.time ?? .min)
        let ends = service.aftercare.incidents.all.filter { $0.reason == .hostEnded && $0.time > since }
        guard ends.count > Self.endsTolerated, let last = ends.first else { return }
        let sentence =
            "the host runs it in a process of its own although \(manifest.place.file) says in-process: the host ended \(ends.count) times within "
            + "\(Quantities.describe(nanoseconds: Self.window.nanoseconds)) while it was inside a callback, the last time \(last.callback) "
            + "(to move it back, restart it or edit the manifest)"
        let relocation = Relocations.Relocation(
            manifestDigest: SHA256.digest(of: manifest.source), sentence: sentence, time: now, isInForce: true)
        service.log.host(.error, sentence)
        if let problem = relocations.keep(relocation, for: service.name) {
            service.log.host(.warning, "that can't be remembered: \(problem)")
        }
        service.content.withLock { $0.relocation = relocation }
    }

    /// A person has acted: the service runs as its manifest says again, and counting begins anew.
    nonisolated func moveBack(_ service: SupervisedService) {
        guard let relocation = service.content.withLock({ $0.relocation }) else { return }
        let taken = Relocations.Relocation(
            manifestDigest: relocation.manifestDigest, sentence: relocation.sentence, time: hostClock.now(), isInForce: false)
        if let problem = relocations.keep(taken, for: service.name) {
            service.log.host(.warning, "that it runs in the host's process again can't be remembered: \(problem)")
        }
        service.content.withLock { $0.relocation = nil }
    }
}
