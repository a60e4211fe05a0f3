internal import Logging
internal import Synchronization

extension ServiceSupervisor {
    /// Goes back to the revision that ran before, with its library and its manifest. The files of the site stay as they are; they are
    /// put aside until one of them changes. A second roll-back goes forward again.
    @discardableResult
    public func rollBack(_ name: String) async throws(SupervisorError) -> ServiceStatus {
        let service = try find(name)
        guard let kept = store(of: service).kept(.previous) else {
            throw .conflict("the service '\(name)' has nothing to go back to (expected a revision that was replaced; got none)")
        }
        let result = OneShotBox<ChangeRefusal>()
        await inOrder(service) {
            do throws(ChangeRefusal) { try await self.goBack(service, to: kept) } catch { result.value = error }
        }
        if let refusal = result.value { throw .conflict("the service '\(name)' is not rolled back: \(refusal)") }
        return service.status
    }

    private func goBack(_ service: SupervisedService, to kept: RevisionStore.Kept) async throws(ChangeRefusal) {
        await endShadow(of: service)
        let library: PreparedLibrary
        do throws(LibraryRefusal) { library = try await prepare(kept.manifest, at: kept.library) } catch {
            throw ChangeRefusal(error.description)
        }
        let next = Revision(manifest: kept.manifest, library: library)
        let left = running(service)
        var state: SavedState?
        if service.worker != nil {
            state = try await exchange(service, for: next, fallback: .use(kept.state))
        } else {
            service.content.withLock { $0.library = library }
            adopt(next.manifest, for: service)
        }
        // First what runs now is kept as such, since the slot that it came from is about to be filled anew.
        keep(next, version: kept.note.version, state: nil, of: service, in: .current)
        if let left { keep(left.revision, version: left.version, state: state, of: service, in: .previous) }
        await putAside(service)
        if service.worker == nil, service.content.withLock({ $0.isEnabled }) {
            retries.removeValue(forKey: service.name)?.cancel()
            service.aftercare.forgive()
            await activate(service)
        }
        service.log.host(.notice, "rolled back to \(kept.note.version) (\(kept.note.digest))")
    }

    /// Remembers that the files of the site are not to be applied, and what runs instead: the slot `current`.
    func putAside(_ service: SupervisedService) async {
        let store = store(of: service)
        let pinned = store.kept(.current)?.library
        service.content.withLock {
            $0.pinnedLibrary = pinned
            $0.pendingRefusal = ""
        }
        guard let sight = service.content.withLock({ $0.sight }) else { return }
        let library = await digest(of: sight.library.path, for: service.manifest)
        do throws(HostFiles.Failure) {
            try store.hold(manifest: sight.manifest, library: library)
        } catch {
            service.log.host(.warning, "the roll-back won't outlive the host: \(error)")
        }
    }

    /// Goes on with a roll-back of an earlier run of the host, if the files of the site are still those that were put aside.
    func resumeRollback(of service: SupervisedService) async {
        let store = store(of: service)
        service.content.withLock { $0.previous = store.kept(.previous)?.note }
        guard let held = store.held else { return }
        let manifest = service.manifest
        let library = await digest(of: try? desk.find(manifest), for: manifest)
        guard SHA256.digest(of: manifest.source) == held.manifest, library == held.library, let current = store.kept(.current) else {
            return store.release()
        }
        service.content.withLock {
            $0.sight = Sight(of: manifest, desk: desk)
            $0.pinnedLibrary = current.library
        }
        adopt(current.manifest, for: service)
        service.log.host(.notice, "rolled back to \(current.note.version): \(manifest.place.file) is put aside until it or its library changes")
    }

    /// The digest of a library's file, empty if it is not admitted.
    private func digest(of path: String?, for manifest: ServiceManifest) async -> String {
        guard let path, let file = try? await desk.file(for: manifest, at: path) else { return "" }
        return file.admitted.digest ?? ""
    }

    nonisolated func store(of service: SupervisedService) -> RevisionStore { RevisionStore(dataFolder: dataFolder, service: service.name) }

    /// Keeps a revision; what can't be kept can't be gone back to, which is told.
    func keep(_ revision: Revision, version: String, state: SavedState?, of service: SupervisedService, in slot: RevisionStore.Slot) {
        let store = store(of: service)
        do throws(HostFiles.Failure) {
            try store.keep(revision, version: version, state: state, at: hostClock.now(), in: slot)
        } catch {
            service.log.host(.warning, "the revision before can't be kept for a roll-back: \(error)")
        }
        service.content.withLock { $0.previous = store.kept(.previous)?.note }
    }
}
