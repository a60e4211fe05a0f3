/// Follows the automatic reclosing of one breaker or recloser: a fault is permanent only when its cycle has ended open.
public struct ReclosingCycle: Hashable, Sendable {
    /// How a device recloses.
    public struct Setting: Hashable, Sendable {
        /// Reclosings before it stays open; 0 for a device without automatic reclosing.
        public var shots: Int
        /// The longest time it stays open before a reclosing, in seconds.
        public var deadTimeSeconds: Double
        /// How long it has to stay closed for the fault to count as gone, in seconds.
        public var reclaimTimeSeconds: Double

        /// No reclosing, unless said otherwise.
        public init(shots: Int = 0, deadTimeSeconds: Double = 30, reclaimTimeSeconds: Double = 10) {
            self.shots = shots
            self.deadTimeSeconds = deadTimeSeconds
            self.reclaimTimeSeconds = reclaimTimeSeconds
        }
    }

    /// Where the cycle is.
    public enum Status: Hashable, Sendable {
        case quiet
        /// Open, and a reclosing may still come, until the given time.
        case waiting(until: Double)
        /// Closed again, and the fault may still be there, until the given time.
        case reclaiming(until: Double)
        /// Open for good.
        case lockedOut
        /// The fault went away by itself.
        case cleared
    }

    /// How the device recloses.
    public let setting: Setting
    /// Trips of the cycle so far.
    public private(set) var trips = 0
    private var lastChange = 0.0
    private var isOpen = false
    private var toldLockOut = false

    /// A cycle in which nothing has happened yet.
    public init(_ setting: Setting) { self.setting = setting }

    /// The device opened by its protection. Times are seconds on any clock that does not go back.
    public mutating func trip(at time: Double) {
        if status(at: time) == .cleared || status(at: time) == .quiet { trips = 0 }
        guard !isOpen else { return }
        trips += 1
        isOpen = true
        lastChange = time
    }

    /// It closed.
    public mutating func close(at time: Double) {
        guard isOpen else { return }
        isOpen = false
        toldLockOut = false
        lastChange = time
    }

    /// It says that it will not reclose.
    public mutating func lockOut(at time: Double) {
        if !isOpen { trip(at: time) }
        toldLockOut = true
    }

    /// - Parameter time: in seconds, not before that of the last event.
    public func status(at time: Double) -> Status {
        guard trips > 0 else { return .quiet }
        if isOpen {
            if toldLockOut || trips > setting.shots || time >= lastChange + setting.deadTimeSeconds { return .lockedOut }
            return .waiting(until: lastChange + setting.deadTimeSeconds)
        }
        return time >= lastChange + setting.reclaimTimeSeconds ? .cleared : .reclaiming(until: lastChange + setting.reclaimTimeSeconds)
    }

    /// Why no plan is made yet; nil when the cycle has ended.
    ///
    /// - Parameter name: what people call the device.
    public func waitSentence(name: String, at time: Double) -> String? {
        switch status(at: time) {
        case .waiting(let until):
            "\(name) may reclose (trip \(trips), \(setting.shots) reclosings set): the cycle ends in \(Int((until - time).rounded(.up))) s at the latest"
        case .reclaiming(let until):
            "\(name) has reclosed: whether the fault is gone is known in \(Int((until - time).rounded(.up))) s"
        case .quiet, .lockedOut, .cleared: nil
        }
    }
}
