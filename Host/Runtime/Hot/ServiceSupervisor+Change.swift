internal import Logging
internal import Synchronization

/// What came of a change of a service.
enum ChangeOutcome: Sendable {
    /// Nothing is different.
    case unchanged
    /// It is in effect.
    case applied
    /// It runs beside the one before, until a person decides.
    case shadowing
    /// What ran before runs on.
    case refused(String)
}

extension ServiceSupervisor {
    /// Puts a manifest, or another content of its library, into effect for a service that is there: checked, compared, applied or refused
    /// with a sentence while the one before runs on. Carried out in order with the other orders of the service.
    @discardableResult
    func change(_ service: SupervisedService, to manifest: ServiceManifest, insisting: Bool = false) async -> ChangeOutcome {
        let result = OneShotBox<ChangeOutcome>()
        await inOrder(service) {
            guard await !self.isShutDown else { return }
            result.value = await self.take(manifest, for: service, insisting: insisting)
        }
        return result.value ?? .refused(service.isRemoved ? "the service was removed" : "the host is shutting down")
    }

    private func take(_ manifest: ServiceManifest, for service: SupervisedService, insisting: Bool) async -> ChangeOutcome {
        do throws(ChangeRefusal) {
            let outcome = try await apply(manifest, to: service, insisting: insisting)
            service.content.withLock { $0.pendingRefusal = "" }
            return outcome
        } catch {
            return note(error, of: manifest, for: service)
        }
    }

    /// Makes a refusal visible.
    func note(_ refusal: ChangeRefusal, of manifest: ServiceManifest, for service: SupervisedService) -> ChangeOutcome {
        let sentence = "\(manifest.place.file): \(refusal)"
        service.content.withLock { $0.pendingRefusal = sentence }
        service.log.host(.error, "a change is refused\(refusal.isDown ? "" : ", the revision before runs on"): \(sentence)")
        return .refused(sentence)
    }

    private func apply(
        _ given: ServiceManifest, to service: SupervisedService, insisting: Bool
    ) async throws(ChangeRefusal) -> ChangeOutcome {
        // One that ended the host stays in a process of its own until its manifest is another.
        var manifest = given
        if relocation(of: given) != nil { manifest.isolation = .process }
        guard service.worker != nil else { return try await applyIdle(manifest, to: service) }
        if !manifest.isEnabled, service.manifest.isEnabled, remembered.choice(for: service.name) == nil {
            return try await switchOff(service, manifest)
        }
        let diff = ManifestDiff(from: service.manifest, to: manifest)
        let (running, isPinned) = service.content.withLock { ($0.library?.admitted.digest, $0.pinnedLibrary != nil) }
        let file = try await admit(manifest)
        let isNewLibrary = file.admitted.digest == nil || file.admitted.digest != running
        guard diff.effect >= .instance || isNewLibrary else {
            adopt(manifest, for: service)
            if isPinned {
                await endShadow(of: service)
                settle(service)
            }
            return diff.effect == .none ? .unchanged : .applied
        }
        let next = Revision(manifest: manifest, library: try await rehearsed(manifest, file))
        if manifest.upgrade.mode == .shadow, !insisting {
            try await beginShadow(service, next)
            return .shadowing
        }
        await endShadow(of: service)
        try await replace(service, by: next)
        service.log.host(.notice, "changed: \(([isNewLibrary ? "library" : nil] + diff.topKeys).compactMap(\.self).joined(separator: ", "))")
        return .applied
    }

    /// Exchanges the revision that runs, and keeps it for a roll-back.
    func replace(_ service: SupervisedService, by next: Revision) async throws(ChangeRefusal) {
        let former = running(service)
        let state = try await exchange(service, for: next)
        settle(service)
        if let former { keep(former.revision, version: former.version, state: state, of: service, in: .previous) }
    }

    /// The revision that runs, with the version that its library states.
    func running(_ service: SupervisedService) -> (revision: Revision, version: String)? {
        service.content.withLock { content in
            content.library.map { (Revision(manifest: content.manifest, library: $0), content.module?.version ?? "") }
        }
    }

    /// A service that does not run: one that is switched off is only checked, another one is tried at once.
    private func applyIdle(_ manifest: ServiceManifest, to service: SupervisedService) async throws(ChangeRefusal) -> ChangeOutcome {
        let isEnabled = remembered.choice(for: service.name) ?? manifest.isEnabled
        if !isEnabled {
            _ = try await rehearsed(manifest, try await admit(manifest))
        }
        retries.removeValue(forKey: service.name)?.cancel()
        adopt(manifest, for: service)
        settle(service)
        service.content.withLock {
            $0.isEnabled = isEnabled
            $0.library = nil
            $0.attempts = 0
        }
        service.aftercare.forgive()
        if isEnabled { await activate(service) }
        return .applied
    }

    private func switchOff(_ service: SupervisedService, _ manifest: ServiceManifest) async throws(ChangeRefusal) -> ChangeOutcome {
        _ = try await rehearsed(manifest, try await admit(manifest))
        await deactivate(service, into: .disabled, "its manifest switches it off")
        await forgetUnlessKept(service)
        adopt(manifest, for: service)
        service.content.withLock { $0.isEnabled = false }
        return .applied
    }

    /// Takes over what asks for nothing of the instance.
    func adopt(_ manifest: ServiceManifest, for service: SupervisedService) {
        service.content.withLock { $0.manifest = manifest }
        service.aftercare.adopt(manifest)
    }

    /// What the site's files say is what runs: nothing is put aside any more.
    private func settle(_ service: SupervisedService) {
        service.content.withLock { $0.pinnedLibrary = nil }
        store(of: service).release()
    }

    /// Finds and admits a manifest's library without running any code of it.
    func admit(_ manifest: ServiceManifest) async throws(ChangeRefusal) -> (path: String, admitted: AdmittedLibrary) {
        do throws(LibraryRefusal) { return try await desk.file(for: manifest) } catch { throw ChangeRefusal(error.description) }
    }

    /// The library of a manifest after a throw-away instance has checked the configuration.
    func rehearsed(
        _ manifest: ServiceManifest, _ file: (path: String, admitted: AdmittedLibrary)
    ) async throws(ChangeRefusal) -> PreparedLibrary {
        if let sentence = await rehearse(manifest, runnerLibrary(file)) { throw ChangeRefusal(sentence) }
        do throws(LibraryRefusal) { return try await prepare(manifest) } catch { throw ChangeRefusal(error.description) }
    }

    /// Brings a service of a new manifest among the others, and starts it if it is to run.
    func add(_ manifest: ServiceManifest) async {
        guard !isShutDown, (try? find(manifest.service)) == nil else { return }
        let service = register(manifest)
        await resumeRollback(of: service)
        logger.notice("a new service: \(manifest.service), by \(manifest.place.file)")
        await inOrder(service) {
            if service.content.withLock({ $0.isEnabled }) { await self.activate(service) } else { service.board.move(to: .disabled) }
        }
    }

    /// Drains and ends a service whose manifest is gone, and takes it off the list. What a person switched stays remembered.
    func remove(_ service: SupervisedService) async {
        await inOrder(service) {
            service.content.withLock { ($0.isEnabled, $0.isRemoved) = (false, true) }
            await self.cancelRetry(of: service)
            await self.deactivate(service, into: .stopped, "its manifest was removed", keepingSession: false)
            await self.bridges.databus.forget(service: service.name)
            self.unregister(service)
            self.logger.notice("a service is gone: \(service.name), its manifest was removed")
        }
    }

    private func cancelRetry(of service: SupervisedService) { retries.removeValue(forKey: service.name)?.cancel() }
}
