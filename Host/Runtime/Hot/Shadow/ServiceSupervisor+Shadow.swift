internal import Logging
internal import Synchronization

/// A revision that runs beside the one that works, unheard.
struct ShadowRun: Sendable {
    let revision: Revision
    let worker: ServiceWorker
    let board: StatusBoard
    let comparison: ShadowComparison
    let module: ServiceStatus.Module?
    let subscription: (any DatabusSubscription)?
}

/// How a shadow does.
public struct ShadowStatus: Sendable {
    public let service: String
    public let version: String
    /// `sha256:…` of its library, if it is known.
    public let digest: String?
    public let state: ServiceState
    public let detail: String
    /// Messages that it took with success.
    public let processed: UInt64
    /// Callbacks of it that returned an error.
    public let errors: UInt64
    /// Messages that it lost because it was too slow.
    public let dropped: UInt64
    public let report: ShadowReport
}

extension ServiceSupervisor {
    /// Starts a revision in the shadow of the one that runs: it gets a copy of the messages; what it sends out is compared.
    func beginShadow(_ service: SupervisedService, _ next: Revision) async throws(ChangeRefusal) {
        await endShadow(of: service)
        let comparison = ShadowComparison(policy: next.manifest.upgrade, clock: bridges.clock)
        let manifest = next.manifest.forShadow
        let board = StatusBoard(service: service.name, clock: hostClock) { _ in }
        let module = OneShotBox<ServiceStatus.Module>()
        let context = ServiceContext(
            manifest: manifest, bridges: ShadowBridges.bridges(over: bridges, comparison: comparison),
            log: ServiceLog(service: "\(service.name) (shadow)", logger: logger),
            metrics: ServiceMetrics(service: service.name, registry: MetricsRegistry()), counters: ServiceCounters(), signal: WorkSignal())
        let worker = ServiceWorker(context: context, board: board, healthInterval: options.healthInterval) { context in
            next.library.make(context) { module.value = $0 }
        }
        guard worker.startThread() else { throw ChangeRefusal("the system has no thread to give") }
        watchdog.add(worker)
        if let sentence = await begin(worker, Inheritance()) {
            watchdog.remove(worker)
            throw ChangeRefusal("it does not start in the shadow: \(sentence)")
        }
        let subscription: (any DatabusSubscription)?
        do {
            subscription = manifest.subscriptions.isEmpty
                ? nil : try await bridges.databus.subscribe(service: "\(service.name)~shadow", subscriptions: manifest.subscriptions, sink: worker.mailbox)
        } catch {
            _ = await end(worker, drain: .zero)
            watchdog.remove(worker)
            throw ChangeRefusal("the subscription of its shadow failed: \(error)")
        }
        if let subscription { worker.link.connect(subscription) }
        service.tap.listen(comparison)
        board.move(to: .running)
        worker.post(.serve)
        service.content.withLock {
            $0.shadow = ShadowRun(
                revision: next, worker: worker, board: board, comparison: comparison, module: module.value, subscription: subscription)
        }
        if let running = running(service) { keep(running.revision, version: running.version, state: nil, of: service, in: .current) }
        await putAside(service)
        service.log.host(.notice, "\(module.value?.version ?? "another revision") runs in the shadow: promote or discard it")
    }

    /// Ends the shadow of a service, if there is one.
    func endShadow(of service: SupervisedService) async {
        let run: ShadowRun? = service.content.withLock { content in
            defer { content.shadow = nil }
            return content.shadow
        }
        guard let run else { return }
        service.tap.listen(nil)
        await run.subscription?.cancel(keepSession: false)
        if await end(run.worker, drain: .zero) == nil { run.worker.abandon() }
        watchdog.remove(run.worker)
    }

    /// How the shadow of a service does, and what its comparison found.
    public nonisolated func shadow(_ name: String) throws(SupervisorError) -> ShadowStatus {
        let service = try find(name)
        guard let run = service.content.withLock({ $0.shadow }) else { throw Self.withoutShadow(name) }
        let (state, detail, _) = run.board.current
        let counters = run.worker.context.counters
        return ShadowStatus(
            service: name, version: run.module?.version ?? "", digest: run.revision.library.admitted.digest, state: state, detail: detail,
            processed: counters.processed.load(ordering: .relaxed), errors: counters.errors.load(ordering: .relaxed),
            dropped: counters.dropped.load(ordering: .relaxed), report: run.comparison.report)
    }

    /// Lets the shadow of a service take the place of the one that runs, with its state.
    @discardableResult
    public func promote(_ name: String) async throws(SupervisorError) -> ServiceStatus {
        let service = try find(name)
        let result = OneShotBox<SupervisorError>()
        await inOrder(service) {
            guard let run = service.content.withLock({ $0.shadow }) else { return result.value = Self.withoutShadow(name) }
            await self.endShadow(of: service)
            do throws(ChangeRefusal) {
                try await self.replace(service, by: run.revision)
            } catch {
                _ = await self.note(error, of: run.revision.manifest, for: service)
                result.value = .conflict("the shadow of '\(name)' does not take over: \(error)")
            }
        }
        if let error = result.value { throw error }
        return service.status
    }

    /// Ends the shadow of a service. Its files stay, and are put aside until one of them changes.
    @discardableResult
    public func discardShadow(_ name: String) async throws(SupervisorError) -> ServiceStatus {
        let service = try find(name)
        guard service.content.withLock({ $0.shadow != nil }) else { throw Self.withoutShadow(name) }
        await inOrder(service) { await self.endShadow(of: service) }
        return service.status
    }

    private static func withoutShadow(_ name: String) -> SupervisorError {
        .conflict("the service '\(name)' has no shadow (expected upgrade: {mode: shadow} in its manifest and another build of its library)")
    }
}

extension ServiceManifest {
    /// The same with subscriptions of which a shadow can't hold anybody up.
    fileprivate var forShadow: ServiceManifest {
        var shadow = self
        shadow.subscriptions = subscriptions.map {
            ServiceSubscription(filter: $0.filter, qos: $0.qos, session: .clean, acknowledge: .received, place: $0.place)
        }
        shadow.queue.overflow = .dropOldest
        return shadow
    }
}
