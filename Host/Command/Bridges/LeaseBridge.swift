internal import Databus
internal import Runtime

/// The broker that leases are held at, over an MQTT client.
struct LeaseBridge: LeaseBroker {
    private let options: MQTTClientOptions

    /// `nil` for a site of one host.
    init?(_ site: Site) {
        guard let broker = site.hosts?.broker else { return nil }
        options = MQTTClientOptions(host: broker.address.host, port: broker.address.port, user: broker.user, password: broker.password)
    }

    func connect(
        client: String, silence: Duration, onMessage: @escaping @Sendable (LeaseMessage) -> Void, onClose: @escaping @Sendable () -> Void
    ) async throws -> any LeaseConnection {
        var options = options
        options.clientIdentifier = client
        options.keepAliveSeconds = UInt16(clamping: max(1, silence.components.seconds))
        options.connectTimeoutSeconds = max(0.5, silence / .seconds(1))
        let client = try await MQTTClient.connect(options) {
            onMessage(LeaseMessage(topic: $0.topic, payload: $0.payload, isRetained: $0.retained))
        }
        Task {
            await client.closed()
            onClose()
        }
        return LeaseClient(client: client)
    }
}

private final class LeaseClient: LeaseConnection {
    private let client: MQTTClient

    init(client: MQTTClient) { self.client = client }

    func subscribe(_ filters: [String]) async throws { try await client.subscribe(filters.map { ($0, 1) }) }

    func publish(topic: String, payload: [UInt8], isRetained: Bool) async throws {
        try await client.publish(topic: topic, payload: payload, qos: 1, retain: isRetained)
    }

    func disconnect() async { await client.disconnect() }
}
