public import Logging
internal import Synchronization

/// Runs the services of a site: starts them, switches them on and off, tries again what could not start, answers for them.
///
/// Orders for one service are carried out one after another, those for different services at the same time. What a person switched
/// on or off is remembered over restarts of the host.
public actor ServiceSupervisor {
    /// Times that tests shorten.
    public struct Options: Sendable {
        /// The first wait after a start that may succeed later; each further one is twice as long, with jitter.
        public var firstBackoff = Duration.seconds(1)
        public var longestBackoff = Duration.seconds(60)
        /// How long a request waits for its answer.
        public var requestTimeout = Duration.seconds(30)
        /// How often a service is asked for its own judgement (`dsotp.health/1`).
        public var healthInterval = Duration.seconds(5)
        /// How services with `isolation: process` are started.
        public var runner = RunnerLaunch()

        public init() {}
    }

    /// Metrics of the services, and of the host where it wants.
    public nonisolated let metrics = MetricsRegistry()
    /// The services, sorted by name; they come and go while the host runs.
    private nonisolated let registry: Mutex<[SupervisedService]>
    nonisolated let options: Options
    nonisolated let bridges: ServiceBridges
    /// The time of what is told about services themselves, whatever time they go by.
    nonisolated let hostClock: any ServiceClock = SystemServiceClock()
    nonisolated let desk: LibraryDesk
    nonisolated let hostVersion: String
    nonisolated let runner: RunnerLaunch
    nonisolated let flight: FlightRecorder?
    let remembered: RememberedChoices
    nonisolated let relocations: Relocations
    private nonisolated let quarantines: Quarantines
    let watchdog = Watchdog()
    nonisolated let logger: Logger
    private nonisolated let observer: @Sendable (ServiceStateChange) -> Void
    nonisolated let dataFolder: String
    /// Which services this host runs; `nil` if there is no other host.
    nonisolated let placement: PlacementRules?
    private var orders: [String: Task<Void, Never>] = [:]
    var retries: [String: Task<Void, Never>] = [:]
    private(set) var isShutDown = false

    /// - Parameters:
    ///   - dataFolder: holds `services.json`; must exist.
    ///   - pluginFolders: looked in for libraries after those of the site.
    ///   - trust: decides which libraries are loaded; nil trusts every library.
    ///   - observer: told of each change of a state, in order; it must be quick and must not call the supervisor.
    /// - Throws: if what was remembered can't be read.
    public init(
        site: Site, bridges: ServiceBridges, dataFolder: String, hostVersion: String, pluginFolders: [String] = [],
        trust: (any LibraryTrust)? = nil, logger: Logger, options: Options = Options(), observer: @escaping @Sendable (ServiceStateChange) -> Void = { _ in }
    ) throws(SupervisorError) {
        let remembered = try RememberedChoices(dataFolder: dataFolder)
        self.remembered = remembered
        self.bridges = bridges
        self.options = options
        self.logger = logger
        self.hostVersion = hostVersion
        runner = Self.prepare(options.runner, dataFolder: dataFolder)
        desk = LibraryDesk(
            loader: LibraryLoader(hostVersion: hostVersion), folders: site.pluginFolders + pluginFolders, siteFolder: site.folder,
            trust: trust)
        flight = FlightRecorder.open(site.services.map(\.service), dataFolder: dataFolder, logger: logger)
        self.observer = Self.releasingDevices(bridges.commands, observer)
        self.dataFolder = dataFolder
        placement = site.hosts.map { PlacementRules($0) }
        relocations = Relocations(dataFolder: dataFolder)
        quarantines = Quarantines(dataFolder: dataFolder)
        registry = Mutex([])
        for manifest in site.services { _ = register(manifest) }
    }

    /// All services of the site, sorted by name.
    nonisolated var services: [SupervisedService] { registry.withLock { $0 } }

    /// Makes a service of a manifest and puts it among the others; it is not started.
    nonisolated func register(_ manifest: ServiceManifest) -> SupervisedService {
        let name = manifest.service
        let log = ServiceLog(service: name, logger: logger)
        let service = SupervisedService(
            manifest: manifest, isEnabled: remembered.choice(for: name) ?? manifest.isEnabled,
            board: StatusBoard(service: name, clock: hostClock, observer: observer),
            metrics: ServiceMetrics(service: name, registry: metrics), log: log,
            aftercare: Aftercare(
                manifest: manifest, incidents: IncidentLog(dataFolder: dataFolder, service: name), log: log,
                clock: hostClock, firstBackoff: options.firstBackoff, longestBackoff: options.longestBackoff, quarantines: quarantines))
        let relocation = relocation(of: manifest)
        service.content.withLock { $0.relocation = relocation }
        placement?.register(service)
        registry.withLock { services in
            services.append(service)
            services.sort { $0.name < $1.name }
        }
        watchRest(of: service)
        return service
    }

    /// Takes a service that has ended off the list.
    nonisolated func unregister(_ service: SupervisedService) { registry.withLock { $0.removeAll { $0 === service } } }

    /// Starts all services that are enabled; returns when each runs or has said why not.
    public func start() async {
        for service in services { await resumeRollback(of: service) }
        tellTraces()
        let left = LeftRunners.end()
        if left > 0 { logger.warning("\(left) processes that services of an earlier run of the host had started were still there and are ended") }
        if !watchdog.start() { logger.error("the watchdog has no thread: deadlines of callbacks are not enforced") }
        await withTaskGroup(of: Void.self) { group in
            for service in services {
                group.addTask {
                    await self.inOrder(service) {
                        if !service.content.withLock({ $0.isEnabled }) {
                            service.board.move(to: .disabled)
                        } else if let sentence = service.aftercare.quarantine {
                            service.board.move(to: .quarantined, sentence)
                        } else {
                            await self.activate(service)
                        }
                    }
                }
            }
        }
    }

    /// Switches a service on and remembers it; returns its state after the attempt. One that runs is left as it is.
    @discardableResult
    public func enable(_ name: String) async throws(SupervisorError) -> ServiceStatus {
        let service = try find(name)
        try remembered.remember(name, isEnabled: true)
        service.aftercare.forgive()
        service.content.withLock { $0.isEnabled = true }
        await inOrder(service) {
            guard service.content.withLock({ $0.isEnabled && $0.worker == nil }) else { return }
            self.moveBack(service)
            await self.activate(service)
        }
        return try status(after: service)
    }

    /// Switches a service off and remembers it; returns when it has ended. Persistent sessions are kept.
    @discardableResult
    public func disable(_ name: String) async throws(SupervisorError) -> ServiceStatus {
        let service = try find(name)
        try remembered.remember(name, isEnabled: false)
        service.content.withLock { $0.isEnabled = false }
        retries.removeValue(forKey: name)?.cancel()
        await inOrder(service) {
            guard service.content.withLock({ !$0.isEnabled }) else { return }
            await self.deactivate(service, into: .disabled)
            await self.forgetUnlessKept(service)
        }
        return try status(after: service)
    }

    /// Ends a service that is enabled and starts it anew.
    @discardableResult
    public func restart(_ name: String) async throws(SupervisorError) -> ServiceStatus {
        let service = try find(name)
        guard service.content.withLock({ $0.isEnabled || $0.isRemoved }) else {
            throw .conflict("the service '\(name)' is disabled (expected an enabled one; enable it instead)")
        }
        retries.removeValue(forKey: name)?.cancel()
        await inOrder(service) {
            guard await self.deactivate(service, into: .stopped), service.content.withLock({ $0.isEnabled }) else { return }
            service.content.withLock { $0.attempts = 0 }
            service.aftercare.forgive()
            self.moveBack(service)
            await self.activate(service)
        }
        return try status(after: service)
    }

    /// Ends all services, each with its own drain; nothing is started any more.
    public func shutdown() async {
        isShutDown = true
        for retry in retries.values { retry.cancel() }
        retries.removeAll()
        await withTaskGroup(of: Void.self) { group in
            for service in services {
                group.addTask {
                    await self.inOrder(service) {
                        await self.deactivate(service, into: service.content.withLock { $0.isEnabled } ? .stopped : .disabled)
                    }
                }
            }
        }
        watchdog.stop()
        flight?.close()
    }

    nonisolated func find(_ name: String) throws(SupervisorError) -> SupervisedService {
        if let service = services.first(where: { $0.name == name }) { return service }
        throw .notFound(name, among: services.map(\.name))
    }

    /// The state of a service after an order.
    private nonisolated func status(after service: SupervisedService) throws(SupervisorError) -> ServiceStatus {
        // It may have been removed before the order's turn came.
        if service.isRemoved { throw .notFound(service.name, among: services.filter { $0 !== service }.map(\.name)) }
        return service.status
    }

    /// Carries out an order after those given before for the same service; none once the service was removed.
    func inOrder(_ service: SupervisedService, _ order: @escaping @Sendable () async -> Void) async {
        let name = service.name
        let previous = orders[name]
        let task = Task {
            await previous?.value
            if !service.isRemoved { await order() }
        }
        orders[name] = task
        await task.value
    }
}

