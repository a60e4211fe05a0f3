internal import Glibc

/// The time that services go by. Any thread may call it.
public protocol ServiceClock: AnyObject, Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    func now() -> Int64
    /// Nanoseconds from an arbitrary origin; never goes back.
    func monotonic() -> Int64
    /// How much of this time passes while one second passes on the machine; more than 0.
    var speed: Double { get }
}

extension ServiceClock {
    public var speed: Double { 1 }

    /// How long the machine takes (ns) while `duration` passes on this clock; at least 1 for what is longer than 0.
    func machineTime(for duration: Int64) -> Int64 {
        speed == 1 ? duration : Int64(saturating: (Double(duration) / speed).rounded(.up))
    }

    /// How much passes on this clock (ns) while `duration` passes on the machine.
    func serviceTime(for duration: Int64) -> Int64 {
        speed == 1 ? duration : Int64(saturating: Double(duration) * speed)
    }
}

/// The clocks of the machine.
public final class SystemServiceClock: ServiceClock {
    public init() {}
    public func now() -> Int64 { MachineClock.read(CLOCK_REALTIME) }
    public func monotonic() -> Int64 { MachineClock.monotonic() }
}

/// A clock that began at a time of its own and goes faster or slower than the machine's: a day of a site in a minute and a half.
///
/// It follows the machine's monotonic clock, so that a step of the time of day does not move it, and every process that is told the same
/// three numbers has the same time.
public final class AcceleratedServiceClock: ServiceClock {
    /// What it showed at ``origin``: nanoseconds since 1970-01-01T00:00:00Z.
    public let begin: Int64
    /// When it began, on the machine's monotonic clock (ns).
    public let origin: Int64
    public let speed: Double

    /// - Parameters:
    ///   - begin: the time that it shows at first, nanoseconds since 1970-01-01T00:00:00Z.
    ///   - origin: when that is or was, on the machine's monotonic clock (ns); `nil` for now.
    ///   - speed: more than 0.
    public init(begin: Int64, origin: Int64? = nil, speed: Double) {
        precondition(speed > 0, "a clock goes forward")
        self.begin = begin
        self.origin = origin ?? MachineClock.monotonic()
        self.speed = speed
    }

    public func now() -> Int64 { begin.saturatingAdd(elapsed) }
    public func monotonic() -> Int64 { elapsed }

    private var elapsed: Int64 { serviceTime(for: max(0, MachineClock.monotonic() - origin)) }
}

extension Int64 {
    /// The nearest integer that there is.
    fileprivate init(saturating value: Double) {
        self = value >= 0x1p63 ? .max : value <= -0x1p63 ? .min : Int64(value)
    }
}

/// The machine's own clock, for everything that is about the host itself: deadlines, back-off, waiting.
enum MachineClock {
    static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    /// Goes on while the machine sleeps, unlike `monotonic`: what another host measures meanwhile has passed here too.
    static func sinceBoot() -> Int64 { read(CLOCK_BOOTTIME) }

    static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
