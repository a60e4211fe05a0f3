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
            self.filters.withLock { $0 = filters }
            broker.deliverRetained(to: self)
        }

        func publish(topic: String, payload: [UInt8], isRetained: Bool) async throws {
            guard !isClosed.withLock({ $0 }), broker.accept(topic, payload, isRetained) else { throw Gone() }
        }

        func disconnect() async { close() }

        func close() {
            let wasOpen = isClosed.withLock { isClosed in
                defer { isClosed = true }
                return !isClosed
            }
            if wasOpen { onClose() }
        }

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
