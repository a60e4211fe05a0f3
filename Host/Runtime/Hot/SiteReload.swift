internal import Glibc
public import Logging
internal import Synchronization

/// Keeps the services of a running site what its folder says: a new manifest, an edited one, a removed one, a new library, a replaced
/// one are put into effect, or refused with a sentence while what ran before runs on.
///
/// The folder is looked at as a whole whenever something happened there, and what a look finds is compared with what was last found;
/// events of the kernel only say when to look, and which files are being written. A file counts once its writer has closed it, or it
/// came whole under its name, and it has stayed as it is for a moment.
public actor SiteReload {
    /// A manifest's file as it was last read.
    struct FileState {
        var signature: FileSignature?
        /// `sha256:…` of its bytes.
        var digest: String
        var manifest: ServiceManifest?
        /// What is wrong with it, one problem a line; empty if nothing is.
        var problems = ""
    }

    nonisolated let supervisor: ServiceSupervisor
    nonisolated let folder: String
    nonisolated let logger: Logger
    private nonisolated let watcher: OneShotBox<SiteWatcher>
    var files: [String: FileState]
    /// The keys of `site.yaml` that were changed since the host was started.
    private(set) var siteChanges: [String] = []
    /// Why the folder of the manifests can't be read; `nil` if it can.
    private(set) var folderProblem: String?
    private var siteFile: FileSignature?
    private let siteValues: [String: String]
    private var settling = Settling()
    /// Services that are being added, removed or put by a person: the next look finds what came of it.
    private var busy: Set<String> = []
    private var next: Int64?

    /// - Parameter site: as it was read when the supervisor was made.
    public init(site: Site, supervisor: ServiceSupervisor, logger: Logger) {
        self.supervisor = supervisor
        self.logger = logger
        folder = site.folder
        watcher = OneShotBox()
        files = [:]
        for manifest in site.services {
            files[manifest.place.file] = FileState(digest: SHA256.digest(of: manifest.source), manifest: manifest)
        }
        siteValues = Self.siteValues(folder: site.folder) ?? [:]
    }

    /// Begins to watch; call it once the services were started.
    public func start() {
        let watcher = SiteWatcher { [weak self] writing in
            await self?.look(writing: writing) ?? SiteWatcher.Agenda(folders: [], next: nil)
        }
        self.watcher.value = watcher
        if !watcher.start(folders) { logger.error("the site's folder can't be watched: changes take effect at the next start") }
    }

    /// Ends watching.
    public nonisolated func stop() { watcher.value?.stop() }

    nonisolated var servicesFolder: String { SiteFolder.join(folder, "services") }

    /// Looks at the site's folder and its libraries, and sets in motion what they ask for.
    func look(writing: Set<String>) async -> SiteWatcher.Agenda {
        next = nil
        let now = MachineClock.monotonic()
        readManifests(writing, now)
        readSite(writing, now)
        reconcile(writing, now)
        return SiteWatcher.Agenda(folders: folders, next: next)
    }

    /// Whether a file may be read now; else it is looked at again in time.
    private func isSettled(_ path: String, _ signature: FileSignature?, _ writing: Set<String>, _ now: Int64) -> Bool {
        switch settling.judge(path, signature, isWritten: writing.contains(FolderWatch.told(path)), at: now) {
        case .settled: return true
        case .writing: return false
        case .wait(let time):
            next = min(next ?? .max, time)
            return false
        }
    }

    private func readManifests(_ writing: Set<String>, _ now: Int64) {
        guard let names = manifestNames(now) else { return }
        let present = Set(names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.map { SiteFolder.join(servicesFolder, $0) })
        for file in present {
            let signature = FileSignature(file)
            guard signature != nil, files[file]?.signature != signature, isSettled(file, signature, writing, now) else { continue }
            read(file, signature)
        }
        for file in files.keys where !present.contains(file) {
            if isSettled(file, nil, writing, now) { files[file] = nil }
        }
    }

    /// What the folder of the manifests holds; `nil` if it can't be read, which says nothing about the services: they run on, and it
    /// is looked at again in a second.
    private func manifestNames(_ now: Int64) -> [String]? {
        do throws(HostFiles.Failure) {
            let names = try HostFiles.names(in: servicesFolder)
            if folderProblem != nil { logger.notice("the manifests can be read again: \(servicesFolder)") }
            folderProblem = nil
            return names
        } catch {
            // A site need not have services.
            if files.isEmpty, error.code == ENOENT { return nil }
            if folderProblem != error.description {
                logger.error("the manifests can't be read, all services run on as they are: \(error) (to end a service, remove its manifest alone)")
            }
            folderProblem = error.description
            next = min(next ?? .max, now + 1_000_000_000)
            return nil
        }
    }

    private func read(_ file: String, _ signature: FileSignature?) {
        guard let bytes = try? HostFiles.read(file, limit: 4 << 20), FileSignature(file) == signature else {
            // It changes again: it will be told.
            next = min(next ?? .max, MachineClock.monotonic() + Settling.written)
            return
        }
        let digest = SHA256.digest(of: bytes)
        if files[file]?.digest == digest {
            files[file]?.signature = signature
            return
        }
        var state = FileState(signature: signature, digest: digest)
        do throws(ManifestErrors) { state.manifest = try SiteFolder.manifest(bytes, file: file) } catch { state.problems = error.description }
        files[file] = state
    }

    /// `site.yaml` is not taken into effect while the host runs: it is told which keys wait for a restart.
    private func readSite(_ writing: Set<String>, _ now: Int64) {
        let file = SiteFolder.join(folder, "site.yaml")
        let signature = FileSignature(file)
        guard signature != siteFile else { return }
        guard siteFile != nil else { return siteFile = signature }
        guard isSettled(file, signature, writing, now) else { return }
        siteFile = signature
        guard let values = Self.siteValues(folder: folder) else {
            return logger.warning("\(file) can't be read any more: the host would not start again")
        }
        let changed = Set(values.keys).union(siteValues.keys).filter { values[$0] != siteValues[$0] }
        siteChanges = changed.sorted()
        if !siteChanges.isEmpty {
            logger.warning("\(file) was changed: restart the host for \(siteChanges.joined(separator: ", ")) to take effect")
        }
    }

    private static func siteValues(folder: String) -> [String: String]? {
        let file = SiteFolder.join(folder, "site.yaml")
        guard let bytes = try? HostFiles.read(file, limit: 4 << 20) else { return nil }
        let root = ManifestNode.parse(yaml: String(decoding: bytes, as: UTF8.self), file: file, problems: ProblemList())
        return root.map { ManifestDiff.values(of: $0) }
    }
}

