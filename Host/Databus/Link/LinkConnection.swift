import NIOCore

/// One connection to the external broker, as a source of publications for local subscribers; the last handler of its channel.
///
/// Confined to the event loop of the broker in this process, so that a message goes from one to the other without a lock or a copy.
final class LinkConnection: Publisher, ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Encoded bytes beyond which nothing more is encoded before the socket has taken some.
    static let maximumOutputBytes = 256 << 10

    /// Names the connection in tokens of local acknowledgements.
    let serial: UInt32
    let address: LinkOptions.Address
    /// Broken by the link when it lets go of the connection.
    let link: Link
    private(set) var context: ChannelHandlerContext?
    /// Whether CONNACK has come.
    var isAccepted = false
    private var isOver = false
    private var input = ByteBuffer()
    var output = ByteBuffer()
    private var readWasWithheld = false
    private var isFlushScheduled = false
    /// Writing may call `channelWritabilityChanged` before it returns.
    private var isWriting = false
    /// PUBACKs that wait for services.
    var acknowledgements = AcknowledgementLine()
    var isDeliveringRetained = false
    private let keepAlive: LinkKeepAlive

    override var isRetained: Bool { isDeliveringRetained }

    init(core: BrokerCore, link: Link, address: LinkOptions.Address, serial: UInt32) {
        self.link = link
        self.address = address
        self.serial = serial
        keepAlive = LinkKeepAlive(seconds: link.options.keepAliveSeconds)
        super.init(core: core, reach: link.reach)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) { begin() }

    private func begin() {
        output.writeConnect(link.connectPacket)
        flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !isOver else { return }
        core.traffic.bytesReceived &+= UInt64(bytes.readableBytes)
        keepAlive.heard()
        if input.readableBytes == 0, holds.isEmpty {
            consume(&bytes)
            if bytes.readableBytes > 0, !isOver { input.writeBuffer(&bytes) }
        } else {
            input.writeBuffer(&bytes)
            if holds.isEmpty { consumeInput() }
        }
    }

    func read(context: ChannelHandlerContext) {
        if holds.isEmpty { context.read() } else { readWasWithheld = true }
    }

    override func resume() {
        if input.readableBytes > 0, !isOver { consumeInput() }
        guard holds.isEmpty, readWasWithheld else { return }
        readWasWithheld = false
        context?.read()
    }

    private func consumeInput() {
        var held = input
        input = ByteBuffer()
        consume(&held)
        if isOver { return }
        held.discardReadBytes()
        input = held
    }

    /// Handles the packets at the start of `buffer` and moves its reader index behind them.
    private func consume(_ buffer: inout ByteBuffer) {
        let limit = link.options.maximumPacketBytes
        let consumed = buffer.withUnsafeReadableBytes { bytes in
            var offset = 0
            do throws(ProtocolViolation) {
                while holds.isEmpty, !isOver {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                    guard let header = try FixedHeader.parse(rest, maximumPacketBytes: limit), rest.count >= header.packetLength else { break }
                    guard try handle(header, body: UnsafeRawBufferPointer(rebasing: rest[header.length..<header.packetLength])) else { break }
                    offset += header.packetLength
                }
            } catch {
                link.lost(self, isAlert(bytes) ? .speaksTLS : .fault("sends what MQTT 3.1.1 does not know: \(error)"))
            }
            return offset
        }
        buffer.moveReaderIndex(forwardBy: consumed)
        flushLater()
    }

    /// Whether the answer to CONNECT is a record of TLS, an alert: what a port for TLS says to those that come without.
    private func isAlert(_ bytes: UnsafeRawBufferPointer) -> Bool { !isAccepted && bytes.starts(with: [0x15, 0x03]) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !isWriting { link.pump() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.lost(self, .closed(beforeAnswer: !isAccepted))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        link.lost(self, .transport(error))
    }

    /// Whether more may be encoded.
    var hasRoom: Bool { output.readableBytes < Self.maximumOutputBytes && context?.channel.isWritable == true }

    /// Hands everything encoded in this pass of the event loop to the socket at once.
    func flushLater() {
        if isFlushScheduled || isOver { return }
        isFlushScheduled = true
        core.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.link.pump()
        }
    }

    func flush() {
        guard let context, output.readableBytes > 0, !isOver else { return }
        keepAlive.said()
        core.traffic.bytesSent &+= UInt64(output.readableBytes)
        isWriting = true
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        isWriting = false
        if output.capacity > Self.maximumOutputBytes * 2 { output = ByteBuffer() } else { output.clear() }
    }

    /// Called every half second.
    func checkLife() {
        guard isAccepted, !isOver else { return }
        switch keepAlive.tick(isReading: holds.isEmpty) {
        case .nothing: break
        case .ping:
            output.writeEmptyPacket(.pingreq)
            flush()
        case .dead: link.lost(self, .fault("does not answer pings for \(link.options.keepAliveSeconds) s"))
        }
    }

    /// Closes; nothing is handled or called afterwards.
    func end(disconnecting: Bool = false) {
        guard !isOver else { return }
        if disconnecting, isAccepted {
            output.writeEmptyPacket(.disconnect)
            flush()
        }
        isOver = true
        input = ByteBuffer()
        parked = nil
        context?.close(promise: nil)
    }

    /// A token names the connection in its upper half and the place in its line in the lower.
    override func openAcknowledgement(of packet: PublishPacket) -> LocalAcknowledgement? {
        UInt64(serial) << 32 | UInt64(acknowledgements.open(packet.packetIdentifier, isExactlyOnce: false))
    }

    override func expectAcknowledgement(from holder: Int?) { acknowledgements.expect(from: holder) }
}

/// Decides when to ping, in half seconds: a connection is given up that has been silent for the keep-alive after a ping.
final class LinkKeepAlive {
    enum Step { case nothing, ping, dead }

    private let halfSeconds: Int
    private var sinceSaid = 0
    private var sinceHeard = 0
    private var sincePing: Int?

    init(seconds: UInt16) { halfSeconds = Int(seconds) * 2 }

    func heard() {
        sinceHeard = 0
        sincePing = nil
    }

    func said() { sinceSaid = 0 }

    /// - Parameter isReading: a connection that is held back cannot hear an answer.
    func tick(isReading: Bool) -> Step {
        guard halfSeconds > 0 else { return .nothing }
        sinceSaid += 1
        if isReading { sinceHeard += 1 } else { heard() }
        if let waited = sincePing {
            sincePing = waited + 1
            if waited + 1 >= halfSeconds { return .dead }
        }
        // The broker expects a sign of life in every keep-alive, and this side wants one from it.
        guard sinceSaid >= halfSeconds * 2 / 3 || (sinceHeard >= halfSeconds * 2 / 3 && sincePing == nil) else { return .nothing }
        if sincePing == nil, isReading { sincePing = 0 }
        return .ping
    }
}
