/// The states of a service, the same words in REST, logs and metrics.
public enum ServiceState: String, CaseIterable, Sendable {
    /// Its manifest was read.
    case discovered
    /// Its library was found, loaded and speaks our ABI.
    case verified
    /// It took its configuration.
    case configured
    /// It could work, but another host does; the detail says which.
    case standby
    /// It is about to work.
    case starting
    /// It works.
    case running
    /// It works, but not as it should; the detail says why.
    case degraded
    /// It finishes what it has, and gets nothing new.
    case draining
    /// It ended because the host ends.
    case stopped
    /// A person switched it off, or its manifest does.
    case disabled
    /// It can't be used as it is; the detail says why.
    case refused
    /// It could not start or did not end; the detail says why. A person has to act.
    case failed
    /// It could not start and will be tried again; the detail says when.
    case backoff
    /// It failed too often and rests until a person acts.
    case quarantined
}

/// A change of a service's state.
public struct ServiceStateChange: Sendable {
    public let service: String
    public let state: ServiceState
    /// Why, in one sentence; empty if there is nothing to say.
    public let detail: String
    /// When, nanoseconds since 1970-01-01T00:00:00Z.
    public let since: Int64
}
