internal import Synchronization

/// The callbacks of one service by name, for sentences.
enum Callback: UInt8, Sendable {
    case none, create, configure, start, onMessages, onRequest, onTimer, drain, stop, destroy, health, onOutcomes, saveState, loadState

    var word: String {
        switch self {
        case .onMessages: "on_messages"
        case .onRequest: "on_request"
        case .onTimer: "on_timer"
        case .onOutcomes: "on_outcomes (dsotp.command_outcomes/1)"
        case .health: "check (dsotp.health/1)"
        case .saveState: "save (dsotp.state/1)"
        case .loadState: "load (dsotp.state/1)"
        default: "\(self)"
        }
    }
}

/// When a service entered the callback that it is in: the watchdog looks, the service's thread writes.
final class CallClock: Sendable {
    /// Monotonic ns, 0 outside of a callback.
    private let began = Atomic<Int64>(0)
    private let callback = Atomic<UInt8>(0)
    private let isReported = Atomic<Bool>(false)
    /// Where it is noted for after the end of the host.
    private let flight: FlightSlot?

    init(flight: FlightSlot? = nil) { self.flight = flight }

    func enter(_ callback: Callback) {
        self.callback.store(callback.rawValue, ordering: .relaxed)
        let now = MachineClock.monotonic()
        began.store(now, ordering: .releasing)
        flight?.enter(callback, since: now)
    }

    /// Ends the callback; true if the watchdog had reported it.
    func leave() -> Bool {
        flight?.leave()
        began.store(0, ordering: .sequentiallyConsistent)
        return isReported.load(ordering: .sequentiallyConsistent) && isReported.exchange(false, ordering: .sequentiallyConsistent)
    }

    /// The callback that runs and since when, or `nil`.
    var current: (callback: Callback, since: Int64)? {
        let since = began.load(ordering: .acquiring)
        guard since != 0 else { return nil }
        return (Callback(rawValue: callback.load(ordering: .relaxed)) ?? .none, since)
    }

    /// Notes that an overstay is reported. False if the callback that began at `since` ended meanwhile.
    func report(since: Int64) -> Bool {
        isReported.store(true, ordering: .sequentiallyConsistent)
        return began.load(ordering: .sequentiallyConsistent) == since
    }
}
