import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import Gateway

@Suite struct ServiceRouteTests {
    let test = TestGateway()

    @Test("the list has every service with counters, queue, rates and an ISO time")
    func list() async throws {
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: "/api/services", method: .get, headers: .basic("viewer"))
            #expect(response.status == .ok)
            let services = try #require(response.object["services"] as? [[String: Any]])
            #expect(services.map { $0["name"] as? String } == ["database-adapter", "forecasting"])
            let first = try #require(services.first)
            #expect(first["since"] as? String == "2023-11-14T22:13:20.123Z")
            #expect((first["counters"] as? [String: Any])?["points_written"] as? Int == 42)
            #expect((first["queue"] as? [String: Any])?["capacity_bytes"] as? Int == 3)
            #expect((first["rates"] as? [String: Any])?["processed"] as? Double == 1.5)
            let one = try await client.execute(uri: "/api/services/forecasting", method: .get, headers: .basic("viewer"))
            #expect(one.object["state"] as? String == "disabled")
        }
    }

    @Test("incidents of a service are listed as they were recorded")
    func incidents() async throws {
        try await test.gateway.application.test(.live) { client in
            let some = try await client.execute(uri: "/api/services/database-adapter/incidents", method: .get, headers: .basic("viewer"))
            #expect(some.status == .ok && some.headers[.contentType] == "application/json")
            #expect((some.object["incidents"] as? [[String: Any]])?.first?["signal"] as? Int == 11)
            let none = try await client.execute(uri: "/api/services/forecasting/incidents", method: .get, headers: .basic("viewer"))
            #expect((none.object["incidents"] as? [Any])?.isEmpty == true)
            let missing = try await client.execute(uri: "/api/services/nope/incidents", method: .get, headers: .basic("viewer"))
            #expect(missing.status == .notFound && missing.error == "there is no service 'nope': see /api/services")
        }
    }

    @Test("engineers switch services, and each change is audited with user, role and outcome")
    func change() async throws {
        try await test.gateway.application.test(.live) { client in
            let disabled = try await client.execute(uri: "/api/services/database-adapter/disable", method: .post, headers: .basic("engineer"))
            #expect(disabled.object["enabled"] as? Bool == false)
            let conflict = try await client.execute(uri: "/api/services/database-adapter/restart", method: .post, headers: .basic("engineer"))
            #expect(conflict.status == .conflict)
            #expect(conflict.error == "service 'database-adapter' is disabled: enable it first")
            let enabled = try await client.execute(uri: "/api/services/database-adapter/enable", method: .post, headers: .basic("admin"))
            #expect(enabled.object["state"] as? String == "running")
            let missing = try await client.execute(uri: "/api/services/nope/enable", method: .post, headers: .basic("admin"))
            #expect(missing.status == .notFound)
        }
        let audit = test.host.state.withLock { $0.audit }
        #expect(audit.map(\.what) == ["service.disable", "service.restart", "service.enable", "service.enable"])
        #expect(audit.map(\.outcome) == ["done", "service 'database-adapter' is disabled: enable it first", "done", "there is no service 'nope'"])
        #expect(audit.first?.who == "engineer")
        #expect(audit.first?.role == "engineer")
        #expect(["127.0.0.1", "::1"].contains(audit.first?.address))
    }

    @Test(
        "each route needs its role",
        arguments: [
            ("GET", "/api/services", "viewer", 200), ("POST", "/api/services/forecasting/enable", "viewer", 403),
            ("POST", "/api/services/forecasting/enable", "operator", 403), ("POST", "/api/services/forecasting/disable", "operator", 403),
            ("POST", "/api/services/database-adapter/restart", "operator", 403),
            ("POST", "/api/services/forecasting/enable", "engineer", 200), ("GET", "/api/services", "", 401), ("GET", "/api/session", "", 401),
            ("GET", "/api/live", "", 401), ("GET", "/api/databus", "", 401), ("GET", "/api/databus", "viewer", 200),
            ("GET", "/api/storage", "", 401), ("GET", "/api/storage", "viewer", 200),
            ("GET", "/api/database-adapter/status", "", 401), ("POST", "/write?db=d", "viewer", 403), ("POST", "/write?db=d", "operator", 204),
            ("GET", "/query?q=SHOW+DATABASES", "viewer", 200), ("GET", "/query?q=DROP+DATABASE+d", "viewer", 403),
            ("GET", "/health/live", "", 200), ("GET", "/health/ready", "", 200), ("GET", "/openapi.json", "", 200), ("GET", "/ping", "", 204),
            ("GET", "/metrics", "", 200),
        ])
    func roles(method: String, path: String, user: String, status: Int) async throws {
        try await test.gateway.application.test(.live) { client in
            let headers = user.isEmpty ? HTTPFields() : HTTPFields.basic(user)
            let method = try #require(HTTPRequest.Method(method))
            let response = try await client.execute(uri: path, method: method, headers: headers)
            #expect(response.status.code == status)
            if status >= 400 { #expect(response.error?.isEmpty == false) }
        }
    }

    @Test("metrics need a role when the site says so, and when a proxy on this machine asks for somebody else")
    func metrics() async throws {
        try await test.gateway.application.test(.live) { client in
            #expect(try await client.execute(uri: "/metrics", method: .get).text == "dsotp_up 1\n")
            let proxied = try await client.execute(uri: "/metrics", method: .get, headers: [.xForwardedFor: "10.0.0.1"])
            #expect(proxied.status == .unauthorized)
        }
        let closed = TestGateway { $0.opensMetricsOnLoopback = false }
        try await closed.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: "/metrics", method: .get)
            #expect(response.status == .unauthorized)
        }
    }

    @Test("a request under /api/<service>/ reaches the service with the caller, and its answer comes back")
    func forward() async throws {
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(
                uri: "/api/database-adapter/a%20b/c?x=1&y=%2F", method: .put, headers: .basic("viewer").adding(.json),
                body: ByteBuffer(string: "{}"))
            #expect(response.status == .created)
            #expect(response.text == #"{"ok":true}"#)
            #expect(response.headers[.contentType] == "application/json")
            #expect(try await client.execute(uri: "/api/nope/x", method: .get, headers: .basic("viewer")).status == .notFound)
            let liar = try await client.execute(uri: "/api/liar/x", method: .get, headers: .basic("viewer"))
            #expect(liar.status == .internalServerError)
            #expect(liar.error != nil)
        }
        let request = try #require(test.host.state.withLock { $0.forwarded.first })
        #expect(request.method == "PUT")
        #expect(request.path == "/a%20b/c")
        #expect(request.query == "x=1&y=%2F")
        #expect(request.caller == Caller(name: "viewer", role: .viewer))
        #expect(String(buffer: request.body) == "{}")
    }

    @Test("what is neither a route of the host nor a service is named as both, and a service's own 404 stays as it is")
    func neither() async throws {
        try await test.gateway.application.test(.live) { client in
            let foreign = try await client.execute(uri: "/api/v2/write", method: .post, headers: .basic("operator"))
            #expect(foreign.status == .notFound)
            #expect(foreign.error == "there is no route /api/v2/write and no service 'v2'")
            let own = try await client.execute(uri: "/api/forecasting/x", method: .get, headers: .basic("viewer"))
            #expect(own.status == .notFound)
            #expect(own.error == "no such run")
        }
    }

    @Test("names of the host are never handed to a service", arguments: ["/api/users/x", "/api/live/x", "/api/services/a/b/c", "/api/login/x"])
    func reserved(path: String) async throws {
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: path, method: .get, headers: .basic("admin"))
            #expect(response.status == .notFound)
        }
        #expect(test.host.state.withLock { $0.forwarded.isEmpty })
    }

    @Test("readiness says what is awaited, the databus its clients, and the store how its engine is")
    func health() async throws {
        test.host.state.withLock { $0.reasonNotReady = "the store is recovering" }
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: "/health/ready", method: .get)
            #expect(response.status == .serviceUnavailable)
            #expect(response.error == "the store is recovering")
            let databus = try await client.execute(uri: "/api/databus", method: .get, headers: .basic("viewer"))
            #expect((databus.object["clients"] as? [[String: Any]])?.first?["client"] as? String == "pmu-1")
            #expect(databus.object["connections"] as? Int == 1)
            let storage = try await client.execute(uri: "/api/storage", method: .get, headers: .basic("viewer"))
            let engine = try #require(storage.object["engine"] as? [String: Any])
            #expect(storage.object["driver"] as? String == "influxdb" && engine["waiting_points"] as? Int == 12)
            #expect(engine["connected"] as? Bool == false && engine["problem"] as? String == "it is away")
        }
    }
}
