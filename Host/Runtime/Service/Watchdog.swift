internal import Synchronization

/// Looks at all services from a thread of its own and reports those whose callback overstays its deadline.
final class Watchdog: Sendable {
    private struct State {
        var workers: [ObjectIdentifier: ServiceWorker] = [:]
        var isStopped = false
    }
    private let state = Mutex(State())
    private let monitor = Monitor()

    /// Begins to look; false if the system has no thread to give.
    func start() -> Bool { ServiceThread.start(name: "watchdog") { self.run() } }

    func stop() {
        state.withLock { $0.isStopped = true }
        monitor.withLock { monitor.wakeAll() }
    }

    func add(_ worker: ServiceWorker) {
        state.withLock { $0.workers[ObjectIdentifier(worker)] = worker }
        monitor.withLock { monitor.wakeAll() }
    }

    func remove(_ worker: ServiceWorker) { state.withLock { _ = $0.workers.removeValue(forKey: ObjectIdentifier(worker)) } }

    private func run() {
        while true {
            let (workers, isStopped) = state.withLock { (Array($0.workers.values), $0.isStopped) }
            if isStopped { return }
            for worker in workers { Self.look(at: worker) }
            let shortest = workers.map { $0.context.manifest.deadline.nanoseconds }.min() ?? 1_000_000_000
            let pause = min(max(shortest / 4, 2_000_000), 250_000_000)
            monitor.withLock { monitor.wait(until: MachineClock.monotonic() + pause) }
        }
    }

    /// A drain has its own, longer deadline; and before a service in its own process is created, that has to start and load the library.
    private static func allowed(_ callback: Callback, _ manifest: ServiceManifest) -> Int64 {
        let deadline = manifest.deadline.nanoseconds
        return switch callback {
        case .drain: max(deadline, manifest.drain.nanoseconds)
        case .create where manifest.runsInRunner: deadline + ServiceManifest.processStart.nanoseconds
        default: deadline
        }
    }

    private static func look(at worker: ServiceWorker) {
        guard let (callback, since) = worker.calls.current else { return }
        let elapsed = MachineClock.monotonic() - since
        let allowed = Self.allowed(callback, worker.context.manifest)
        guard elapsed > allowed else { return }
        worker.instance.overstayed(callback, allowed: allowed, elapsed: elapsed)
        let sentence =
            "\(callback.word) overstays its deadline (expected at most \(Quantities.describe(nanoseconds: allowed)); it has not returned yet)"
        worker.board.complain(.overstay, sentence)
        // If it returned just now, nobody else would withdraw the complaint.
        if !worker.calls.report(since: since) { worker.board.complain(.overstay, nil) }
    }
}
