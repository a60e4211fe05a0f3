internal import Synchronization

/// What happened to a service since the host began, over all its starts.
final class ServiceCounters: Sendable {
    /// Messages taken into the mailbox.
    let received = Atomic<UInt64>(0)
    /// Messages that the service took with success.
    let processed = Atomic<UInt64>(0)
    /// Messages lost at a full mailbox.
    let dropped = Atomic<UInt64>(0)
    /// Messages put on the disk because the mailbox was full.
    let spilled = Atomic<UInt64>(0)
    /// Messages that waited on the disk when the service ended, and were delivered after.
    let replayed = Atomic<UInt64>(0)
    /// Calls of the service that the manifest does not permit.
    let refused = Atomic<UInt64>(0)
    /// Callbacks that returned an error.
    let errors = Atomic<UInt64>(0)
    /// Messages published.
    let published = Atomic<UInt64>(0)
    /// Points written.
    let points = Atomic<UInt64>(0)
    /// Requests answered by the service.
    let requests = Atomic<UInt64>(0)
}
