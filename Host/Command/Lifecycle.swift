internal import Databus
internal import Gateway
internal import ServiceLifecycle
internal import Storage
internal import Synchronization

/// A part of the platform that is ended in its turn when the platform is asked to end.
struct Part: ServiceLifecycle.Service {
    private let before: @Sendable () async -> Void
    private let end: @Sendable () async -> Void

    init(before: @escaping @Sendable () async -> Void = {}, end: @escaping @Sendable () async -> Void) {
        self.before = before
        self.end = end
    }

    func run() async throws {
        await before()
        try? await gracefulShutdown()
        await end()
    }
}

/// Work that goes on until the platform is asked to end.
struct Work: ServiceLifecycle.Service {
    private let body: @Sendable () async -> Void

    init(_ body: @escaping @Sendable () async -> Void) {
        self.body = body
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await body()
        }
        // Work that ended by itself must not end the platform.
        try? await gracefulShutdown()
    }
}

/// Work that goes on until everything that was begun after it has ended.
struct Backdrop: ServiceLifecycle.Service {
    private let body: @Sendable () async -> Void

    init(_ body: @escaping @Sendable () async -> Void) {
        self.body = body
    }

    func run() async throws {
        let work = Task { await body() }
        try? await gracefulShutdown()
        work.cancel()
        await work.value
    }
}

/// Whether the platform takes measurements already, and still does.
final class Readiness: ReadinessSource {
    private let started = Atomic<Bool>(false)
    private let broker: Broker
    private let store: any StorageDriver

    init(broker: Broker, store: any StorageDriver) {
        self.broker = broker
        self.store = store
    }

    func servicesStarted() {
        started.store(true, ordering: .releasing)
    }

    func reasonNotReady() async -> String? {
        guard started.load(ordering: .acquiring) else { return "the services are starting" }
        guard let engine = store.statistics().engine, engine.isSpoolFull, engine.failure != nil else { return nil }
        return "the storage engine (\(engine.product)) does not take points and the spool is full: measurements cannot be stored"
    }

    /// Without its external broker or engine the platform still answers and shows what it has, and keeps what it is given: it is degraded, not dead.
    func reasonDegraded() async -> String? {
        let reasons = [await brokerProblem(), engineProblem()].compactMap { $0 }
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }

    private func brokerProblem() async -> String? {
        guard let link = await broker.linkStatus() else { return nil }
        guard link.isConnected else { return "the databus has no connection to its external broker" }
        if link.sessions.contains(where: { !$0.isConnected }) { return "a service has no connection to its own session at the external broker" }
        let all = [link] + link.sessions
        if all.contains(where: { !$0.isSubscribed }) { return "the databus is subscribing at its external broker" }
        return all.contains { $0.problem != nil } ? "the external broker refuses a subscription" : nil
    }

    /// Whatever address or name the engine's sentence has stays in the log.
    private func engineProblem() -> String? {
        guard let engine = store.statistics().engine, engine.failure != nil else { return nil }
        return "the storage engine (\(engine.product)) does not take points: \(engine.spooledPoints) wait in the spool, the oldest for "
            + "\(Int(engine.oldestAgeSeconds)) s"
    }
}
