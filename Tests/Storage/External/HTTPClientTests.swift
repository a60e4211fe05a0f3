import NIOCore
import Testing

@testable import HTTPClient

/// The client over a server that ends connections and answers as it should not.
@Suite struct HTTPClientTests {
    private let request = HTTPExchangeRequest(.get, "/", largestReplyBytes: 1_000)

    @Test("a request over a connection that has ended meanwhile fails at once, so that it can be made over another", .timeLimit(.minutes(1)))
    func endedMeanwhile() throws {
        let server = try ScriptedServer { _, _ in .reply(200, "{}") }
        defer { server.end() }
        let client = try StoreMaking.client(server.url)
        defer { client.close() }
        let channel = try client.connect()
        try channel.close().wait()
        try channel.closeFuture.wait()
        let failure = #expect(throws: ExchangeFailure.self) { try client.exchange(request, over: channel) }
        #expect(failure?.kind == .broken && failure?.isBeforeReply == true)
        #expect(try client.exchange(request).status == 200)
    }

    @Test("a server that ends each connection behind its reply is answered over new ones")
    func endsEach() throws {
        let server = try ScriptedServer { _, _ in .raw("HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}") }
        defer { server.end() }
        let client = try StoreMaking.client(server.url)
        defer { client.close() }
        for _ in 0..<200 { #expect(try client.exchange(request).body == Array("{}".utf8)) }
    }

    @Test("a reply that is too large or too late ends its connection, which is not taken for the server's end", arguments: [
        (ScriptedServer.Answer.reply(200, String(repeating: "x", count: 5_000)), HTTPFailure.Kind.tooLarge), (.silence, .timedOut),
    ])
    func givesUp(answer: ScriptedServer.Answer, kind: HTTPFailure.Kind) throws {
        let server = try ScriptedServer { _, _ in answer }
        defer { server.end() }
        let client = try StoreMaking.client(server.url, timeoutMilliseconds: 200)
        defer { client.close() }
        for _ in 0..<3 {
            let failure = #expect(throws: HTTPFailure.self) { try client.exchange(request) }
            #expect(failure?.kind == kind)
        }
        #expect(client.lostConnections == 0)
    }

    @Test("connections that the server ends count as lost, in the middle of a reply and between two", arguments: [
        ScriptedServer.Answer.cutShort("{"), .reset, .raw("HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}"),
    ])
    func countsLosses(answer: ScriptedServer.Answer) async throws {
        let server = try ScriptedServer { _, _ in answer }
        defer { server.end() }
        let client = try StoreMaking.client(server.url)
        defer { client.close() }
        _ = try? client.exchange(request)
        for _ in 0..<1_000 where client.lostConnections == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(client.lostConnections > 0)
    }

    @Test("chunked replies, replies without a length and interim ones are read", arguments: [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: z\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n{}", "HTTP/1.0 200 OK\r\n\r\n{}",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    ])
    func forms(text: String) throws {
        let server = try ScriptedServer { _, _ in .raw(text) }
        defer { server.end() }
        let client = try StoreMaking.client(server.url)
        defer { client.close() }
        let reply = try client.exchange(request)
        #expect(reply.status == 200 && reply.body == Array("{}".utf8))
    }

    @Test("what is no address is refused without telling a password that stands in it", arguments: [
        ("http://reader:secret@engine:8086/", "http://…@engine:8086/"), ("http://engine:8086/?token=secret", "http://engine:8086/?…"),
        ("reader:secret@engine", "…@engine"), ("ftp://engine", "ftp://engine"), ("http://a:secret@b/?p=secret", "http://…@b/?…"),
    ])
    func malformed(text: String, shown: String) {
        let refusal = #expect(throws: HTTPAddress.Malformed.self) { try HTTPAddress(text) }
        #expect(refusal?.description.hasSuffix("got '\(shown)'") == true, "\(refusal as Any)")
    }
}
