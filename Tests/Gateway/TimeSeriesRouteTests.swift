import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import Gateway

/// Bodies and headers as a real InfluxDB 1.6 has them.
@Suite struct TimeSeriesRouteTests {
    let test = TestGateway()

    @Test("ping answers without a log-in, with the headers that clients look for", arguments: [HTTPRequest.Method.get, .head])
    func ping(method: HTTPRequest.Method) async throws {
        try await test.gateway.application.test(.live) { client in
            for path in ["/ping", "/ping?verbose=true", "/status"] {
                let response = try await client.execute(uri: path, method: method)
                #expect(response.status == .noContent)
                #expect(response.header("X-Influxdb-Version") == "1.8.10")
                #expect(response.header("X-Influxdb-Build") == "OSS")
                #expect(response.body.readableBytes == 0)
            }
        }
    }

    @Test("a write passes its parameters and bytes, plain and compressed")
    func write() async throws {
        let compressed = try #require(Data(base64Encoded: "H4sIAO8VA2sC/yvILdVJSS3LTE61TVcoS8wpTbU1VDA0N0AALgCluVJEIwAAAA=="))
        try await test.gateway.application.test(.live) { client in
            let plain = try await client.execute(
                uri: "/write?db=dsotp&rp=&precision=ms", method: .post, headers: .basic("operator"), body: ByteBuffer(string: "m v=1 1\n"))
            #expect(plain.status == .noContent)
            #expect(plain.header("X-Influxdb-Version") == "1.8.10")
            let gzip = try await client.execute(
                uri: "/write?db=dsotp&rp=week&consistency=any&u=operator&p=secret", method: .post, headers: [.contentEncoding: "gzip"],
                body: ByteBuffer(bytes: compressed))
            #expect(gzip.status == .noContent)
        }
        let writes = test.host.state.withLock { $0.writes }
        #expect(writes.map { String(buffer: $0.lines) } == ["m v=1 1\n", "pmu,device=g value=1 1700000000000\n"])
        #expect(writes.map(\.retentionPolicy) == [nil, "week"])
        #expect(writes.map(\.precision) == ["ms", nil])
        #expect(writes.allSatisfy { $0.database == "dsotp" && $0.caller.name == "operator" })
    }

    @Test(
        "errors of a write are as InfluxDB has them",
        arguments: [
            (404, #"database not found: "nope""#), (400, "partial write: field type conflict: input field \"value\" on measurement \"pmu\" is type string, already exists as type float dropped=1"),
            (500, "retention policy not found: nope"), (503, "timeout"), (200, "an outcome that is no failure"),
        ])
    func writeErrors(status: Int, error: String) async throws {
        test.host.state.withLock { $0.writeOutcome = .failed(status: status, error: error) }
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(
                uri: "/write?db=x", method: .post, headers: .basic("operator"), body: ByteBuffer(string: "m v=1"))
            #expect(response.status.code == (status == 200 ? 500 : status))
            #expect(response.error == error)
            #expect(response.header("X-Influxdb-Error") == error)
            #expect(response.text.hasSuffix("}\n"))
        }
    }

    @Test("a write without a database, and a body that is not the gzip it says, are refused")
    func badWrites() async throws {
        try await test.gateway.application.test(.live) { client in
            let noDatabase = try await client.execute(
                uri: "/write", method: .post, headers: .basic("operator"), body: ByteBuffer(string: "m v=1"))
            #expect(noDatabase.status == .badRequest)
            #expect(noDatabase.text == "{\"error\":\"database is required\"}\n")
            let notGzip = try await client.execute(
                uri: "/write?db=d", method: .post, headers: .basic("operator").adding([.contentEncoding: "gzip"]),
                body: ByteBuffer(string: "m v=1"))
            #expect(notGzip.status == .badRequest)
            let other = try await client.execute(
                uri: "/write?db=d", method: .post, headers: .basic("operator").adding([.contentEncoding: "br"]),
                body: ByteBuffer(string: "m v=1"))
            #expect(other.status == .unsupportedMediaType)
        }
        #expect(test.host.state.withLock { $0.writes.isEmpty })
    }

