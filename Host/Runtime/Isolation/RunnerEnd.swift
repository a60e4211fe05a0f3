internal import Glibc

/// How a runner came to its end.
struct RunnerEnd: Sendable {
    /// Why it ended, as far as the host knows better than the exit status does.
    enum Cause: Sendable {
        /// By itself.
        case itself
        /// The host killed it: a callback overstayed its deadline.
        case hang(callback: String, allowed: Int64)
        /// The host killed it: it had crashed, and writing its backtrace took too long.
        case stuckCrash
        /// The host killed it, or the system refused it more: it took more memory than the manifest grants, in bytes.
        case memory(limit: Int)
        /// The host killed it: what it sent was not what a runner sends.
        case malformed(String)
        /// The host killed it because nobody wants it any more.
        case unwanted
    }

    let cause: Cause
    /// The signal that ended it, or `nil`.
    let signal: Int32?
    /// The code it exited with, or `nil`.
    let exitCode: Int32?
    /// The most memory it had at a time, in bytes.
    let peakMemory: Int
    /// The last of what it wrote to its standard output and error.
    let output: String

    /// Whether it ended because it was to.
    var isOrderly: Bool {
        switch cause {
        case .unwanted: true
        case .itself: exitCode == 0
        default: false
        }
    }

    private var hasLostConnection: Bool { signal == nil && exitCode == Runner.lostConnection }

    /// Whether somebody else killed it: the system, which was short of memory, or a person. That is no message's fault.
    var wasKilledFromOutside: Bool {
        if case .itself = cause { return signal == SIGKILL }
        return false
    }

    /// One word for what happened.
    var reason: Incident.Reason {
        switch cause {
        case .hang: .hang
        case .stuckCrash: .crash
        case .memory: .memory
        case .malformed: .malformed
        case .itself where hasLostConnection: .malformed
        case .itself, .unwanted: signal == nil ? .exit : .crash
        }
    }

    /// What happened, in half a sentence.
    var description: String {
        switch cause {
        case .hang(let callback, let allowed):
            "\(callback) did not return within \(Quantities.describe(nanoseconds: allowed)), and its process was killed"
        case .stuckCrash: "its process crashed, and was killed because writing its backtrace took too long"
        case .memory(let limit):
            "its process took more memory than 'limits: memory' grants "
                + "(expected at most \(Quantities.describe(bytes: Int64(limit))); got \(peakMemory >> 20)MiB)"
        case .malformed(let sentence): "its process broke the connection's rules and was killed: \(sentence)"
        case .itself where hasLostConnection: "its process closed or spoilt its connection to the host, which is not the service's own"
        case .itself, .unwanted:
            signal.map { "its process was ended by signal \($0) (\(Self.name(of: $0)))" } ?? "its process exited with code \(exitCode ?? -1)"
        }
    }

    static func name(of signal: Int32) -> String {
        switch signal {
        case SIGSEGV: "SIGSEGV"
        case SIGABRT: "SIGABRT"
        case SIGILL: "SIGILL"
        case SIGTRAP: "SIGTRAP"
        case SIGBUS: "SIGBUS"
        case SIGFPE: "SIGFPE"
        case SIGKILL: "SIGKILL"
        case SIGTERM: "SIGTERM"
        case SIGSYS: "SIGSYS"
        default: String(cString: strsignal(signal))
        }
    }
}
