import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Answers what is not HTTP with a status and a sentence, and closes the connection: a malformed request line, too large headers, a
/// negative length.
///
/// Of a connection's pipeline, so always on its event loop.
final class ProtocolErrorHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var isResponding = false
    private var hasAnswered = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasAnswered else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head): isResponding = head.status.kind != .informational
        case .body: break
        case .end: isResponding = false
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !hasAnswered, !isResponding, !(error is ChannelError), !(error is IOError) else {
            hasAnswered = true
            context.fireErrorCaught(error)
            context.close(promise: nil)
            return
        }
        hasAnswered = true
        let (status, sentence) = Self.answer(to: error)
        let body = ByteBuffer(string: JSONValue.object([("error", .string(sentence))]).text)
        var headers: HTTPFields = [.contentType: "application/json", .connection: "close"]
        headers[.contentLength] = String(body.readableBytes)
        SecurityHeaders.add(to: &headers)
        context.write(wrapOutboundOut(.head(HTTPResponse(status: status, headerFields: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        let closing = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        closing.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: closing)
    }

    private static func answer(to error: any Error) -> (HTTPResponse.Status, String) {
        switch error as? HTTPParserError {
        case .headerOverflow: (.requestHeaderFieldsTooLarge, "the request's header is too large: at most 32 KiB are accepted")
        case .invalidMethod: (.badRequest, "the request is not HTTP: its method is unknown")
        case .invalidVersion: (.badRequest, "the request is not HTTP: expected HTTP/1.0 or HTTP/1.1")
        case .invalidContentLength, .unexpectedContentLength:
            (.badRequest, "the request's Content-Length is malformed: expected one number, and no Transfer-Encoding beside it")
        case .invalidChunkSize: (.badRequest, "the request's body is malformed: a chunk's size is not a hexadecimal number")
        case .invalidHeaderToken: (.badRequest, "the request's header is malformed: a field contains a character that may not stand there")
        case .invalidURL, .invalidPath, .invalidHost, .invalidPort, .invalidQueryString, .invalidFragment:
            (.badRequest, "the request's target is malformed: expected a path such as /api/services")
        default: (.badRequest, "the request is malformed: expected HTTP/1.1")
        }
    }
}

@available(*, unavailable)
extension ProtocolErrorHandler: Sendable {}
