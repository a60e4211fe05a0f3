internal import Logging
internal import Synchronization
internal import Topics

/// What a service runs by: a manifest and the library that was admitted for it.
struct Revision: Sendable {
    let manifest: ServiceManifest
    let library: PreparedLibrary
}

/// Why a change is not made, in one sentence; what ran before runs on, or runs again, unless `isDown`.
struct ChangeRefusal: Error, CustomStringConvertible {
    let description: String
    /// Whether the service does not run any more.
    var isDown = false

    init(_ sentence: String, isDown: Bool = false) {
        description = sentence
        self.isDown = isDown
    }
}

/// What an exchange does about a state that the new instance can't load.
enum StateFallback: Sendable {
    /// The exchange is refused before the old instance is touched.
    case refuse
    /// The new one begins with this one instead, or with none.
    case use(SavedState?)
}

/// An instance that stands ready beside the one that works.
struct Understudy: Sendable {
    let worker: ServiceWorker
    let revision: Revision
    let module: ServiceStatus.Module?
    let stateVersions: ClosedRange<UInt32>?
}

extension ServiceSupervisor {
    /// Exchanges the instance of a running service for one of another revision: made ready while the old one works, then the old one
    /// drains, saves and stops, and the new one loads, starts and gets the messages that waited. If any step of the new one fails, the
    /// old revision comes back with its state. Call it in order with the other orders of the service.
    ///
    /// - Returns: what the old instance saved.
    @discardableResult
    func exchange(
        _ service: SupervisedService, for next: Revision, fallback: StateFallback = .refuse
    ) async throws(ChangeRefusal) -> SavedState? {
        guard let old = service.worker, let oldLibrary = service.content.withLock({ $0.library }) else {
            throw ChangeRefusal("the service does not run")
        }
        let begun = MachineClock.monotonic()
        let former = Revision(manifest: service.manifest, library: oldLibrary)
        let connects = ManifestDiff(from: former.manifest, to: next.manifest).effect == .connection
        if connects, [former, next].contains(where: { $0.manifest.queue.overflow == .spill }) {
            throw ChangeRefusal(
                "'subscribe' and 'queue' of a service that spills to the disk can't be changed while it runs (expected another 'overflow' "
                    + "before and after; disable the service and enable it again)")
        }
        let understudy = try await makeReady(service, next)
        let loads = try await agreeOnState(service, understudy, fallback)
        service.board.move(to: .draining, "another revision takes its place")
        guard let handed = await handOver(old) else {
            await discard(understudy)
            throw await stuck(service, old)
        }
        watchdog.remove(old)
        if let fault = handed.saveFault {
            await discard(understudy)
            throw await restore(service, former, handed, "the old instance could not save its state: \(fault)")
        }
        let state = loads ? handed.state : fallback.state
        let outcome = await begin(understudy.worker, Inheritance(left: handed.left, keepsMailbox: !connects, state: state))
        if let sentence = outcome {
            watchdog.remove(understudy.worker)
            throw await restore(service, former, handed, sentence)
        }
        if connects, let sentence = await connect(service, understudy, handed.left) {
            _ = await end(understudy.worker, drain: .zero)
            watchdog.remove(understudy.worker)
            throw await restore(service, former, handed, sentence)
        }
        install(service, understudy)
        let pause = (MachineClock.monotonic() - begun) / 1_000_000
        let carried = state.map { ", with a state of \($0.bytes.count) bytes" } ?? ""
        service.log.host(
            .notice, "another revision runs: \(understudy.module?.identifier ?? "") \(understudy.module?.version ?? "")\(carried), after \(pause) ms")
        return handed.state
    }

    /// Makes an instance and lets it check its configuration, while another works.
    func makeReady(_ service: SupervisedService, _ next: Revision) async throws(ChangeRefusal) -> Understudy {
        let module = OneShotBox<ServiceStatus.Module>()
        let worker = makeWorker(service, next.manifest, next.library) { module.value = $0 }
        guard worker.startThread() else { throw ChangeRefusal("the system has no thread to give") }
        watchdog.add(worker)
        let ready = OneShot<BeginOutcome>()
        worker.post(.prepare { ready.settle($0) })
        guard let outcome = await ready.value(timeout: next.manifest.startPatience) else {
            worker.abandon()
            worker.post(.discard {})
            throw ChangeRefusal("it was not ready in time: it has not returned from \(worker.calls.current?.callback.word ?? "create")")
        }
        if let fault = outcome.fault {
            watchdog.remove(worker)
            throw ChangeRefusal("\(outcome.step.word) failed: \(fault)")
        }
        return Understudy(worker: worker, revision: next, module: module.value, stateVersions: outcome.stateVersions)
    }

    /// Ends an instance that stood ready in vain.
    func discard(_ understudy: Understudy) async {
        let discarded = OneShot<Bool>()
        understudy.worker.post(.discard { discarded.settle(true) })
        if await discarded.value(timeout: understudy.revision.manifest.deadline + .seconds(10)) == nil { understudy.worker.abandon() }
        watchdog.remove(understudy.worker)
    }

    /// Whether the new instance is to load what the old one saves; refuses a pair that can't.
    private func agreeOnState(
        _ service: SupervisedService, _ understudy: Understudy, _ fallback: StateFallback
    ) async throws(ChangeRefusal) -> Bool {
        let old = service.content.withLock { $0.stateVersions }
        guard let saved = old?.upperBound, understudy.revision.manifest.upgrade.state == .keep else { return false }
        if let versions = understudy.stateVersions, versions.contains(saved) { return true }
        guard case .refuse = fallback else { return false }
        await discard(understudy)
        let expected = understudy.stateVersions.map { "\($0.lowerBound) … \($0.upperBound)" } ?? "no state at all"
        throw ChangeRefusal(
            "it can't take over the state (the service that runs saves version \(saved); the new one loads \(expected); build it to load "
                + "version \(saved), or give up the state by upgrade: {state: discard} in the manifest)")
    }

