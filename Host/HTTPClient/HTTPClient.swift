internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A client of one server. Any thread but an event loop's may use it; `exchange` blocks.
///
/// Connections are kept for the next request. A kept one that turns out to have ended before it brought a byte of the reply is replaced once, since a
/// server may end an idle connection at any time: requests must therefore be such that doing them twice does no harm.
public final class HTTPClient: Sendable {
    private struct State {
        var idle: [any Channel] = []
        var busy: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    public let address: HTTPAddress
    private let options: HTTPClientOptions
    private let tls: NIOSSLContext?
    private let authorization: String?
    private let state = Mutex(State())
    private let lost = LostConnections()
    private static let mostIdle = 8

    /// - Throws: ``HTTPFailure`` if the authorities cannot be read.
    public init(_ address: HTTPAddress, options: HTTPClientOptions = HTTPClientOptions()) throws(HTTPFailure) {
        self.address = address
        self.options = options
        tls = address.isEncrypted ? try Self.context(options) : nil
        authorization = options.user.map { "Basic " + Base64.encode(Array("\($0):\(options.password)".utf8)) }
    }

    deinit { close() }

    /// How many connections the server ended without announcing it, in the middle of a reply or between two, and how many could not be made: it may
    /// have been restarted. What this side ends, since a reply is late or too large, does not count.
    public var lostConnections: UInt64 { lost.count }

    /// Sends a request and waits for the reply, whatever its status.
    ///
    /// - Throws: ``HTTPFailure`` if there is none within the timeouts.
    public func exchange(_ request: HTTPExchangeRequest) throws(HTTPFailure) -> HTTPReply {
        if let kept = takeIdle() {
            do {
                return try exchange(request, over: kept)
            } catch where error.kind == .broken && error.isBeforeReply {
                // Ended while it was idle; a new one takes its place.
            } catch {
                throw error.failure
            }
        }
        let channel = try connect()
        do { return try exchange(request, over: channel) } catch { throw error.failure }
    }

    /// Ends all connections; who waits for a reply gets a failure.
    public func close() {
        let channels = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle + state.busy.values
        }
        for channel in channels { channel.close(promise: nil) }
    }

    private func takeIdle() -> (any Channel)? {
        state.withLock { state in
            while let channel = state.idle.popLast() {
                if channel.isActive { return channel }
            }
            return nil
        }
    }

    func exchange(_ request: HTTPExchangeRequest, over channel: any Channel) throws(ExchangeFailure) -> HTTPReply {
        let isOpen = state.withLock { state in
            if !state.isClosed { state.busy[ObjectIdentifier(channel)] = channel }
            return !state.isClosed
        }
        defer { state.withLock { _ = $0.busy.removeValue(forKey: ObjectIdentifier(channel)) } }
        guard isOpen else {
            channel.close(promise: nil)
            throw ExchangeFailure(.closed, "the client was closed", isBeforeReply: true)
        }
        let promise = channel.eventLoop.makePromise(of: ExchangeHandler.Outcome.self)
        let order = ExchangeHandler.Order(
            request: request, address: address, authorization: authorization, timeout: .nanoseconds(options.timeoutNanoseconds), promise: promise)
        channel.writeAndFlush(order).whenFailure { _ in
            // A connection that ended since it was looked at has no handler left that could answer the order.
            promise.fail(ExchangeFailure(.broken, self.lost.takeFault() ?? "\(self.address) ended the connection", isBeforeReply: true))
        }
        do {
            let outcome = try promise.futureResult.wait()
            if outcome.isKept { giveBack(channel) } else { channel.close(promise: nil) }
            return outcome.reply
        } catch {
            channel.close(promise: nil)
            let failure = error as? ExchangeFailure ?? ExchangeFailure(.broken, "\(address): \(error)", isBeforeReply: false)
            if failure.kind == .broken { lost.note() }
            throw failure
        }
    }

    private func giveBack(_ channel: any Channel) {
        let isKept = state.withLock { state in
            guard !state.isClosed, state.idle.count < Self.mostIdle else { return false }
            state.idle.append(channel)
            return true
        }
        if !isKept { channel.close(promise: nil) }
    }

    func connect() throws(HTTPFailure) -> any Channel {
        if state.withLock({ $0.isClosed }) { throw HTTPFailure(.closed, "the client was closed") }
        let (tls, host, address, lost, authorities) = (tls, address.host, address, lost, options.authoritiesFile)
        do {
            return try ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.nanoseconds(options.connectTimeoutNanoseconds))
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let tls {
                            let isName = (try? SocketAddress(ipAddress: host, port: 0)) == nil
                            try pipeline.addHandler(try NIOSSLClientHandler(context: tls, serverHostname: isName ? host : nil))
                        }
                        try pipeline.addHTTPClientHandlers()
                        try pipeline.addHandler(ExchangeHandler(address: address, lost: lost, authorities: authorities))
                    }
                }
                .connect(host: address.host, port: address.port).wait()
        } catch {
            lost.note()
            throw HTTPFailure(.unreachable, ConnectSentence.of(error, address: address))
        }
    }

    private static func context(_ options: HTTPClientOptions) throws(HTTPFailure) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        do {
            if let file = options.authoritiesFile { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file)) }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw HTTPFailure(
                .unreachable, "the certificates of the authorities in \(options.authoritiesFile ?? "the system") cannot be read (expected PEM): \(error)")
        }
    }
}

/// Counts connections that ended without being announced.
final class LostConnections: Sendable {
    private let counter = Atomic<UInt64>(0)
    private let fault = Mutex<String?>(nil)

    var count: UInt64 { counter.load(ordering: .acquiring) }

    func note() { counter.add(1, ordering: .releasing) }

    /// Keeps what went wrong with a connection that had no request yet, such as its TLS, for the one that comes too late.
    func note(faultBeforeUse sentence: String) { fault.withLock { $0 = sentence } }

    func takeFault() -> String? {
        fault.withLock { fault in
            defer { fault = nil }
            return fault
        }
    }
}

/// How an ``HTTPClient`` connects.
public struct HTTPClientOptions: Sendable {
    /// The user of basic authentication; `nil`: none.
    public var user: String?
    public var password = ""
    /// PEM file with the authorities that sign the server's certificate; `nil`: those of the system.
    public var authoritiesFile: String?
    public var connectTimeoutNanoseconds: Int64 = 5_000_000_000
    /// From the request's first byte to the reply's last.
    public var timeoutNanoseconds: Int64 = 30_000_000_000

    public init() {}
}
