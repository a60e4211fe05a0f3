internal import CPluginAPI
internal import Synchronization

/// `limits: publish_rate`: how many messages a service may publish, as a bucket that holds one second's worth.
final class PublishRate: Sendable {
    let perSecond: Int
    private struct State {
        var tokens: Double
        var filled = MachineClock.monotonic()
        /// Since when refusals follow each other without a second's rest, 0 if they don't.
        var floodingSince: Int64 = 0
        var lastRefusal: Int64 = 0
        var reported: Int64 = 0
    }
    private let state: Mutex<State>

    init(_ perSecond: Int) {
        self.perSecond = perSecond
        state = Mutex(State(tokens: Double(perSecond)))
    }

    /// How many of `count` messages may be published now, or `nil` if all.
    func take(_ count: Int) -> Int? {
        state.withLock { state in
            let now = MachineClock.monotonic()
            state.tokens = min(Double(perSecond), state.tokens + Double(now - state.filled) * Double(perSecond) / 1e9)
            state.filled = now
            let allowed = min(count, Int(state.tokens))
            state.tokens -= Double(allowed)
            guard allowed < count else { return nil }
            if now - state.lastRefusal > 1_000_000_000 { state.floodingSince = now }
            state.lastRefusal = now
            return allowed
        }
    }

    /// How a flood that has gone on for `least` is to be reported: true once a minute.
    func isSustained(for least: Duration) -> Bool {
        state.withLock { state in
            let now = MachineClock.monotonic()
            guard state.floodingSince > 0, now - state.floodingSince >= least.nanoseconds,
                state.reported == 0 || now - state.reported >= 60_000_000_000
            else { return false }
            state.reported = now
            return true
        }
    }
}

extension ServiceContext {
    /// Counts a publication above the rate, tells of a sustained flood, and makes the error for it.
    func overPublishRate(_ rate: PublishRate) -> ServiceFault {
        counters.refused.wrappingAdd(1, ordering: .relaxed)
        let sentence = "the service publishes faster than 'limits: publish_rate' grants (expected at most \(rate.perSecond)/s)"
        if rate.isSustained(for: .seconds(2)) { whenFlooding.withLock { $0 }?(sentence) }
        return ServiceFault(status: dsotp_status(DSOTP_LIMIT_REACHED), isRetryable: true, sentence: "databus: \(sentence); publish less")
    }
}
