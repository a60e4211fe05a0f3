internal import NIOCore
internal import NIOHTTP1

/// One connection: sends the request of an order, gathers the reply. One order at a time.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Order
    typealias OutboundOut = HTTPClientRequestPart

    /// A request with the promise of its reply.
    struct Order: Sendable {
        let request: HTTPExchangeRequest
        let address: HTTPAddress
        let authorization: String?
        let timeout: TimeAmount
        let promise: EventLoopPromise<Outcome>
    }

    /// A reply, and whether the connection can be used again.
    struct Outcome: Sendable {
        let reply: HTTPReply
        let isKept: Bool
    }

    private let address: HTTPAddress
    private let lost: LostConnections
    private let authorities: String?
    private var order: Order?
    /// Whether the connection's end is no surprise: the server announced it, or this side ends it.
    private var isExpectedToEnd = false
    private var deadline: Scheduled<Void>?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()
    /// A connection that waits for its next request keeps no more memory than this for it.
    private static let keptBytes = 1 << 20

    /// - Parameter authorities: the file that the server's certificate is checked against; `nil` for those of the system.
    init(address: HTTPAddress, lost: LostConnections, authorities: String?) {
        self.address = address
        self.lost = lost
        self.authorities = authorities
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let order = unwrapOutboundIn(data)
        guard context.channel.isActive else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        self.order = order
        head = nil
        body.clear()
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop), bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: order.timeout) { bound.value.timeOut(loopBound.value) }
        context.write(wrapOutboundOut(.head(requestHead(order))), promise: nil)
        if !order.request.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: order.request.body)))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        isExpectedToEnd = true
        context.close(mode: mode, promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(var part):
            guard let order else { return }
            body.writeBuffer(&part)
            if body.readableBytes > order.request.largestReplyBytes {
                fail(.tooLarge, "\(address) answered with more than \(order.request.largestReplyBytes) bytes")
                isExpectedToEnd = true
                context.close(promise: nil)
            }
        case .end: finish()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if order == nil, !isExpectedToEnd { lost.note() }
        fail(.broken, "\(address) ended the connection before it had answered")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let sentence = sentence(of: error)
        if order == nil, head == nil { lost.note(faultBeforeUse: sentence) }
        fail(.broken, sentence)
        context.close(promise: nil)
    }

    private func requestHead(_ order: Order) -> HTTPRequestHead {
        let request = order.request
        let query = request.query.isEmpty ? "" : "?" + HTTPExchangeRequest.encode(request.query)
        var head = HTTPRequestHead(
            version: .http1_1, method: request.method == .get ? .GET : .POST, uri: (request.isFromRoot ? "" : order.address.path) + request.path + query)
        head.headers.add(name: "Host", value: order.address.authority)
        head.headers.add(name: "User-Agent", value: "dsotp")
        if let authorization = order.authorization { head.headers.add(name: "Authorization", value: authorization) }
        for (name, value) in request.headers { head.headers.add(name: name, value: value) }
        if request.method == .post || !request.body.isEmpty { head.headers.add(name: "Content-Length", value: "\(request.body.count)") }
        return head
    }

    private func finish() {
        guard let order, let head else { return }
        self.order = nil
        deadline?.cancel()
        if !head.isKeepAlive { isExpectedToEnd = true }
        let reply = HTTPReply(
            status: Int(head.status.code), contentType: head.headers.first(name: "Content-Type") ?? "", body: Array(body.readableBytesView))
        if body.capacity > Self.keptBytes { body = ByteBuffer() }
        order.promise.succeed(Outcome(reply: reply, isKept: head.isKeepAlive))
    }

    private func timeOut(_ context: ChannelHandlerContext) {
        guard let order else { return }
        fail(.timedOut, "\(address) did not answer within \(order.timeout.nanoseconds / 1_000_000) ms")
        isExpectedToEnd = true
        context.close(promise: nil)
    }

    private func fail(_ kind: HTTPFailure.Kind, _ sentence: String) {
        guard let order else { return }
        self.order = nil
        deadline?.cancel()
        order.promise.fail(ExchangeFailure(kind, sentence, isBeforeReply: head == nil))
    }

    private func sentence(of error: any Error) -> String {
        if error is HTTPParserError { return "\(address) answered with something that is not HTTP (\(error))" }
        return TLSSentence.of(error, address: address, authorities: authorities) ?? "\(address): \(error)"
    }
}

/// A failure of one exchange, with what decides whether it may be tried on another connection.
struct ExchangeFailure: Error {
    let failure: HTTPFailure
    /// Whether no byte of the reply had come.
    let isBeforeReply: Bool

    init(_ kind: HTTPFailure.Kind, _ sentence: String, isBeforeReply: Bool) {
        failure = HTTPFailure(kind, sentence)
        self.isBeforeReply = isBeforeReply
    }

    var kind: HTTPFailure.Kind { failure.kind }
}
