import Glibc
import Synchronization

/// When a search ends.
public struct SolveLimits: Hashable, Sendable {
    /// What the seconds of a search are counted by.
    public enum Clock: Hashable, Sendable {
        /// The clock on the wall: the answer is there in time, on a busy machine a worse one.
        case wall
        /// What the processor worked for this process: the answer is the same on a busy machine, later.
        case processor
    }

    /// After this time.
    public var seconds: Double
    /// What the time is counted by.
    public var clock: Clock
    /// A mixed-integer search ends when the objective is proved to be within this fraction of the best possible.
    public var gap: Double

    /// - Parameters:
    ///   - seconds: default half a minute.
    ///   - gap: default half a per cent.
    ///   - clock: default that on the wall.
    public init(seconds: Double = 30, gap: Double = 0.005, clock: Clock = .wall) {
        self.seconds = seconds
        self.gap = gap
        self.clock = clock
    }
}

/// The moment at which a search is to end.
struct Deadline {
    private let end: Double
    private let clock: SolveLimits.Clock

    init(_ limits: SolveLimits) {
        clock = limits.clock
        end = Self.seconds(limits.clock) + limits.seconds
    }

    /// Seconds that are left; negative when it is over.
    var secondsLeft: Double { end - Self.seconds(clock) }

    private static func seconds(_ clock: SolveLimits.Clock) -> Double {
        var time = timespec()
        clock_gettime(clock == .wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Ends a search from another thread. CLP is asked to stop within 20,000 iterations, a second or two; CBC can't be stopped from outside, so that a mixed-integer
/// search looks here before it begins and after it ends: bound it by ``SolveLimits/seconds``.
public final class Cancellation: Sendable {
    private let flag = Atomic(false)

    /// Not cancelled yet.
    public init() {}

    /// Ends the search as soon as the solver looks.
    public func cancel() { flag.store(true, ordering: .releasing) }

    /// Whether it was cancelled.
    public var isCancelled: Bool { flag.load(ordering: .acquiring) }
}
