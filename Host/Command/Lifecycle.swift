internal import Databus
internal import Gateway
internal import ServiceLifecycle
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

/// Whether the platform takes measurements already.
final class Readiness: ReadinessSource {
    private let started = Atomic<Bool>(false)
    private let broker: Broker

    init(broker: Broker) { self.broker = broker }

    func servicesStarted() {
        started.store(true, ordering: .releasing)
    }

    func reasonNotReady() async -> String? {
        started.load(ordering: .acquiring) ? nil : "the services are starting"
    }

    /// Without its external broker the platform still answers, shows and stores what it has: it is degraded, not dead.
    func reasonDegraded() async -> String? {
        guard let link = await broker.linkStatus(), !link.isConnected || link.problem != nil else { return nil }
        return link.isConnected ? "the external broker refuses a subscription" : "the databus has no connection to its external broker"
    }
}