extension ServiceSupervisor {
    /// Takes a service from its manifest to running, or to the state that says why not.
    func activate(_ service: SupervisedService) async {
        guard !isShutDown, !service.isRemoved else { return }
        if case .standby(let sentence) = service.content.withLock({ $0.standing }) { return await standBy(service, sentence) }
        let name = service.name
        if let abandoned = service.content.withLock({ $0.abandoned }) {
            guard abandoned.hasEnded else {
                return service.board.move(
                    to: .failed,
                    "the former instance has not returned from a callback and keeps its thread: restart the host to start it again")
            }
            watchdog.remove(abandoned)
            service.content.withLock { $0.abandoned = nil }
        }
        service.board.move(to: .discovered)
        let library: PreparedLibrary
        do throws(LibraryRefusal) {
            library = try await libraryToStart(service)
        } catch {
            service.log.host(.error, "refused: \(error)")
            return service.board.move(to: .refused, error.description)
        }
        service.content.withLock { $0.starts += 1 }
        service.board.move(to: .verified)
        let worker = makeWorker(service, service.manifest, library) { module in service.content.withLock { $0.module = module } }
        guard worker.startThread() else { return service.board.move(to: .failed, "the system has no thread to give") }
        watchdog.add(worker)
        let begun = OneShot<BeginOutcome>()
        worker.post(.begin(Inheritance()) { begun.settle($0) })
        // Three callbacks, each with its deadline, and a moment.
        let patience = service.manifest.startPatience
        guard let outcome = await begun.value(timeout: patience) else {
            worker.abandon()
            worker.post(.end(drainUntil: 0) { _ in })
            service.content.withLock { $0.abandoned = worker }
            let sentence =
                "it did not start in time (expected \(patience) for create, configure and start; got no end of \(worker.calls.current?.callback.word ?? "start"))"
            return service.board.move(to: .failed, sentence)
        }
        if let fault = outcome.fault {
            watchdog.remove(worker)
            if service.manifest.runsInRunner { return failedInProcess(service, worker, fault, outcome.step) }
            return failed(service, "\(outcome.step.word) failed: \(fault)", isRetryable: fault.isRetryable)
        }
        guard await subscribe(service, worker) else { return }
        service.content.withLock {
            $0.worker = worker
            $0.library = library
            $0.stateVersions = outcome.stateVersions
            $0.attempts = 0
        }
        service.board.move(to: .running)
        worker.post(.serve)
        let module = service.content.withLock { $0.module }
        service.log.host(.info, "running: \(name), \(module?.identifier ?? "") \(module?.version ?? "")")
    }

