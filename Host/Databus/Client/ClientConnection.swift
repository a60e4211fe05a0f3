import NIOCore

/// The client's side of one connection, confined to its event loop.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Pending {
        let arena: ByteBuffer
        var offset = 0
        let handedOver: EventLoopPromise<Void>
    }

    let options: MQTTClientOptions
    let eventLoop: any EventLoop
    let onMessage: @Sendable (MQTTMessage) -> Void
    private let answered: EventLoopPromise<ConnackPacket>
    private var context: ChannelHandlerContext?
    private var input = ByteBuffer()
    var output = ByteBuffer()
    private var batches = CircularBuffer<Pending>()
    var inFlight = DeliveryQueue()
    /// QoS 2 messages received and not released.
    var received: Set<UInt16> = []
    private var drainWaiters: [EventLoopPromise<Void>] = []
    /// SUBACK or UNSUBACK to come, by packet identifier.
    var answers: [UInt16: EventLoopPromise<[UInt8]>] = [:]
    private var nextIdentifier: UInt16 = 0
    private var isFlushScheduled = false
    /// Writing may call `channelWritabilityChanged` before it returns.
    private var isWriting = false
    private var pings: RepeatedTask?
    private var hasSentSincePing = false
    private var unansweredPings = 0
    private var loss: DatabusError?

    init(
        options: MQTTClientOptions, eventLoop: any EventLoop, answered: EventLoopPromise<ConnackPacket>,
        onMessage: @escaping @Sendable (MQTTMessage) -> Void
    ) {
        self.options = options
        self.eventLoop = eventLoop
        self.answered = answered
        self.onMessage = onMessage
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        output.writeConnect(options.connectPacket)
        flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        var held = input
        input = ByteBuffer()
        let outcome: Result<Int, ProtocolViolation> = held.withUnsafeReadableBytes { bytes in
            var offset = 0
            do throws(ProtocolViolation) {
                while true {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                    guard let header = try FixedHeader.parse(rest, maximumPacketBytes: options.maximumPacketBytes),
                        rest.count >= header.packetLength
                    else { return .success(offset) }
                    try handle(
                        header, body: UnsafeRawBufferPointer(rebasing: rest[header.length..<header.packetLength]))
                    offset += header.packetLength
                }
            } catch { return .failure(error) }
        }
        switch outcome {
        case .success(let consumed):
            held.moveReaderIndex(forwardBy: consumed)
            held.discardReadBytes()
            input = held
            flushLater()
        case .failure(let violation): fail(.connectionLost("the broker sent nonsense: \(violation)"))
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !isWriting { pump() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.connectionLost("the broker closed it"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.connectionLost(options.tls?.fault(error, host: options.host) ?? "\(error)"))
    }

    /// CONNACK.
    func connected(_ packet: ConnackPacket) {
        answered.succeed(packet)
        guard packet.code == .accepted, options.keepAliveSeconds > 0 else { return }
        let interval = TimeAmount.milliseconds(Int64(options.keepAliveSeconds) * 500)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        pings = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.ping() }
    }

    /// Twice per keep-alive: proves that this side lives, and notices when the other does not.
    private func ping() {
        if unansweredPings >= 3 { return fail(.connectionLost("the broker does not answer pings")) }
        if !hasSentSincePing || unansweredPings > 0 {
            output.writeEmptyPacket(.pingreq)
            unansweredPings += 1
            flush()
        }
        hasSentSincePing = false
    }

    func ponged() { unansweredPings = 0 }

    /// Takes a batch; the future succeeds when its last message is on its way.
    func publish(_ arena: ByteBuffer) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        if let loss {
            promise.fail(loss)
        } else {
            batches.append(Pending(arena: arena, handedOver: promise))
            pump()
        }
        return promise.futureResult
    }

    /// Encodes what waits, as far as the socket and the window allow.
    func pump() {
        while let context, context.channel.isWritable, var first = batches.first {
            let before = first.offset
            let isFinished = first.arena.withUnsafeReadableBytes { encode($0, from: &first.offset) }
            flush()
            // Writing may have found the connection broken, which fails all batches.
            guard loss == nil else { return }
            guard isFinished else {
                batches[batches.startIndex] = first
                if first.offset == before { return }
                continue
            }
            batches.removeFirst()
            first.handedOver.succeed(())
        }
        if batches.isEmpty, inFlight.inFlight == 0 { succeedDrainWaiters() }
    }

    /// Encodes up to 256 KiB of messages.
    /// - Returns: whether the arena is finished.
    private func encode(_ arena: UnsafeRawBufferPointer, from offset: inout Int) -> Bool {
        while output.readableBytes < 256 << 10 {
            var next = offset
            guard let packet = PublicationBatch.next(in: arena, at: &next) else { return true }
            let qos = min(packet.qos, 1)
            var identifier: UInt16 = 0
            if qos == 1 {
                guard let free = inFlight.appendSent(qos: 1, window: options.maximumInFlight) else { return false }
                identifier = free
            }
            output.writePublish(packet, qos: qos, retain: packet.retain, packetIdentifier: identifier)
            offset = next
        }
        return offset >= arena.count
    }

    /// Succeeds when nothing waits and everything is acknowledged.
    func drained() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        if let loss {
            promise.fail(loss)
        } else if batches.isEmpty, inFlight.inFlight == 0 {
            promise.succeed(())
        } else {
            drainWaiters.append(promise)
        }
        return promise.futureResult
    }

    private func succeedDrainWaiters() {
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.succeed(()) }
    }

    func subscribe(_ filters: [(filter: String, qos: UInt8)]) -> EventLoopFuture<[UInt8]> {
        ask { output.writeSubscribe(packetIdentifier: $0, filters: filters) }
    }

    func unsubscribe(_ filters: [String]) -> EventLoopFuture<[UInt8]> {
        ask { output.writeUnsubscribe(packetIdentifier: $0, filters: filters) }
    }

    private func ask(_ write: (UInt16) -> Void) -> EventLoopFuture<[UInt8]> {
        let promise = eventLoop.makePromise(of: [UInt8].self)
        if let loss {
            promise.fail(loss)
            return promise.futureResult
        }
        repeat { nextIdentifier = nextIdentifier == .max ? 1 : nextIdentifier + 1 } while answers[nextIdentifier] != nil
        answers[nextIdentifier] = promise
        write(nextIdentifier)
        flush()
        return promise.futureResult
    }

    func disconnect() {
        output.writeEmptyPacket(.disconnect)
        flush()
        context?.close(promise: nil)
    }

    private func flushLater() {
        if isFlushScheduled { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.pump()
            self.flush()
        }
    }

    private func flush() {
        guard let context, output.readableBytes > 0 else { return }
        hasSentSincePing = true
        isWriting = true
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        isWriting = false
        output.clear()
    }

    /// The connection is over: everybody who waits learns why.
    private func fail(_ error: DatabusError) {
        guard loss == nil else { return }
        loss = error
        pings?.cancel()
        answered.fail(error)
        for batch in batches { batch.handedOver.fail(error) }
        batches.removeAll()
        for waiter in drainWaiters { waiter.fail(error) }
        drainWaiters = []
        for answer in answers.values { answer.fail(error) }
        answers = [:]
        context?.close(promise: nil)
    }
}