    @Test("more than 25 MB is refused with 413, as sent and as decompressed, and what fits is taken")
    func tooLarge() async throws {
        // 30 MB of zeros in 30 kB of gzip.
        let bomb = try #require(try Self.gzipOfZeros(count: 30 << 20))
        try await test.gateway.application.test(.live) { client in
            let large = ByteBuffer(repeating: 0x20, count: (25 << 20) + 1)
            let plain = try await client.execute(uri: "/write?db=d", method: .post, headers: .basic("operator"), body: large)
            #expect(plain.status == .contentTooLarge)
            #expect(plain.error?.contains("26214400") == true)
            let gzip = try await client.execute(
                uri: "/write?db=d", method: .post, headers: .basic("operator").adding([.contentEncoding: "gzip"]), body: bomb)
            #expect(gzip.status == .contentTooLarge)
            let fits = try await client.execute(
                uri: "/write?db=d", method: .post, headers: .basic("operator"), body: ByteBuffer(repeating: 0x20, count: 25 << 20))
            #expect(fits.status == .noContent)
            let login = try await client.execute(
                uri: "/api/login", method: .post, headers: .json, body: ByteBuffer(repeating: 0x20, count: (1 << 20) + 1))
            #expect(login.status == .contentTooLarge)
        }
        #expect(test.host.state.withLock { $0.writes.count } == 1)
    }