    /// A worker for a service by a manifest, which may not be the one that it runs by yet.
    /// - Parameter identified: told what the library says about itself.
    func makeWorker(
        _ service: SupervisedService, _ manifest: ServiceManifest, _ library: PreparedLibrary,
        identified: @escaping @Sendable (ServiceStatus.Module) -> Void
    ) -> ServiceWorker {
        let context = ServiceContext(
            manifest: manifest, bridges: service.fence.bridges(over: service.tap.bridges(over: bridges)), log: service.log, metrics: service.metrics, counters: service.counters,
            signal: WorkSignal())
        context.whenFlooding.withLock { $0 = { [aftercare = service.aftercare] in aftercare.record(.flood, $0) } }
        return ServiceWorker(
            context: context, board: service.board, healthInterval: options.healthInterval, aftercare: service.aftercare,
            flight: flightSlot(of: service), spillFolder: SiteFolder.join(dataFolder, "spill/\(service.name)")) { library.make($0, identified) }
    }

    private func subscribe(_ service: SupervisedService, _ worker: ServiceWorker) async -> Bool {
        guard !service.manifest.subscriptions.isEmpty else { return true }
        do {
            worker.link.connect(
                try await bridges.databus.subscribe(
                    service: service.name, subscriptions: worker.subscriptions, sink: worker.mailbox, holding: service.holding))
            return true
        } catch {
            _ = await end(worker, drain: .zero)
            watchdog.remove(worker)
            failed(service, "the subscription failed: \(error)", isRetryable: true)
            return false
        }
    }

