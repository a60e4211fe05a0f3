import Synchronization

/// When a search ends.
public struct SolveLimits: Hashable, Sendable {
    /// After this time, wall clock.
    public var seconds: Double
    /// A mixed-integer search ends when the objective is proved to be within this fraction of the best possible.
    public var gap: Double

    /// - Parameters:
    ///   - seconds: default half a minute.
    ///   - gap: default half a per cent.
    public init(seconds: Double = 30, gap: Double = 0.005) {
        self.seconds = seconds
        self.gap = gap
    }
}

/// Ends a search from another thread. CLP is asked to stop within some thousand iterations; CBC can't be stopped from outside, so that a mixed-integer
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
