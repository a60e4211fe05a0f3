internal import Glibc

/// The time that services go by. Any thread may call it.
public protocol ServiceClock: AnyObject, Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    func now() -> Int64
    /// Nanoseconds from an arbitrary origin; never goes back.
    func monotonic() -> Int64
}

/// The clocks of the machine.
public final class SystemServiceClock: ServiceClock {
    public init() {}
    public func now() -> Int64 { MachineClock.read(CLOCK_REALTIME) }
    public func monotonic() -> Int64 { MachineClock.monotonic() }
}

/// The machine's own clock, for everything that is about the host itself: deadlines, back-off, waiting.
enum MachineClock {
    static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
