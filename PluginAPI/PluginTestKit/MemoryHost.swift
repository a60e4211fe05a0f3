import CPluginAPI
import Glibc
import PluginAPI

/// The in-memory host behind the C tables that a service under test calls.
/// @unchecked: `state` is guarded by `mutex`, everything else is constant.
final class MemoryHost: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var state: HostState
    let thread: ServiceThread
    let permissions: Permissions
    let withheld: Set<HostExtension>

    init(thread: ServiceThread, permissions: Permissions, withheld: Set<HostExtension>, now: Timestamp) {
        self.thread = thread
        self.permissions = permissions
        self.withheld = withheld
        state = HostState(now: now)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        state.configuration.release()
        mutex.deallocate()
    }

    /// Reads or changes the state, one thread at a time.
    func withState<Result>(_ body: (inout HostState) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// The host that a pointer given to the service belongs to.
    static func of(_ host: UnsafePointer<dsotp_host>?) -> MemoryHost? {
        guard let context = host?.pointee.context else { return nil }
        return Unmanaged<MemoryHost>.fromOpaque(context).takeUnretainedValue()
    }

    /// Notes a breach of the ABI's rules.
    func violation(_ sentence: String) {
        withState { $0.violations.append(sentence) }
    }
}

/// All that the in-memory host keeps.
struct HostState {
    var now: Timestamp
    /// Between the begin of `configure` and the return of `stop`: when [any-thread] functions may be called.
    var isOpen = false
    var isInCallback = false
    var isVisitingKeyValues = false
    var failures: [HostExtension: ServiceError] = [:]
    /// The store refuses points that are later.
    var latestPoint: Timestamp?
    var violations: [String] = []
    var log: [LogLine] = []
    var published: [Publication] = []
    /// What the service did, in its order; only if `keepsEvents`.
    var events: [HarnessEvent] = []
    var keepsEvents = false
    var timers: [UInt64: HostTimer] = [:]
    var keyValues: [[UInt8]: [UInt8]] = [:]
    var columns: [MemoryColumn] = []
    var columnsByName: [ColumnIdentity: Int] = [:]
    var metrics: [MemoryMetric] = []
    var metricsByName: [MetricIdentity: Int] = [:]
    var routes: [MemoryRoute] = []
    var schemas: [UInt8] = []
    var openRequests: Set<UInt64> = []
    var responses: [UInt64: Response] = [:]
    var configuration = MemoryConfiguration()
    var commands = MemoryArbiter()

    init(now: Timestamp) { self.now = now }
}

/// A timer that is set.
struct HostTimer {
    var next: Timestamp
    var period: dsotp_duration
}

/// Where a function of the host may be called from.
enum CallRule {
    /// [any-thread]
    case anyThread
    /// [lifecycle] [message]: the service's own thread, inside a callback.
    case serviceThread
}

/// Runs one function of a table: finds the host, checks state and thread, fails if the test wants it to.
func hostCall(
    _ host: UnsafePointer<dsotp_host>?, _ error: UnsafeMutablePointer<dsotp_error>?, _ function: HostExtension,
    _ name: StaticString,
    _ rule: CallRule = .anyThread, _ work: (MemoryHost) throws(ServiceError) -> Void
) -> dsotp_status {
    outcome(error) {
        guard let host = MemoryHost.of(host) else { throw ServiceError.invalidArgument("\(name) is called without a host") }
        try host.checkCall(function, name, rule)
        if let failure = host.withState({ $0.failures[function] }) { throw failure }
        try work(host)
    }
}

extension MemoryHost {
    /// Refuses and notes a call that its tag does not allow.
    func checkCall(_ function: HostExtension, _ name: StaticString, _ rule: CallRule) throws(ServiceError) {
        let (isOpen, isInCallback) = withState { ($0.isOpen, $0.isInCallback) }
        guard isOpen else {
            let sentence = "\(name) of \(function.identifier) is called outside of the time from configure to stop"
            violation(sentence)
            throw .invalidState(sentence)
        }
        guard rule == .anyThread || (thread.isCurrent && isInCallback) else {
            let sentence = "\(name) of \(function.identifier) is called from a thread other than the service's own"
            violation(sentence)
            throw ServiceError(.wrongThread, sentence)
        }
    }

    /// The same for functions that cannot return an error: nil if the call is not allowed.
    static func quietly(_ host: UnsafePointer<dsotp_host>?, _ function: HostExtension, _ name: StaticString) -> MemoryHost? {
        guard let host = MemoryHost.of(host) else { return nil }
        do throws(ServiceError) {
            try host.checkCall(function, name, .anyThread)
            return host
        } catch {
            return nil
        }
    }
}

/// Makes a table that lives as long as the process.
func permanent<Table>(_ table: Table) -> UnsafePointer<Table> {
    let place = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    place.initialize(to: table)
    return UnsafePointer(place)
}

extension String {
    init(_ bytes: dsotp_plugin_bytes) { self.init(decoding: bytes.buffer, as: UTF8.self) }
}
