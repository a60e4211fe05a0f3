public import Logging
import NIOCore
import NIOPosix

/// The embedded MQTT 3.1.1 broker: a handle that any thread may use, over state that one event loop owns.
public final class Broker: Sendable {
    /// Address that the broker listens on.
    public let host: String
    /// TCP port that the broker listens on, also when the options asked for any; 0 with a link to an external broker.
    public let port: Int

    let core: NIOLoopBound<BrokerCore>
    let eventLoop: any EventLoop
    let pendingLocalBytes: PendingBytes
    private let group: MultiThreadedEventLoopGroup
    /// nil with a link: devices connect to the external broker.
    private let listener: (any Channel)?

    private init(
        core: NIOLoopBound<BrokerCore>, group: MultiThreadedEventLoopGroup, listener: (any Channel)?, host: String,
        pendingLocalBytes: PendingBytes
    ) {
        self.core = core
        self.group = group
        self.listener = listener
        self.host = listener?.localAddress?.ipAddress ?? host
        self.pendingLocalBytes = pendingLocalBytes
        eventLoop = group.next()
        port = listener?.localAddress?.port ?? 0
    }

    /// Starts a broker on an event loop of its own.
    /// - Throws: `DatabusError` when the address cannot be listened on, or the link's options do not hold.
    public static func start(
        options: BrokerOptions = BrokerOptions(), authority: any DatabusAuthority = OpenAuthority(), logger: Logger
    ) async throws -> Broker {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let pending = PendingBytes(limit: options.maximumLocalPublicationBytes)
        do {
            let core = try await eventLoop.submit {
                let core = BrokerCore(
                    options: options, authority: authority, logger: logger, eventLoop: eventLoop,
                    pendingLocalBytes: pending)
                if let link = options.link { core.link = try Link(options: link, core: core, logger: logger) }
                core.startTimers()
                return NIOLoopBound(core, eventLoop: eventLoop)
            }.get()
            let listener = options.link == nil ? try await bind(options, core: core, group: group) : nil
            return Broker(
                core: core, group: group, listener: listener, host: options.host, pendingLocalBytes: pending)
        } catch {
            try? await group.shutdownGracefully()
            if let error = error as? DatabusError { throw error }
            throw DatabusError.bind(host: options.host, port: options.port, error)
        }
    }

    private static func bind(
        _ options: BrokerOptions, core: NIOLoopBound<BrokerCore>, group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 2)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)
            )
            .childChannelOption(
                .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 256 << 10)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let address = channel.remoteAddress?.description ?? "an unknown address"
                    guard let connection = core.value.accept(remoteAddress: address) else {
                        throw DatabusError.stopped
                    }
                    do {
                        try options.prepareChannel?(channel)
                        try channel.pipeline.syncOperations.addHandler(connection)
                    } catch {
                        connection.close(.transport(error))
                        throw error
                    }
                }
            }
            .bind(host: options.host, port: options.port).get()
    }

    /// Prepares `shutdown`: when this returns, nothing more that clients send is read or routed, and further
    /// connections are refused, while acknowledgements of what was routed still leave. So the services can finish what
    /// they have, and what they won't get stays with its publisher, unacknowledged.
    public func quiesce() async {
        let core = core
        try? await eventLoop.submit { core.value.quiesce() }.get()
    }

    /// Stops listening, closes every connection and ends the event loop. Calls afterwards do nothing. With a link, what was published may
    /// still leave, for some seconds.
    public func shutdown() async {
        try? await listener?.close().get()
        await drainLink(seconds: 3)
        let core = core
        try? await eventLoop.submit { core.value.stop() }.get()
        try? await group.shutdownGracefully()
    }

    /// A snapshot of the broker; nil after `shutdown`.
    public func statistics() async -> BrokerStatistics? {
        let core = core
        return try? await eventLoop.submit { core.value.statistics() }.get()
    }

    /// Rights have changed: when this returns, the authority is asked anew for each topic that is published to.
    /// Subscriptions that exist stay.
    public func rightsChanged() async {
        let core = core
        try? await eventLoop.submit { core.value.rightsEpoch += 1 }.get()
    }
}
