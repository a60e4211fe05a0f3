internal import CPluginAPI
internal import Glibc
internal import Synchronization

/// The host as one instance of a service sees it: what its calls may do and where they lead.
///
/// The C tables of an in-process service call it; a service in another process would call the same functions through its connection.
final class ServiceContext: @unchecked Sendable {
    // @unchecked: `host` is written in `init` and never freed; `thread` is set once by the service's thread before the instance
    // exists; `config` is used on that thread only; everything else is a constant, atomic or guards itself.

    let manifest: ServiceManifest
    let bridges: ServiceBridges
    let log: ServiceLog
    let refusals: RefusalLog
    let metrics: ServiceMetrics
    let counters: ServiceCounters
    let signal: WorkSignal
    let routes = RouteTable()
    let requests = RequestTable()
    let timers = TimerSet()
    let columns = ColumnTable()
    let config = ConfigStore()
    /// What became of its commands and was not told yet.
    let outcomes: OutcomeQueue
    /// Where calls go in a runner, which decides nothing itself; `nil` in the host.
    let remote: RemoteSide?
    let publishRate: PublishRate?
    /// Told of a sustained flood of publications.
    let whenFlooding = Mutex<(@Sendable (String) -> Void)?>(nil)
    /// What is lent to the instance as `dsotp_host`.
    let host: UnsafeMutablePointer<dsotp_host>
    /// The ticket of the last write, 0 before the first.
    let latestTicket = Atomic<UInt64>(0)
    private let phase = Atomic<UInt8>(Phase.silent.rawValue)
    private var thread: pthread_t?

    /// What an instance may call at present.
    enum Phase: UInt8 {
        /// Before the first `configure` begins, and after `stop` returned: nothing.
        case silent
        /// During a `configure` that only checks: log, clock and configuration.
        case checking
        /// Everything.
        case active
    }

    init(
        manifest: ServiceManifest, bridges: ServiceBridges, log: ServiceLog, metrics: ServiceMetrics, counters: ServiceCounters,
        signal: WorkSignal, remote: RemoteSide? = nil
    ) {
        self.remote = remote
        publishRate = manifest.limits.publishRate.map(PublishRate.init)
        self.manifest = manifest
        self.bridges = bridges
        self.log = log
        self.metrics = metrics
        self.counters = counters
        self.signal = signal
        outcomes = OutcomeQueue(signal: signal)
        refusals = RefusalLog(log: log)
        host = .allocate(capacity: 1)
        host.initialize(
            to: dsotp_host(
                size: UInt32(MemoryLayout<dsotp_host>.size), reserved: 0, context: nil,
                get_extension: { _, identifier in HostTables.table(identifier) }))
        // Kept for ever: a thread of the service that still calls the host after `stop` must find something that refuses.
        host.pointee.context = Unmanaged.passRetained(self).toOpaque()
    }

    /// Lets go of what the instance had made; every call is refused from now on.
    func finish() {
        enter(.silent)
        timers.removeAll()
        routes.removeAll()
        columns.removeAll()
        bridges.commands?.detach(manifest.service, outcomes)
        requests.close(.problem(503, "the service '\(manifest.service)' has ended"))
    }

    /// Says that the calling thread is the service's own.
    func adoptThread() { thread = pthread_self() }

    var isOnServiceThread: Bool { thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }

    func enter(_ phase: Phase) { self.phase.store(phase.rawValue, ordering: .sequentiallyConsistent) }

    /// Refuses a call that the present phase does not allow.
    func require(checkingAllowed: Bool) throws(ServiceFault) {
        let phase = phase.load(ordering: .relaxed)
        guard phase != Phase.active.rawValue, !(checkingAllowed && phase == Phase.checking.rawValue) else { return }
        let when = phase == Phase.checking.rawValue ? "while the configuration is only checked" : "before configure or after stop"
        throw ServiceFault(status: dsotp_status(DSOTP_INVALID_STATE), sentence: "the host is not to be called \(when)")
    }

    /// Counts and logs a call that the manifest does not permit, and makes the error for it.
    func notPermitted(_ subject: String, remedy: String) -> ServiceFault {
        counters.refused.wrappingAdd(1, ordering: .relaxed)
        refusals.refused(subject, remedy: remedy)
        return ServiceFault(
            status: dsotp_status(DSOTP_NOT_PERMITTED), sentence: "\(subject) is not permitted by the manifest (\(remedy))")
    }
}

/// What the rest of the host offers to services.
public struct ServiceBridges: Sendable {
    public internal(set) var databus: any ServiceDatabus
    public internal(set) var timeSeries: any ServiceTimeSeries
    public internal(set) var memory: any ServiceMemory
    public let clock: any ServiceClock
    /// The arbiter of commands; nil where devices can't be commanded.
    public internal(set) var commands: CommandDesk?
    /// Closed when the lease that the service runs under is held no more; `nil` where there are no leases.
    var fence: LeaseFence?

    public init(
        databus: any ServiceDatabus, timeSeries: any ServiceTimeSeries, memory: any ServiceMemory,
        clock: any ServiceClock = SystemServiceClock(), commands: CommandDesk? = nil
    ) {
        self.commands = commands
        self.databus = databus
        self.timeSeries = timeSeries
        self.memory = memory
        self.clock = clock
    }
}

extension ServiceFault {
    static func invalid(_ sentence: String) -> ServiceFault {
        ServiceFault(status: dsotp_status(DSOTP_INVALID_ARGUMENT), sentence: sentence)
    }
}