    /// What the system's gzip makes of that many zeros.
    private static func gzipOfZeros(count: Int) throws -> ByteBuffer? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "head -c \(count) /dev/zero | gzip -c"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? ByteBuffer(bytes: data) : nil
    }

    @Test("a query passes its parameters from URL and form, and credentials in each form that clients use")
    func query() async throws {
        try await test.gateway.application.test(.live) { client in
            let get = try await client.execute(
                uri: "/query?q=SELECT+%22v%22+FROM+m&db=d&epoch=ms&chunked=true&chunk_size=5&pretty=true&params=%7B%7D", method: .get,
                headers: .basic("viewer"))
            #expect(get.text == "{\"results\":[{\"statement_id\":0}]}\n")
            #expect(get.header("X-Influxdb-Version") == "1.8.10")
            let form = try await client.execute(
                uri: "/query?db=ignored", method: .post, headers: .form,
                body: ByteBuffer(string: "q=CREATE+DATABASE+%22telegraf%22&db=d2&u=operator&p=secret"))
            #expect(form.status == .ok)
            let token = try await client.execute(
                uri: "/query?q=SHOW+DATABASES", method: .post, headers: [.authorization: "Token viewer:secret", .accept: "application/csv"])
            #expect(token.headers[.contentType] == "text/csv")
            let parameters = try await client.execute(uri: "/query?q=SHOW+DATABASES&u=viewer&p=secret", method: .get)
            #expect(parameters.status == .ok)
        }
        let queries = test.host.state.withLock { $0.queries }
        #expect(queries.map(\.text) == [#"SELECT "v" FROM m"#, #"CREATE DATABASE "telegraf""#, "SHOW DATABASES", "SHOW DATABASES"])
        #expect(queries.map(\.database) == ["d", "d2", nil, nil])
        #expect(queries.map(\.isGet) == [true, false, false, true])
        #expect(queries[0].epoch == "ms")
        #expect(queries[0].isChunked && queries[0].isPretty && queries[0].chunkSize == 5 && queries[0].parameters == "{}")
        #expect(queries[2].acceptsCSV)
    }

    @Test("a query without credentials, with wrong ones, and without q, is refused as InfluxDB refuses it")
    func queryErrors() async throws {
        try await test.gateway.application.test(.live) { client in
            let none = try await client.execute(uri: "/query?q=SHOW+DATABASES", method: .get)
            #expect(none.status == .unauthorized)
            #expect(none.text == "{\"error\":\"unable to parse authentication credentials\"}\n")
            #expect(none.headers[.wwwAuthenticate] == #"Basic realm="InfluxDB""#)
            let wrong = try await client.execute(uri: "/query?q=SHOW+DATABASES&u=viewer&p=no", method: .get)
            #expect(wrong.text == "{\"error\":\"authorization failed\"}\n")
            let browser = try await client.execute(uri: "/query?q=x", method: .get, headers: [.secFetchSite: "same-origin"])
            #expect(browser.headers[.wwwAuthenticate] == #"Bearer realm="dsotp""#)
            let empty = try await client.execute(uri: "/query", method: .get, headers: .basic("viewer"))
            #expect(empty.status == .badRequest)
            #expect(empty.text == "{\"error\":\"missing required parameter \\\"q\\\"\"}\n")
        }
    }

    @Test("a statement that changes something, sent with the cookie, needs proof that it comes from the console")
    func crossSiteQuery() async throws {
        let session = await test.authenticator.openSession(for: Caller(name: "eva", role: .admin))
        try await test.gateway.application.test(.live) { client in
            let read = try await client.execute(uri: "/query?q=SHOW+DATABASES", method: .get, headers: .cookie(session.token))
            #expect(read.status == .ok)
            let change = try await client.execute(uri: "/query?q=DROP+DATABASE+d", method: .get, headers: .cookie(session.token))
            #expect(change.status == .forbidden)
        }
        #expect(test.host.state.withLock { $0.queries.count } == 1)
    }

    @Test(
        "with a password too, another site's page may neither write nor change anything by a query of any method",
        arguments: [HTTPFields(), [.secFetchSite: "same-origin"], [.secFetchSite: "cross-site"], [.origin: "https://evil.example"]])
    func crossSitePassword(headers: HTTPFields) async throws {
        let isForeign = headers[.secFetchSite] == "cross-site" || headers[.origin] != nil
        let all = HTTPFields.basic("admin").adding(headers)
        try await test.gateway.application.test(.live) { client in
            for (method, path, success) in [
                (HTTPRequest.Method.post, "/write?db=d", 204), (.post, "/query?q=DROP+DATABASE+d", 200), (.get, "/query?q=DROP+DATABASE+d", 200),
                (.head, "/query?q=DROP+DATABASE+d", 200),
            ] {
                let response = try await client.execute(uri: path, method: method, headers: all)
                #expect(response.status.code == (isForeign ? 403 : success), "\(method) \(path)")
            }
            #expect(try await client.execute(uri: "/query?q=SHOW+DATABASES", method: .get, headers: all).status == .ok)
        }
        #expect(test.host.state.withLock { $0.writes.count } == (isForeign ? 0 : 1))
        #expect(test.host.state.withLock { $0.queries.count } == (isForeign ? 1 : 4))
    }

    @Test("a browser is never asked for a password, which it would then send for any page")
    func noPrompt() async throws {
        try await test.gateway.application.test(.live) { client in
            let browser = try await client.execute(
                uri: "/query?q=SHOW+DATABASES", method: .get, headers: [.userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"])
            #expect(browser.headers[.wwwAuthenticate] == #"Bearer realm="dsotp""#)
            let tool = try await client.execute(uri: "/query?q=SHOW+DATABASES", method: .get, headers: [.userAgent: "curl/8.5.0"])
            #expect(tool.headers[.wwwAuthenticate] == #"Basic realm="InfluxDB""#)
        }
    }

    @Test("a query as curl's -F sends it is read, with its credentials; without a boundary it is refused")
    func multipart() async throws {
        let body = "--xYz\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nSHOW SERIES\r\n--xYz\r\ncontent-disposition: form-data; "
            + "name=\"u\"\r\nContent-Type: text/plain\r\n\r\nviewer\r\n--xYz\r\nContent-Disposition: form-data; name=p\r\n\r\nsecret\r\n--xYz--\r\n"
        try await test.gateway.application.test(.live) { client in
            for (parameters, body, status) in [
                ("; boundary=xYz", body, 200), (";boundary=\"xYz\"", body, 200), ("", body, 400), ("; boundary=other", body, 401),
                ("; boundary=xYz", "--xYz\r\n--xYz", 401), ("; boundary=xYz", String(repeating: "x", count: (1 << 20) + 1), 413),
            ] {
                let headers: HTTPFields = [.contentType: "Multipart/form-data" + parameters]
                let response = try await client.execute(uri: "/query?db=d", method: .post, headers: headers, body: ByteBuffer(string: body))
                #expect(response.status.code == status, "\(parameters)")
            }
        }
        let queries = test.host.state.withLock { $0.queries }
        #expect(queries.map(\.text) == ["SHOW SERIES", "SHOW SERIES"])
        #expect(queries.allSatisfy { $0.database == "d" && $0.caller.name == "viewer" })
    }

    @Test(
        "no quoting hides a statement that changes something",
        arguments: [
            ("SELECT * FROM m", false), ("select mean(v) from m where d='a;b'", true), (" SHOW DATABASES ; SHOW MEASUREMENTS;", false),
            ("EXPLAIN SELECT v FROM m", false), ("SELECT v INTO n FROM m", true), ("SELECT v\nINTO\"n\" FROM m", true),
            ("DROP DATABASE d", true), ("SHOW DATABASES;DROP DATABASE d", true), ("SELECT * FROM /a'/; DROP DATABASE x; SELECT '1'", true),
            ("-- x\nDROP DATABASE d", true), ("/* SELECT */ DROP DATABASE d", true), ("SELECT v FROM m WHERE x = 'pinto'", false),
            ("", false), (";;", false), ("(SELECT v FROM m)", true),
        ])
    func queryKind(text: String, mayChange: Bool) {
        #expect(QueryKind.mayChange(text) == mayChange)
    }
}
