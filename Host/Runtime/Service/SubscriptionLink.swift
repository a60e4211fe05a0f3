internal import Synchronization

/// The way from a service back to its session in the databus. Deliveries may begin before the session is known here: what is
/// acknowledged until then waits.
final class SubscriptionLink: Sendable {
    private struct State {
        var subscription: (any DatabusSubscription)?
        var acknowledgements: [UInt64] = []
        var isReady = false
    }
    private let state = Mutex(State())

    func connect(_ subscription: any DatabusSubscription) {
        let early = state.withLock { state in
            defer { state = State(subscription: subscription) }
            return state
        }
        if !early.acknowledgements.isEmpty { subscription.acknowledge(early.acknowledgements) }
        if early.isReady { subscription.ready() }
    }

    /// The session, once it is known. It stays reachable when its deliveries have ended: what was in work then is acknowledged later.
    var session: (any DatabusSubscription)? { state.withLock { $0.subscription } }

    func ready() {
        let subscription = state.withLock { state in
            if state.subscription == nil { state.isReady = true }
            return state.subscription
        }
        subscription?.ready()
    }

    func acknowledge(_ acknowledgements: [UInt64]) {
        let subscription = state.withLock { state in
            if state.subscription == nil { state.acknowledgements += acknowledgements }
            return state.subscription
        }
        subscription?.acknowledge(acknowledgements)
    }
}
