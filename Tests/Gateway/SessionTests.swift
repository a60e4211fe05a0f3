import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import Gateway

@Suite struct SessionTests {
    let test = TestGateway()

    @Test(
        "log-in takes JSON and a form, and answers with a token and a cookie that scripts and other sites cannot use",
        arguments: [
            (HTTPFields.json, #"{"user":"engineer","password":"secret"}"#), (.form, "user=engineer&password=s%65cret"),
            ([:], #"{"user":"engineer","password":"secret"}"#),
        ] as [(HTTPFields, String)])
    func login(headers: HTTPFields, body: String) async throws {
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: "/api/login", method: .post, headers: headers, body: ByteBuffer(string: body))
            #expect(response.status == .ok)
            let token = try #require(response.object["token"] as? String)
            #expect(response.object["role"] as? String == "engineer")
            #expect(response.object["user"] as? String == "engineer")
            let cookie = try #require(response.headers[.setCookie])
            #expect(cookie == "dsotp_session=\(token); Path=/; Max-Age=3600; HttpOnly; SameSite=Strict")
            let session = try await client.execute(uri: "/api/session", method: .get, headers: .cookie(token))
            #expect(session.object["user"] as? String == "engineer")
            let bearer = try await client.execute(uri: "/api/session", method: .get, headers: [.authorization: "Bearer \(token)"])
            #expect(bearer.object["role"] as? String == "engineer")
        }
        #expect(test.host.state.withLock { $0.audit.map(\.what) } == ["session.login"])
    }

    @Test(
        "a log-in that fails says why and nothing more",
        arguments: [
            (#"{"user":"engineer","password":"wrong"}"#, HTTPFields.json, 401), (#"{"user":"nobody","password":"secret"}"#, .json, 401),
            (#"{"user":"blocked","password":"secret"}"#, .json, 429), (#"{"user":"engineer"}"#, .json, 400), ("{", .json, 400),
            ("user=engineer", .form, 400), ("<x/>", [.contentType: "text/xml"], 415), ("", .json, 400),
        ] as [(String, HTTPFields, Int)])
    func failedLogin(body: String, headers: HTTPFields, status: Int) async throws {
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: "/api/login", method: .post, headers: headers, body: ByteBuffer(string: body))
            #expect(response.status.code == status)
            #expect(response.error?.isEmpty == false)
            #expect(response.headers[.setCookie] == nil)
            if status == 429 { #expect(response.headers[.retryAfter] == "7") }
        }
    }

    @Test("a page of another site cannot log a browser in")
    func loginFromElsewhere() async throws {
        try await test.gateway.application.test(.live) { client in
            let headers = HTTPFields.json.adding([.secFetchSite: "cross-site"])
            let body = ByteBuffer(string: #"{"user":"engineer","password":"secret"}"#)
            let response = try await client.execute(uri: "/api/login", method: .post, headers: headers, body: body)
            #expect(response.status == .forbidden)
        }
    }

    @Test("log-out ends the session and clears the cookie")
    func logout() async throws {
        let session = await test.authenticator.openSession(for: Caller(name: "eva", role: .viewer))
        try await test.gateway.application.test(.live) { client in
            let headers = HTTPFields.cookie(session.token).adding([.xRequestedWith: "dsotp-console"])
            let response = try await client.execute(uri: "/api/logout", method: .post, headers: headers)
            #expect(response.status == .noContent)
            #expect(response.headers[.setCookie]?.contains("Max-Age=0") == true)
            #expect(try await client.execute(uri: "/api/session", method: .get, headers: .cookie(session.token)).status == .unauthorized)
        }
    }

    @Test(
        "malformed credentials are 401 with a sentence, and do not fall back to the cookie",
        arguments: ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer", "Bearer nonsense", "Digest x", "", "Token viewer:secret"])
    func malformed(authorization: String) async throws {
        let session = await test.authenticator.openSession(for: Caller(name: "eva", role: .viewer))
        try await test.gateway.application.test(.live) { client in
            let headers = HTTPFields.cookie(session.token).adding([.authorization: authorization])
            let response = try await client.execute(uri: "/api/session", method: .get, headers: headers)
            #expect(response.status == .unauthorized)
            #expect(response.error != nil)
            #expect(response.headers[.wwwAuthenticate] == #"Bearer realm="dsotp""#)
        }
    }

    @Test(
        "a change with a password is refused when a browser says that another site's page makes it; a bearer token is proof enough",
        arguments: [
            (HTTPFields(), 200), ([.secFetchSite: "same-origin"], 200), ([.secFetchSite: "none"], 200), ([.secFetchSite: "cross-site"], 403),
            ([.secFetchSite: "same-site"], 403), ([.origin: "http://localhost"], 200), ([.origin: "https://evil.example"], 403),
            ([.origin: "null"], 403), ([.secFetchSite: "cross-site", .xRequestedWith: "dsotp-console"], 403),
        ] as [(HTTPFields, Int)])
    func crossSitePassword(headers: HTTPFields, status: Int) async throws {
        let session = await test.authenticator.openSession(for: Caller(name: "eva", role: .engineer))
        try await test.gateway.application.test(.live) { client in
            let path = "/api/services/forecasting/enable"
            let basic = try await client.execute(uri: path, method: .post, headers: .basic("engineer").adding(headers))
            #expect(basic.status.code == status)
            #expect(test.host.state.withLock { $0.enabled["forecasting"] } == (status == 200))
            let own = try await client.execute(uri: "/api/database-adapter/x", method: .put, headers: .basic("viewer").adding(headers))
            #expect(own.status.code == (status == 200 ? 201 : status))
            #expect(test.host.state.withLock { $0.forwarded.count } == (status == 200 ? 1 : 0))
            let bearer: HTTPFields = [.authorization: "Bearer \(session.token)"]
            #expect(try await client.execute(uri: path, method: .post, headers: bearer.adding(headers)).status == .ok)
        }
    }

    @Test(
        "a change with the cookie needs proof that it comes from the console",
        arguments: [
            (HTTPFields(), 403), ([.secFetchSite: "same-origin"], 200), ([.secFetchSite: "none"], 200), ([.secFetchSite: "cross-site"], 403),
            ([.secFetchSite: "same-site"], 403), ([.origin: "http://localhost"], 200), ([.origin: "https://evil.example"], 403),
            ([.origin: "null"], 403), ([.xRequestedWith: "dsotp-console"], 200),
            ([.secFetchSite: "cross-site", .xRequestedWith: "dsotp-console"], 403),
        ] as [(HTTPFields, Int)])
    func crossSite(headers: HTTPFields, status: Int) async throws {
        let session = await test.authenticator.openSession(for: Caller(name: "eva", role: .engineer))
        try await test.gateway.application.test(.live) { client in
            let all = HTTPFields.cookie(session.token).adding(headers)
            let response = try await client.execute(uri: "/api/services/forecasting/enable", method: .post, headers: all)
            #expect(response.status.code == status)
            #expect(test.host.state.withLock { $0.enabled["forecasting"] } == (status == 200))
        }
    }
}
