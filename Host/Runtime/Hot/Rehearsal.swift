internal import Logging

extension ServiceSupervisor {
    /// Lets a throw-away instance check a manifest's configuration, in a process of its own: a library that crashes there has not
    /// crashed here.
    ///
    /// - Returns: why the manifest must not be taken, or `nil`.
    func rehearse(_ manifest: ServiceManifest, _ library: PreparedLibrary) async -> String? {
        var isolated = manifest
        if isolated.isolation == .inProcess { isolated.isolation = .process }
        let name = manifest.service
        let context = ServiceContext(
            manifest: isolated, bridges: ClosedBridges.bridges(), log: ServiceLog(service: name, logger: logger),
            metrics: ServiceMetrics(service: name, registry: MetricsRegistry()), counters: ServiceCounters(), signal: WorkSignal())
        let board = StatusBoard(service: name, clock: bridges.clock) { _ in }
        let worker = ServiceWorker(context: context, board: board) { library.make($0) { _ in } }
        guard worker.startThread() else { return "the system has no thread to give for a rehearsal of '\(name)'" }
        watchdog.add(worker)
        defer { watchdog.remove(worker) }
        let checked = OneShot<String>()
        worker.post(.validate { fault, step in checked.settle(fault.map { "\(step.word) failed: \($0)" } ?? "") })
        guard let sentence = await checked.value(timeout: isolated.startPatience) else {
            return "it did not check its configuration in time (expected \(Quantities.describe(nanoseconds: manifest.deadline.nanoseconds)) a callback)"
        }
        return sentence.isEmpty ? nil : sentence
    }
}