    /// The library to start a service with: while a change of it is refused, the one that ran before.
    private func libraryToStart(_ service: SupervisedService) async throws(LibraryRefusal) -> PreparedLibrary {
        let manifest = service.manifest
        let (pinned, refusal, library) = service.content.withLock { ($0.pinnedLibrary, $0.pendingRefusal, $0.library) }
        if !refusal.isEmpty, let library { return library }
        service.content.withLock { if $0.sight == nil { $0.sight = Sight(of: manifest, desk: desk) } }
        return try await prepare(manifest, at: pinned)
    }

    /// Notes that a start failed, and plans the next attempt if it may succeed.
    func failed(_ service: SupervisedService, _ sentence: String, isRetryable: Bool) {
        service.log.host(.error, "\(sentence)")
        guard isRetryable, !isShutDown else { return service.board.move(to: .failed, sentence) }
        let attempts = service.content.withLock { content in
            content.attempts += 1
            return content.attempts
        }
        let delay = Backoff.delay(attempt: attempts, first: options.firstBackoff, longest: options.longestBackoff)
        service.board.move(to: .backoff, "\(sentence); attempt \(attempts), the next in \(delay.nanoseconds / 1_000_000) ms")
        let name = service.name
        retries[name]?.cancel()
        retries[name] = Task {
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            await inOrder(service) {
                guard service.content.withLock({ $0.isEnabled && $0.worker == nil }) else { return }
                await self.activate(service)
            }
        }
    }

    /// Ends the instance of a service; false if it does not end.
    @discardableResult
    func deactivate(
        _ service: SupervisedService, into state: ServiceState, _ detail: String = "", keepingSession: Bool = true, drain: Duration? = nil
    ) async -> Bool {
        await endShadow(of: service)
        guard let worker = service.content.withLock({ $0.worker }) else {
            service.board.move(to: state)
            return true
        }
        service.board.move(to: .draining)
        // The deliveries end before the drain begins: all that was accepted is in the mailbox then, and what comes later is kept.
        let keepsSession = keepingSession && service.manifest.keepsSession
        await worker.link.session?.cancel(keepSession: keepsSession)
        worker.mailbox.close(keeping: keepsSession)
        let outcome = await end(worker, drain: drain ?? service.manifest.drain)
        await worker.link.session?.refuseUnacknowledged()
        service.content.withLock { $0.worker = nil }
        guard let outcome else {
            worker.abandon()
            service.content.withLock { $0.abandoned = worker }
            let callback = worker.calls.current?.callback.word ?? "stop"
            service.board.move(
                to: .failed, "it did not end: it has not returned from \(callback), and keeps its thread until the host is restarted")
            return false
        }
        watchdog.remove(worker)
        let sentence = outcome.fault.map { "it ended with an error: \($0)" } ?? detail
        if outcome.fault != nil { service.log.host(.warning, sentence) }
        service.board.move(to: state, sentence)
        return true
    }

    /// What waits for a service that is switched off waits for ever, unless its manifest asks for that.
    func forgetUnlessKept(_ service: SupervisedService) async {
        if !service.manifest.keepsSession { await bridges.databus.forget(service: service.name) }
    }

    struct EndOutcome: Sendable {
        let fault: ServiceFault?
    }

    /// Drains and stops; `nil` if it takes longer than drain, stop and destroy may.
    func end(_ worker: ServiceWorker, drain: Duration) async -> EndOutcome? {
        let ended = OneShot<EndOutcome>()
        worker.post(.end(drainUntil: MachineClock.monotonic() + drain.nanoseconds) { ended.settle(EndOutcome(fault: $0)) })
        let patience = drain + worker.context.manifest.deadline * 3 + .seconds(1)
        return await ended.value(timeout: patience)
    }
}
