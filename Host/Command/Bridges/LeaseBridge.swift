internal import Databus
internal import Runtime
internal import Synchronization

/// The broker that leases are held at, over an MQTT client: one of its own, or the databus's.
final class LeaseBridge: LeaseBroker {
    /// For each address of the broker; never empty.
    private let options: [MQTTClientOptions]
    /// The address that answered last.
    private let current = Mutex(0)

    /// `nil` for a site of one host.
    init?(_ site: Site) {
        guard let hosts = site.hosts else { return nil }
        if let broker = hosts.broker {
            options = [MQTTClientOptions(host: broker.address.host, port: broker.address.port, user: broker.user, password: broker.password)]
        } else if let link = LinkOptions(site) {
            options = link.addresses.map { address in
                var options = MQTTClientOptions(host: address.host, port: address.port, user: link.user, password: link.password)
                options.tls = link.tls
                return options
            }
        } else {
            return nil
        }
    }

    func connect(
        client: String, silence: Duration, onMessage: @escaping @Sendable (LeaseMessage) -> Void, onClose: @escaping @Sendable () -> Void
    ) async throws -> any LeaseConnection {
        let place = current.withLock { $0 }
        var options = options[place]
        options.clientIdentifier = client
        options.keepAliveSeconds = UInt16(clamping: max(1, silence.components.seconds))
        options.connectTimeoutSeconds = max(0.5, silence / .seconds(1))
        let client: MQTTClient
        do {
            client = try await MQTTClient.connect(options) {
                onMessage(LeaseMessage(topic: $0.topic, payload: $0.payload, isRetained: $0.retained))
            }
        } catch {
            // Another node of the cluster next time, unless somebody else has turned already.
            current.withLock { if $0 == place { $0 = (place + 1) % self.options.count } }
            throw error
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
