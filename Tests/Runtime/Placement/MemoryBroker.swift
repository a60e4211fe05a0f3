import Synchronization

@testable import Runtime

/// A broker in memory: one connection for a client identifier, retained messages, deliveries in order.
final class MemoryBroker: LeaseBroker {
    final class Connection: LeaseConnection, Sendable {
        let client: String
        private let broker: MemoryBroker
        let onMessage: @Sendable (LeaseMessage) -> Void
        private let onClose: @Sendable () -> Void
        private let filters = Mutex<[String]>([])
        private let isClosed = Mutex(false)

        init(
            _ client: String, _ broker: MemoryBroker, _ onMessage: @escaping @Sendable (LeaseMessage) -> Void, _ onClose: @escaping @Sendable () -> Void
        ) {
            (self.client, self.broker, self.onMessage, self.onClose) = (client, broker, onMessage, onClose)
        }

        func subscribe(_ filters: [String]) async throws {
            if broker.refusesSubscription(of: self) { throw Gone() }
            self.filters.withLock { $0 = filters }
            broker.deliverRetained(to: self)
        }

        func publish(topic: String, payload: [UInt8], isRetained: Bool) async throws {
            guard !isClosed.withLock({ $0 }), broker.accept(topic, payload, isRetained) else { throw Gone() }
        }

        func disconnect() async { close() }

        @discardableResult
        func close() -> Bool {
            let wasOpen = isClosed.withLock { isClosed in
                defer { isClosed = true }
                return !isClosed
            }
            if wasOpen { onClose() }
            return wasOpen
        }

        var hasSubscribed: Bool { filters.withLock { !$0.isEmpty } }

        func wants(_ topic: String) -> Bool {
            guard !isClosed.withLock({ $0 }) else { return false }
            return filters.withLock { $0.contains { $0 == topic || ($0.hasSuffix("/+") && topic.hasPrefix($0.dropLast())) } }
        }
    }

    struct Gone: Error {}

    private struct State {
        var connections: [String: Connection] = [:]
        var retained: [String: [UInt8]] = [:]
        var isAway = false
        var refusals = 0
        /// Had a subscription refused, and are still open.
        var refused: [Connection] = []
    }
    private let state = Mutex(State())

    func connect(
        client: String, silence: Duration, onMessage: @escaping @Sendable (LeaseMessage) -> Void, onClose: @escaping @Sendable () -> Void
    ) async throws -> any LeaseConnection {
        let connection = Connection(client, self, onMessage, onClose)
        let former: Connection? = try state.withLock { state in
            if state.isAway { throw Gone() }
            return state.connections.updateValue(connection, forKey: client)
        }
        former?.close()
        return connection
    }

    private func accept(_ topic: String, _ payload: [UInt8], _ isRetained: Bool) -> Bool {
        state.withLock { state in
            if state.isAway { return false }
            if isRetained { state.retained[topic] = payload }
            let message = LeaseMessage(topic: topic, payload: payload, isRetained: false)
            for connection in state.connections.values where connection.wants(topic) { connection.onMessage(message) }
            return true
        }
    }

    private func deliverRetained(to connection: Connection) {
        state.withLock { state in
            for (topic, payload) in state.retained where connection.wants(topic) {
                connection.onMessage(LeaseMessage(topic: topic, payload: payload, isRetained: true))
            }
        }
    }

    /// Refuses the next subscriptions. Nothing but ``endRefused()`` and who made them ends these connections: a broker may be slow with that.
    func refuseSubscriptions(_ count: Int) { state.withLock { $0.refusals = count } }

    private func refusesSubscription(of connection: Connection) -> Bool {
        state.withLock { state in
            guard state.refusals > 0 else { return false }
            state.refusals -= 1
            state.refused.append(connection)
            state.connections[connection.client] = nil
            return true
        }
    }

    /// Connections that have subscribed to something.
    var subscribers: Int { state.withLock { $0.connections.values.count { $0.hasSubscribed } } }

    /// Ends the connections whose subscriptions were refused; says how many were open.
    func endRefused() -> Int {
        let left = state.withLock { state in
            defer { state.refused = [] }
            return state.refused
        }
        return left.count { $0.close() }
    }

    /// Ends all connections and takes no more until it is back.
    func set(isAway: Bool) {
        let ended = state.withLock { state in
            state.isAway = isAway
            defer { if isAway { state.connections = [:] } }
            return isAway ? Array(state.connections.values) : []
        }
        for connection in ended { connection.close() }
    }
}
