import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Databus messages as they arrive, as server-sent events (WHATWG HTML, section 9.2).
struct LiveRoutes: Sendable {
    let feed: any LiveFeed
    let authenticator: any Authenticator
    let heartbeatInterval: Duration

    private enum Item: Sendable {
        case event([UInt8])
        case heartbeat
    }

    var routes: [Route] {
        [
            Route(
                method: .get, path: "/api/live", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Databus", summary: "Messages of the databus as they arrive, as server-sent events",
                    parameters: [
                        .query("topic", "An MQTT topic filter; may stand several times; all topics when left out."),
                        .query("interval", "At most one event per topic in so many milliseconds: 0 (default) to 60000."),
                    ],
                    success: (
                        200,
                        "Events whose data is {\"topic\", \"time\" (ms since 1970), \"payload\" (JSON as published) or \"payload_base64\"}; "
                            + "an event `dropped` says how many a slow reader has lost.", .text("text/event-stream")
                    ),
                    failures: [400, 503]),
                handler: open)
        ]
    }

    @Sendable private func open(_ call: Call) async throws -> Response {
        let interval = call.form["interval"].map { Int($0) ?? -1 } ?? 0
        guard (0...60_000).contains(interval) else {
            throw GatewayError.badRequest("interval is '\(call.form["interval"]?.prefix(40) ?? "")': expected 0 to 60000 milliseconds")
        }
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        // HEAD must not take a reader's place.
        guard call.request.method == .get else { return Response(status: .ok, headers: headers) }
        let events = try feed.events(filters: call.form.all("topic"), minimumIntervalMilliseconds: interval)
        let body = ResponseBody { writer in
            let (items, continuation) = AsyncStream.makeStream(of: Item.self, bufferingPolicy: .bufferingNewest(256))
            let dropped = DropCounter()
            let producers = produce(events, for: call.credential?.token, into: continuation, dropped: dropped)
            defer { for producer in producers { producer.cancel() } }
            let channel = call.context.channel
            try await withGracefulShutdownHandler {
                try await call.request.body.consumeWithInboundCloseHandler { _ in
                    try await writer.write(ByteBuffer(string: ": open\n\n"))
                    for await item in items {
                        if let count = dropped.take() {
                            try await writer.write(ByteBuffer(string: "event: dropped\ndata: \(count)\n\n"))
                        }
                        try await writer.write(Self.encode(item))
                    }
                } onInboundClosed: {
                    continuation.finish()
                }
            } onGracefulShutdown: {
                continuation.finish()
                // A reader that takes nothing would keep the last write waiting for ever.
                channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    /// Two tasks that fill the stream: what arrives, and heart-beats, which also end the stream when the session has ended.
    private func produce(
        _ events: AsyncStream<[UInt8]>, for token: String?, into continuation: AsyncStream<Item>.Continuation, dropped: DropCounter
    ) -> [Task<Void, Never>] {
        let arriving = Task {
            for await event in events {
                if case .dropped(.event) = continuation.yield(.event(event)) { dropped.add() }
            }
            continuation.finish()
        }
        let beating = Task {
            while (try? await Task.sleep(for: heartbeatInterval)) != nil {
                if let token, await authenticator.caller(forToken: token) == nil { break }
                if case .dropped(.event) = continuation.yield(.heartbeat) { dropped.add() }
            }
            continuation.finish()
        }
        return [arriving, beating]
    }

    private static func encode(_ item: Item) -> ByteBuffer {
        switch item {
        case .heartbeat:
            return ByteBuffer(string: ": beat\n\n")
        case .event(let json):
            var buffer = ByteBuffer()
            buffer.reserveCapacity(json.count + 8)
            buffer.writeStaticString("data: ")
            buffer.writeBytes(json)
            buffer.writeStaticString("\n\n")
            return buffer
        }
    }
}
