import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

@testable import Gateway

@Suite struct HTTPTests {
    let test = TestGateway()

    @Test(
        "what is not there is 404, and a wrong method 405 with Allow, both with a sentence",
        arguments: [
            ("GET", "/nothing", 404, ""), ("GET", "/api/login", 405, "POST"), ("DELETE", "/api/services", 405, "GET"),
            ("PUT", "/query", 405, "GET, POST"), ("DELETE", "/api/forecasting/runs", 405, "GET, PUT"),
            ("OPTIONS", "/api/forecasting/runs", 405, "GET, PUT"), ("OPTIONS", "/write", 405, "POST"), ("GET", "/%", 404, ""), ("GET", "/console/../secret", 404, ""),
            ("GET", "/console/%2e%2e/README.md", 404, ""),
        ])
    func notThere(method: String, path: String, status: Int, allow: String) async throws {
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: path, method: #require(HTTPRequest.Method(method)), headers: .basic("admin"))
            #expect(response.status.code == status)
            #expect(response.error?.isEmpty == false)
            #expect(response.headers[.contentType] == "application/json")
            #expect(response.headers[.allow] ?? "" == allow)
        }
    }

    @Test("every response carries the security headers, and no script may stand in a page", arguments: ["/console/", "/api/services", "/nothing", "/ping"])
    func securityHeaders(path: String) async throws {
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: path, method: .get)
            let policy = try #require(response.header("Content-Security-Policy"))
            #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(response.header("X-Content-Type-Options") == "nosniff")
            #expect(response.header("Referrer-Policy") == "no-referrer")
        }
    }

    @Test("HEAD answers as GET, without a body")
    func head() async throws {
        try await test.gateway.application.test(.live) { client in
            let get = try await client.execute(uri: "/health/live", method: .get)
            let head = try await client.execute(uri: "/health/live", method: .head)
            #expect(head.status == get.status)
            #expect(head.headers[.contentLength] == String(get.body.readableBytes))
            #expect(head.body.readableBytes == 0)
        }
    }

    @Test("the console is served beside the test bundle, without inline scripts or other hosts, and is revalidated by its tag")
    func console() async throws {
        try await test.gateway.application.test(.live) { client in
            let root = try await client.execute(uri: "/", method: .get)
            #expect(root.status == .found)
            #expect(root.headers[.location] == "/console/")
            let page = try await client.execute(uri: "/console/", method: .get)
            #expect(page.status == .ok)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            for id in [
                "login-user", "login-password", "login-submit", "nav-services", "nav-live", "nav-stored", "live-chart", "stored-chart",
            ] {
                #expect(page.text.contains("id=\"\(id)\""))
            }
            #expect(!page.text.contains("<style") && !page.text.contains(" style=") && !page.text.contains("://"))
            for part in page.text.components(separatedBy: "<script").dropFirst() { #expect(part.contains("src=") && part.contains("></script>")) }
            let tag = try #require(page.headers[.eTag])
            let again = try await client.execute(uri: "/console/index.html", method: .get, headers: [.ifNoneMatch: tag])
            #expect(again.status == .notModified)
            for file in ["console.css", "main.js", "api.js", "charts.js", "dom.js", "live.js", "readings.js", "services.js", "stored.js", "icon.svg"] {
                let response = try await client.execute(uri: "/console/\(file)", method: .get)
                #expect(response.status == .ok, "\(file)")
                #expect(!response.text.contains("https://"))
            }
        }
    }

    @Test("without Chart.js on the machine its address is 404 and says which package to install")
    func chartLibrary() async throws {
        let test = TestGateway { $0.chartLibrary = "/nonexistent/chart.js" }
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: "/console/vendor/chart.js", method: .get)
            #expect(response.status == .notFound)
            #expect(response.error?.contains("libjs-chart.js") == true)
        }
    }

    static let malformed: [(String, Int)] = [
        ("GARBAGE\r\n\r\n", 400), ("GET\r\n\r\n", 400), ("\u{0}\u{1}\u{2}\r\n\r\n", 400), ("GET / HTTP/9.9\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", 400),
        ("POST /write HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400),
        ("POST /write HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\r\nA: \(String(repeating: "b", count: 100_000))\r\n\r\n", 431),
        ("GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 0),
        ("GET / HTTP/1.1\r\nHost: x\r\n" + (0..<5000).map { "X-\($0): y\r\n" }.joined() + "\r\n", 431), ("\u{16}\u{3}\u{1}\u{2}\u{0}", 400),
    ]

    @Test("what is not HTTP gets a status and a sentence, and the server goes on", arguments: malformed)
    func nonsense(text: String, status: Int) async throws {
        try await test.gateway.application.test(.live) { client in
            let port = try #require(client.port)
            let answer = try await onThread {
                let raw = try RawClient(port: port)
                raw.send(text)
                return raw.read()
            }
            if status > 0 {
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer.prefix(200))")
                #expect(answer.contains(#"{"error":""#))
            }
            #expect(try await client.execute(uri: "/health/live", method: .get).status == .ok)
        }
    }

    @Test("a connection that does not finish its header is closed after the idle time, though bytes trickle in")
    func slowHeader() async throws {
        let test = TestGateway { $0.idleTimeoutSeconds = 1 }
        try await test.gateway.application.test(.live) { client in
            let port = try #require(client.port)
            let answer = try await onThread {
                let raw = try RawClient(port: port)
                raw.send("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                return raw.read()
            }
            #expect(!answer.contains("200 OK"))
        }
    }

    @Test("the address that is reported is the one that the system chose")
    func address() async throws {
        let (addresses, continuation) = AsyncStream.makeStream(of: GatewayAddress.self)
        let host = FakeHost()
        let gateway = Gateway(
            configuration: GatewayConfiguration(port: 0),
            parts: Gateway.Parts(
                authenticator: FakeAuthenticator(), administration: host, revisions: host, commands: FakeCommands(), requests: host, timeSeries: host, liveFeed: LiveHub(),
                databus: host, store: host, metrics: host, readiness: host, audit: host),
            logger: Logger(label: "gateway-tests") { _ in SwiftLogNoOpLogHandler() }, onListening: { continuation.yield($0) })
        let running = Task { try await gateway.run() }
        let address = await addresses.first { _ in true }
        let port = try #require(address?.port)
        #expect(port > 0)
        #expect(address?.consoleURL == "http://127.0.0.1:\(port)/console/")
        let answer = try await onThread {
            let raw = try RawClient(port: port)
            raw.send("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return raw.read()
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        running.cancel()
        _ = await running.result
    }

    @Test("a port that is taken is refused with a sentence")
    func portTaken() async throws {
        try await test.gateway.application.test(.live) { client in
            let port = try #require(client.port)
            let other = TestGateway {
                $0.host = "127.0.0.1"
                $0.port = port
            }
            do {
                try await other.gateway.run()
                Issue.record("expected a refusal")
            } catch let error as GatewayError {
                #expect(error.description.contains("port \(port)"))
            }
        }
    }
}
