/// The times of a lease, all in nanoseconds of a host's own monotonic clock.
///
/// A holder may work for `fenceAfter` since it *sent* the last heartbeat that the broker acknowledged in time; another host may take the
/// lease when it has *received* none for the whole of `ttl`. The difference pays for clocks that run at different rates: what is 5 % of the
/// one is 2.5 % of rate error of each host, where a bad quartz has 0.01 %.
struct LeaseTiming: Hashable, Sendable {
    /// How long a lease lasts after its last heartbeat.
    var ttl: Int64
    /// How often a holder renews it, and how long anybody waits for an answer of the broker.
    var renewal: Int64
    /// Without an acknowledged heartbeat for so long, the holder ends its services.
    var stopAfter: Int64
    /// … and for so long, nothing that they still send leaves the host.
    var fenceAfter: Int64
    /// How long after a take-over of the session the broker may need to end the connection of the one before.
    var settling: Int64

    init(ttl: Int64) {
        self.ttl = ttl
        renewal = ttl / 3
        stopAfter = ttl / 6 * 5
        fenceAfter = ttl / 20 * 19
        settling = max(ttl / 16, 250_000_000)
    }
}
