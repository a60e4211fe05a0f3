import NIOCore
import NIOPosix

/// A small MQTT 3.1.1 client over TCP or TLS: publishes at QoS 0 and 1 in batches with back-pressure, receives at any QoS.
///
/// One client is one connection. When that is lost, calls fail with `DatabusError` and `closed()` returns; whoever
/// wants to go on connects a new client, after a pause of their choosing.
public final class MQTTClient: Sendable {
    /// Whether the broker had kept a session for this client identifier.
    public let sessionPresent: Bool
    private let connection: NIOLoopBound<ClientConnection>
    private let channel: any Channel

    private init(connection: NIOLoopBound<ClientConnection>, channel: any Channel, sessionPresent: Bool) {
        self.connection = connection
        self.channel = channel
        self.sessionPresent = sessionPresent
    }

    /// Connects and waits for CONNACK.
    /// - Parameters:
    ///   - threads: event loops to run on; NIO's shared ones when nil.
    ///   - onMessage: called on the client's event loop for each message and must not block; a QoS 1 message is
    ///     acknowledged when it returns.
    /// - Throws: `DatabusError` when the broker cannot be reached, does not answer or refuses.
    public static func connect(
        _ options: MQTTClientOptions, threads: MQTTClientThreads? = nil,
        onMessage: @escaping @Sendable (MQTTMessage) -> Void = { _ in }
    ) async throws -> MQTTClient {
        let secure = try options.tls.map { ($0, try $0.makeContext()) }
        let eventLoop = (threads?.group ?? MultiThreadedEventLoopGroup.singleton).next()
        let answered = eventLoop.makePromise(of: ConnackPacket.self)
        let connection = try await eventLoop.submit {
            NIOLoopBound(
                ClientConnection(options: options, eventLoop: eventLoop, answered: answered, onMessage: onMessage),
                eventLoop: eventLoop)
        }.get()
        let timeout = TimeAmount.nanoseconds(Int64(options.connectTimeoutSeconds * 1e9))
        let timer = eventLoop.scheduleTask(in: timeout) { answered.fail(DatabusError.timeout("CONNECT")) }
        defer { timer.cancel() }
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(timeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let (tls, context) = secure {
                            try channel.pipeline.syncOperations.addHandler(try tls.makeHandler(context, host: options.host))
                        }
                        try channel.pipeline.syncOperations.addHandler(connection.value)
                    }
                }
                .connect(host: options.host, port: options.port).get()
        } catch {
            let lost = DatabusError.connectionLost("\(options.host):\(options.port) cannot be reached: \(error)")
            answered.fail(lost)
            throw lost
        }
        do {
            let answer = try await answered.futureResult.get()
            guard answer.code == .accepted else { throw DatabusError.connectionRefused(answer.code) }
            return MQTTClient(connection: connection, channel: channel, sessionPresent: answer.sessionPresent)
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// Publishes the messages of a batch, in order, and returns when all have been handed to the socket; QoS 1 ones
    /// wait for room among those in flight. QoS 2 is sent as QoS 1.
    /// - Throws: `DatabusError` when the connection is lost before.
    public func publish(_ batch: PublicationBatch) async throws {
        let (connection, arena) = (connection, batch.arena)
        try await channel.eventLoop.flatSubmit { connection.value.publish(arena) }.get()
    }

    /// Publishes one message; at QoS 1 it returns when the broker has acknowledged this and all earlier ones.
    /// - Throws: `DatabusError` for a malformed topic, a lost connection.
    public func publish(topic: String, payload: some Collection<UInt8>, qos: UInt8 = 0, retain: Bool = false)
        async throws
    {
        var batch = PublicationBatch()
        try batch.append(topic: topic, payload: payload, qos: qos, retain: retain)
        try await publish(batch)
        if qos > 0 { try await acknowledged() }
    }

    /// Waits until everything published at QoS 1 so far is acknowledged.
    /// - Throws: `DatabusError` when the connection is lost before.
    public func acknowledged() async throws {
        let connection = connection
        try await channel.eventLoop.flatSubmit { connection.value.drained() }.get()
    }

    /// Subscribes to filters with their QoS and waits for SUBACK.
    /// - Returns: granted QoS per filter.
    /// - Throws: `DatabusError` when the broker refuses one, or the connection is lost.
    @discardableResult
    public func subscribe(_ filters: [(filter: String, qos: UInt8)]) async throws -> [UInt8] {
        let connection = connection
        let granted = try await channel.eventLoop.flatSubmit { connection.value.subscribe(filters) }.get()
        if let index = granted.firstIndex(of: 0x80) {
            throw DatabusError.subscriptionRefused(index < filters.count ? filters[index].filter : "?")
        }
        return granted
    }

    /// Subscribes to one filter.
    public func subscribe(_ filter: String, qos: UInt8 = 0) async throws {
        try await subscribe([(filter, qos)])
    }

    /// Unsubscribes and waits for UNSUBACK.
    public func unsubscribe(_ filters: [String]) async throws {
        let connection = connection
        _ = try await channel.eventLoop.flatSubmit { connection.value.unsubscribe(filters) }.get()
    }

    /// Says DISCONNECT, so that the will is discarded, and closes.
    public func disconnect() async {
        let connection = connection
        try? await channel.eventLoop.submit { connection.value.disconnect() }.get()
        try? await channel.closeFuture.get()
    }

    /// Closes without a word, as a crash would: the broker publishes the will.
    public func abort() async {
        try? await channel.close().get()
    }

    /// Returns when the connection is over, for whatever reason: the place to reconnect from.
    public func closed() async {
        try? await channel.closeFuture.get()
    }

    /// Whether the connection is up.
    public var isConnected: Bool { channel.isActive }
}

/// Event loops for clients, for whoever needs thousands of them on few threads.
public final class MQTTClientThreads: Sendable {
    let group: MultiThreadedEventLoopGroup

    /// Starts the threads.
    public init(count: Int) { group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count)) }

    /// Ends them; all clients on them must be closed.
    public func shutdown() async { try? await group.shutdownGracefully() }
}
