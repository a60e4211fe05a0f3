internal import Logging
internal import Synchronization

/// What happens to a service after its process ended: an incident is recorded, and it is started again, later and later, until it has
/// used up what its manifest grants.
final class Aftercare: Sendable {
    enum Verdict: Sendable {
        case restart(after: Duration, sentence: String)
        /// It rests until a person acts.
        case rest(sentence: String)
    }

    /// What was going on when a process ended.
    struct Circumstances {
        var callback = ""
        var lastTopic = ""
        var restarts = 0
        var backtrace: String?
    }

    /// What the manifest says, which may change while the service is supervised.
    private struct Rules {
        let restart: RestartPolicy
        let manifestDigest: String

        init(_ manifest: ServiceManifest) {
            restart = manifest.restart
            manifestDigest = SHA256.digest(of: manifest.source)
        }
    }

    let incidents: IncidentLog
    private let service: String
    private let rules: Mutex<Rules>
    private let log: ServiceLog
    private let clock: any ServiceClock
    private let firstBackoff: Duration
    private let longestBackoff: Duration
    /// Ends within the window, monotonic ns.
    private let ends = Mutex<[Int64]>([])
    private let quarantines: Quarantines?
    private let whenResting = Mutex<(@Sendable (String) -> Void)?>(nil)

    init(
        manifest: ServiceManifest, incidents: IncidentLog, log: ServiceLog, clock: any ServiceClock, firstBackoff: Duration,
        longestBackoff: Duration, quarantines: Quarantines? = nil
    ) {
        service = manifest.service
        rules = Mutex(Rules(manifest))
        self.incidents = incidents
        self.log = log
        self.clock = clock
        self.firstBackoff = firstBackoff
        self.longestBackoff = longestBackoff
        self.quarantines = quarantines
    }

    /// Goes by another manifest of the same service from now on.
    func adopt(_ manifest: ServiceManifest) { rules.withLock { $0 = Rules(manifest) } }

    /// Sets what is told, once a time, that the service is to rest.
    func whenResting(_ body: @escaping @Sendable (String) -> Void) { whenResting.withLock { $0 = body } }

    func rest(_ sentence: String) { whenResting.withLock { $0 }?(sentence) }

    /// Records the end of a service's process and says what is to be done.
    func ended(_ end: RunnerEnd, _ circumstances: Circumstances) -> Verdict {
        record(end, circumstances)
        return failed(end.description)
    }

    func record(_ end: RunnerEnd, _ circumstances: Circumstances) {
        record(
            end.reason, end.description, circumstances, signal: end.signal.map(Int.init), exitCode: end.exitCode.map(Int.init),
            peakMemory: end.peakMemory, output: end.output)
    }

    /// Counts a failure to start again and says what is to be done.
    func failed(_ sentence: String) -> Verdict {
        let now = MachineClock.monotonic()
        let policy = rules.withLock { $0.restart }
        let count = ends.withLock { ends in
            ends.removeAll { now - $0 > policy.window.nanoseconds }
            ends.append(now)
            return ends.count
        }
        guard count <= policy.attempts else {
            let window = Quantities.describe(nanoseconds: policy.window.nanoseconds)
            let verdict =
                "\(sentence); that was too often (expected at most \(policy.attempts) times within \(window)): it rests until a person restarts it"
            let problem = quarantines?.keep(service, manifestDigest: rules.withLock { $0.manifestDigest }, sentence: verdict)
            if let problem { log.host(.warning, "that it rests can't be remembered: \(problem)") }
            return .rest(sentence: verdict)
        }
        let delay = Backoff.delay(attempt: count, first: policy.backoff ?? firstBackoff, longest: max(longestBackoff, policy.backoff ?? .zero))
        return .restart(
            after: delay, sentence: "\(sentence); restart \(count) of \(policy.attempts) in \(delay.nanoseconds / 1_000_000) ms")
    }

    /// Why the service was to rest when an earlier run of the host ended, and no person has acted; `nil` if it was not.
    var quarantine: String? { quarantines?.sentence(for: service, manifestDigest: rules.withLock { $0.manifestDigest }) }

    /// A person has acted: counting begins anew.
    func forgive() {
        ends.withLock { $0.removeAll() }
        if let problem = quarantines?.lift(service) { log.host(.warning, "that it rests no more can't be remembered: \(problem)") }
    }

    func record(
        _ reason: Incident.Reason, _ sentence: String, _ circumstances: Circumstances = Circumstances(), signal: Int? = nil,
        exitCode: Int? = nil, peakMemory: Int = 0, output: String = ""
    ) {
        let incident = Incident(
            service: service, time: clock.now(), reason: reason, sentence: sentence, callback: circumstances.callback,
            signal: signal, exitCode: exitCode, peakMemory: peakMemory, restarts: circumstances.restarts, lastTopic: circumstances.lastTopic,
            log: log.lastLines, output: output, manifestDigest: rules.withLock { $0.manifestDigest },
            backtrace: circumstances.backtrace.flatMap(Self.takeBacktrace))
        let problem = incidents.add(incident)
        log.host(.error, "incident: \(sentence)")
        if let problem { log.host(.warning, "the incident can't be kept in a file: \(problem)") }
    }

    /// Reads the backtrace that a runner left and removes its file; the incident keeps it.
    private static func takeBacktrace(_ path: String) -> ConfigValue? {
        let bytes = try? HostFiles.read(path, limit: 4 << 20)
        HostFiles.remove(path)
        return bytes.flatMap { try? JSONReader.parse($0) }
    }
}
