import NIOCore

/// One client's connection: the only handler of its channel. It parses packets in place and gathers what the client
/// is to get in one buffer that is written once per tick of the event loop.
final class Connection: Publisher, ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A CONNECT with all five of its fields at 65,535 bytes is refused before authentication; no client sends one.
    static let maximumConnectBytes = 128 << 10
    /// QoS 1 and 2 publications of one client that may wait for local subscribers' acknowledgements.
    static let maximumOpenAcknowledgements = 65_535

    enum State { case awaitingConnect, authenticating, connected, closed }

    /// Identifies the connection in tokens and logs.
    let serial: UInt32
    let remoteAddress: String
    var state = State.awaitingConnect
    var context: ChannelHandlerContext?
    var session: Session?
    var clientIdentifier = ""
    var user: String?
    var will: Will?
    /// Seconds, 0 for none.
    var keepAliveSeconds: UInt16 = 0
    /// The core's sweep during which the connection was accepted.
    let acceptedSweep: UInt64
    /// The core's sweep during which the client last sent something.
    var lastActiveSweep: UInt64
    private var lastWriteSweep: UInt64 = 0
    /// Packets encoded and not handed to the channel yet.
    private(set) var output = ByteBuffer()
    private var isDirty = false
    /// Writing may call `channelWritabilityChanged` before it returns.
    private var isWriting = false
    /// Bytes received and not consumed: a partial packet, or everything while held.
    private var input = ByteBuffer()
    private var readWasWithheld = false
    /// The peer closed while this publisher was held; what it had sent before is still processed.
    private var lingeringBytes = 0
    var acknowledgements = AcknowledgementLine()
    /// Identifiers of QoS 2 publications whose PUBREC waits in `acknowledgements`.
    var pendingReceipts: Set<UInt16> = []
    var permissions = PublishPermissions()

    init(core: BrokerCore, serial: UInt32, remoteAddress: String) {
        self.serial = serial
        self.remoteAddress = remoteAddress
        acceptedSweep = core.sweep
        lastActiveSweep = core.sweep
        super.init(core: core)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActiveSweep = core.sweep
        var bytes = unwrapInboundIn(data)
        core.traffic.bytesReceived &+= UInt64(bytes.readableBytes)
        guard state != .closed else { return }
        if holds.isEmpty, input.readableBytes > 0 { completeFirstPacket(from: &bytes) }
        if holds.isEmpty, state != .closed, input.readableBytes == 0 { consume(&bytes) }
        if bytes.readableBytes > 0, state != .closed { input.writeBuffer(&bytes) }
    }

    func read(context: ChannelHandlerContext) {
        if holds.isEmpty {
            context.read()
        } else {
            readWasWithheld = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, !isWriting else { return }
        lastActiveSweep = core.sweep
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        let bytes = input.readableBytes
        if state == .connected, !holds.isEmpty, bytes > 0, core.mayLinger(self, bytes: bytes) {
            lingeringBytes = bytes
        } else {
            end(.lost)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.transport(error))
    }

    override func resume() {
        if input.readableBytes > 0, state != .closed {
            var held = input
            input = ByteBuffer()
            consume(&held)
            if state != .closed { input = held }
        }
        guard holds.isEmpty else { return }
        if lingeringBytes > 0 {
            end(.lost)
        } else if readWasWithheld {
            readWasWithheld = false
            lastActiveSweep = core.sweep
            context?.read()
        }
    }

    /// Moves just enough bytes behind the partial packet in `input` to complete it, so that the rest can be parsed
    /// where it was received.
    private func completeFirstPacket(from bytes: inout ByteBuffer) {
        while bytes.readableBytes > 0 {
            let missing: Int
            do throws(ProtocolViolation) {
                missing = try missingBytes()
            } catch {
                close(.violation(error))
                return
            }
            if missing == 0 { break }
            if var piece = bytes.readSlice(length: min(missing, bytes.readableBytes)) { input.writeBuffer(&piece) }
        }
        var held = input
        input = ByteBuffer()
        consume(&held)
        if state == .closed { return }
        if held.readableBytes == 0 {
            held.clear()
            if held.capacity > 4_096 { held = ByteBuffer() }
        }
        input = held
    }

    /// Bytes that the packet at the start of `input` lacks; 1 while not even its length is known.
    private func missingBytes() throws(ProtocolViolation) -> Int {
        let limit = packetLimit
        let result: Result<Int, ProtocolViolation> = input.withUnsafeReadableBytes { bytes in
            do throws(ProtocolViolation) {
                guard let header = try FixedHeader.parse(bytes, maximumPacketBytes: limit) else { return .success(1) }
                return .success(max(0, header.packetLength - bytes.count))
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    private var packetLimit: Int {
        state == .connected
            ? core.options.maximumPacketBytes : min(core.options.maximumPacketBytes, Self.maximumConnectBytes)
    }

    /// Handles the packets at the start of `buffer` and moves its reader index behind them.
    private func consume(_ buffer: inout ByteBuffer) {
        let consumed = buffer.withUnsafeReadableBytes { bytes in
            var offset = 0
            do throws(ProtocolViolation) {
                while holds.isEmpty, state != .closed {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                    guard let header = try FixedHeader.parse(rest, maximumPacketBytes: packetLimit),
                        rest.count >= header.packetLength
                    else { break }
                    let body = UnsafeRawBufferPointer(rebasing: rest[header.length..<header.packetLength])
                    guard try handle(header, body: body) else { break }
                    offset += header.packetLength
                }
            } catch {
                close(.violation(error))
            }
            return offset
        }
        buffer.moveReaderIndex(forwardBy: consumed)
    }

    /// Appends a PUBLISH to what the client is to get this tick.
    @inline(__always)
    func send(
        _ packet: PublishPacket, qos: UInt8, retain: Bool, duplicate: Bool = false, packetIdentifier: UInt16
    ) {
        core.traffic.sent &+= 1
        output.writePublish(
            packet, qos: qos, retain: retain, duplicate: duplicate, packetIdentifier: packetIdentifier)
        markDirty()
    }

    @inline(__always)
    func sendAcknowledgement(_ type: PacketType, packetIdentifier: UInt16) {
        output.writeAcknowledgement(type, packetIdentifier: packetIdentifier)
        markDirty()
    }

    func send(_ write: (inout ByteBuffer) -> Void) {
        write(&output)
        markDirty()
    }

    @inline(__always)
    private func markDirty() {
        if isDirty { return }
        isDirty = true
        core.flushLater(self)
    }

    /// Hands the output to the channel unless the socket is full; then `channelWritabilityChanged` does.
    func flush() {
        isDirty = false
        guard let context, state != .closed else { return }
        if output.readableBytes > 0, context.channel.isWritable {
            write(context)
        }
        if let session, session.hasUnsent { session.pump() }
        // Answers (PUBACK, PINGRESP, …) are never dropped; a client that does not read them is not read either.
        if output.readableBytes > core.options.maximumOutputBytes * 5 / 4 {
            hold(.output)
        } else if output.readableBytes < core.options.maximumOutputBytes {
            release(.output)
        }
    }

    private func write(_ context: ChannelHandlerContext) {
        lastWriteSweep = core.sweep
        core.traffic.bytesSent &+= UInt64(output.readableBytes)
        isWriting = true
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        isWriting = false
        // The channel has usually written and let go of the bytes by now, and `clear` reuses them.
        if output.capacity > 256 << 10 {
            output = ByteBuffer()
        } else {
            output.clear()
        }
    }

    /// Gives back buffers of a client that was quiet since the last sweep.
    func trim() {
        if output.readableBytes == 0, output.capacity > 0, lastWriteSweep &+ 1 < core.sweep { output = ByteBuffer() }
    }

    /// Writes what is pending and closes; the session learns of it now, not when the channel does.
    func close(_ reason: CloseReason) {
        guard state != .closed else { return }
        let context = context
        if let context, output.readableBytes > 0, !isWriting { write(context) }
        end(reason)
        context?.close(promise: nil)
    }

    /// A token names the connection in its upper half and the place in its line in the lower.
    override func openAcknowledgement(of packet: PublishPacket) -> LocalAcknowledgement? {
        let sequence = acknowledgements.open(packet.packetIdentifier, isExactlyOnce: packet.qos == 2)
        return UInt64(serial) << 32 | UInt64(sequence)
    }

    override func expectAcknowledgement(from holder: Int?) { acknowledgements.expect(from: holder) }

    /// A local subscriber has stored the publication.
    func acknowledged(_ token: LocalAcknowledgement) {
        acknowledgements.acknowledge(UInt32(truncatingIfNeeded: token))
    }

    /// The connection is over: tells the core once.
    func end(_ reason: CloseReason) {
        guard state != .closed else { return }
        let wasConnected = state == .connected
        state = .closed
        input = ByteBuffer()
        parked = nil
        core.lingeringBytes -= lingeringBytes
        lingeringBytes = 0
        core.ended(self, wasConnected: wasConnected, reason: reason)
    }
}