    /// Lets an instance save and end; `nil` if it does not end.
    private func handOver(_ worker: ServiceWorker) async -> HandedOver? {
        let manifest = worker.context.manifest
        let ended = OneShot<HandedOver>()
        worker.post(.handOver(drainUntil: MachineClock.monotonic() + manifest.drain.nanoseconds) { ended.settle($0) })
        return await ended.value(timeout: manifest.drain + manifest.deadline * 4 + .seconds(1))
    }

    /// Configures and starts an instance; returns why it failed, or `nil`.
    func begin(_ worker: ServiceWorker, _ inheritance: Inheritance) async -> String? {
        let begun = OneShot<BeginOutcome>()
        worker.post(.begin(inheritance) { begun.settle($0) })
        guard let outcome = await begun.value(timeout: worker.context.manifest.startPatience) else {
            worker.abandon()
            worker.post(inheritance.left == nil ? .end(drainUntil: 0) { _ in } : .leave)
            return "it did not start in time: it has not returned from \(worker.calls.current?.callback.word ?? "start")"
        }
        return outcome.fault.map { "\(outcome.step.word) failed: \($0)" }
    }

    /// Brings the former revision back with what it saved; the refusal to tell.
    private func restore(
        _ service: SupervisedService, _ former: Revision, _ handed: HandedOver, _ sentence: String
    ) async -> ChangeRefusal {
        let module = OneShotBox<ServiceStatus.Module>()
        let worker = makeWorker(service, former.manifest, former.library) { module.value = $0 }
        let failure: String?
        if worker.startThread() {
            watchdog.add(worker)
            failure = await begin(worker, Inheritance(left: handed.left, keepsMailbox: true, state: handed.state))
        } else {
            failure = "the system has no thread to give"
        }
        guard let failure else {
            install(service, Understudy(worker: worker, revision: former, module: module.value, stateVersions: service.content.withLock { $0.stateVersions }))
            return ChangeRefusal(sentence)
        }
        watchdog.remove(worker)
        await handed.left.link.session?.cancel(keepSession: former.manifest.keepsSession)
        await handed.left.link.session?.refuseUnacknowledged()
        handed.left.mailbox.spill?.close()
        service.content.withLock { $0.worker = nil }
        failed(service, "\(sentence); and the one before could not be brought back: \(failure)", isRetryable: true)
        return ChangeRefusal("\(sentence); and the one before could not be brought back: \(failure)", isDown: true)
    }

    /// The old instance did not end: nothing can take its place.
    private func stuck(_ service: SupervisedService, _ old: ServiceWorker) async -> ChangeRefusal {
        await old.link.session?.cancel(keepSession: old.context.manifest.keepsSession)
        await old.link.session?.refuseUnacknowledged()
        old.abandon()
        service.content.withLock {
            $0.worker = nil
            $0.abandoned = old
        }
        let sentence =
            "the instance that ran did not end: it has not returned from \(old.calls.current?.callback.word ?? "stop"), and keeps its thread "
            + "until the host is restarted"
        service.board.move(to: .failed, sentence)
        return ChangeRefusal(sentence, isDown: true)
    }

    /// Exchanges subscriptions and mailbox with the instance; returns why that failed, or `nil`.
    private func connect(_ service: SupervisedService, _ understudy: Understudy, _ left: Handover) async -> String? {
        let worker = understudy.worker
        let subscriptions = understudy.revision.manifest.subscriptions
        guard let session = left.link.session else { return await subscribeAnew(service, worker, subscriptions) }
        let takeOver: @Sendable () -> Void = {
            let unwanted = worker.mailbox.takeOver(left.held?.claim, from: left.mailbox) { topic in
                subscriptions.firstIndex { $0.filter.matches(topic) }
            }
            if !unwanted.isEmpty { session.acknowledge(unwanted) }
        }
        if subscriptions.isEmpty {
            await session.cancel(keepSession: false)
            takeOver()
            await bridges.databus.forget(service: service.name)
            return nil
        }
        do {
            try await session.change(subscriptions: subscriptions, sink: worker.mailbox, between: takeOver)
            return nil
        } catch {
            return "the subscriptions could not be changed: \(error)"
        }
    }

    private func subscribeAnew(
        _ service: SupervisedService, _ worker: ServiceWorker, _ subscriptions: [ServiceSubscription]
    ) async -> String? {
        if subscriptions.isEmpty { return nil }
        do {
            worker.link.connect(
                try await bridges.databus.subscribe(
                    service: service.name, subscriptions: subscriptions, sink: worker.mailbox, holding: service.holding))
            return nil
        } catch {
            return "the subscription failed: \(error)"
        }
    }

    /// Makes an instance that has started the one that works.
    private func install(_ service: SupervisedService, _ understudy: Understudy) {
        service.content.withLock {
            $0.manifest = understudy.revision.manifest
            if let relocation = $0.relocation, relocation.manifestDigest != SHA256.digest(of: $0.manifest.source) { $0.relocation = nil }
            $0.library = understudy.revision.library
            $0.stateVersions = understudy.stateVersions
            $0.worker = understudy.worker
            if let module = understudy.module { $0.module = module }
            $0.attempts = 0
            $0.starts += 1
        }
        service.aftercare.adopt(understudy.revision.manifest)
        service.board.move(to: .running)
        understudy.worker.post(.serve)
    }
}

extension StateFallback {
    fileprivate var state: SavedState? {
        if case .use(let state) = self { return state }
        return nil
    }
}