extension SiteReload {
    /// Compares the services with the manifests, and sets in motion what is different.
    private func reconcile(_ writing: Set<String>, _ now: Int64) {
        let claims = claims()
        for service in supervisor.services where !busy.contains(service.name) {
            let file = service.manifest.place.file
            if let manifest = claims[service.name] {
                follow(service, manifest, writing, now)
            } else if let state = files[file] {
                keep(service, state, file)
            } else {
                setInMotion(service.name) { [supervisor] in await supervisor.remove(service) }
            }
        }
        for (name, manifest) in claims where !busy.contains(name) && (try? supervisor.find(name)) == nil {
            setInMotion(name) { [supervisor] in await supervisor.add(manifest) }
        }
    }

    private func setInMotion(_ name: String, _ body: @escaping @Sendable () async -> Void) {
        Task { try? await whileBusy(name) { () async throws(SupervisorError) in await body() } }
    }

    /// Does something with a service that no look is to interfere with, and looks afterwards.
    func whileBusy<Result: Sendable>(
        _ name: String, _ body: () async throws(SupervisorError) -> Result
    ) async throws(SupervisorError) -> Result {
        busy.insert(name)
        defer {
            busy.remove(name)
            watcher.value?.poke()
        }
        return try await body()
    }

    /// The manifest of each service. Of two files that claim one service that counts which has it already.
    private func claims() -> [String: ServiceManifest] {
        var claims: [String: ServiceManifest] = [:]
        for (file, state) in files.sorted(by: { $0.key < $1.key }) {
            guard let manifest = state.manifest else { continue }
            let name = manifest.service
            let owner = (try? supervisor.find(name))?.manifest.place.file
            if let other = claims[name], owner != file {
                files[file]?.problems =
                    "\(manifest.place): the service name '\(name)' is taken (expected a name of its own; got that of \(other.place); rename one of the two)"
                continue
            }
            if let other = claims[name] {
                files[other.place.file]?.problems =
                    "\(other.place): the service name '\(name)' is taken (expected a name of its own; got that of \(manifest.place); rename one of the two)"
            }
            files[file]?.problems = ""
            claims[name] = manifest
        }
        return claims
    }

    /// A service whose manifest is in order: whether it or its library is another than what was last looked at.
    private func follow(_ service: SupervisedService, _ manifest: ServiceManifest, _ writing: Set<String>, _ now: Int64) {
        let known = service.content.withLock { $0.sight }
        let path = try? supervisor.desk.find(manifest)
        let library = LibrarySight(path: path)
        if let known, known.library != library {
            let file = library.path ?? known.library.path ?? manifest.library
            guard isSettled(file, library.library, writing, now), !writing.contains(FolderWatch.told(file + ".sig")) else { return }
        }
        let sight = Sight(manifest: files[manifest.place.file]?.digest ?? "", library: library)
        let isMoved = service.content.withLock { $0.pinnedLibrary == nil && $0.manifest.place.file != manifest.place.file }
        guard sight != known || isMoved else { return }
        service.content.withLock { $0.sight = sight }
        // The first look at a service that was not started yet finds nothing new.
        if known == nil, !isMoved, sight.manifest == SHA256.digest(of: service.manifest.source) { return }
        Task { await supervisor.change(service, to: manifest) }
    }

    /// A service whose manifest can't be read any more runs on.
    private func keep(_ service: SupervisedService, _ state: FileState, _ file: String) {
        let problems = state.problems
        if let manifest = state.manifest, manifest.service != service.name {
            return setInMotion(service.name) { [supervisor] in await supervisor.remove(service) }
        }
        let isNew = service.content.withLock { content in
            let known = content.sight
            content.sight = Sight(manifest: state.digest, library: known?.library ?? LibrarySight(path: nil))
            guard known?.manifest != state.digest else { return false }
            content.pendingRefusal = problems
            return true
        }
        if isNew { service.log.host(.error, "a change is refused, the revision before runs on: \(problems)") }
    }

    /// The folders in which something may happen that concerns the site.
    private var folders: Set<String> {
        var folders: Set<String> = [folder, servicesFolder]
        folders.formUnion(supervisor.desk.folders)
        for file in files.keys { Self.insertFolder(of: HostFiles.canonical(file), into: &folders) }
        for service in supervisor.services {
            let manifest = service.manifest
            if manifest.library.contains("/") { Self.insertFolder(of: SiteFolder.join(folder, manifest.library), into: &folders) }
            Self.insertFolder(of: try? supervisor.desk.find(manifest), into: &folders)
        }
        return folders
    }

    private static func insertFolder(of path: String?, into folders: inout Set<String>) {
        guard let path, let slash = path.lastIndex(of: "/") else { return }
        folders.insert(slash == path.startIndex ? "/" : String(path[..<slash]))
    }
}
