import Testing

@testable import Runtime

@Suite("Requests to services")
struct RequestTests {
    private func ask(
        _ site: ProbeSite, _ method: String, _ path: String, role: SiteRole = .admin, service: String = "probe"
    ) async -> ServiceResponse {
        let request = ServiceRequest(
            method: method, path: path, query: [("unit", "kV")], contentType: "text/plain", body: Array("body".utf8), user: "anna", role: role)
        return await site.supervisor.request(service: service, request)
    }

    @Test("A route answers with what the service makes of method, path, parameters, query, role and body")
    func answer() async throws {
        let site = try ProbeSite(mode: "http")
        await site.supervisor.start()
        let response = await ask(site, "POST", "/echo/feeder 7", role: .operator)
        #expect(response.status == 201 && response.contentType == "text/plain")
        #expect(String(decoding: response.body, as: UTF8.self) == "POST /echo/feeder 7 name=feeder 7 kV operator body")
        try await eventually("it is counted") { (try? site.status.counters.requests) == 1 }
        await site.supervisor.shutdown()
    }

    @Test(
        "What can't be answered is answered by the host",
        arguments: [
            ("POST", "/echo/a", SiteRole.viewer, "probe", 403), ("GET", "/echo/a", .admin, "probe", 405), ("GET", "/nowhere", .admin, "probe", 404),
            ("GET", "/wrong", .viewer, "probe", 400), ("GET", "/never", .viewer, "probe", 504), ("GET", "/", .viewer, "nobody", 404),
            ("POST", "/echo/", .admin, "probe", 404), ("POST", "/echo/a/b", .admin, "probe", 404),
        ])
    func refusals(_ method: String, _ path: String, _ role: SiteRole, _ service: String, _ status: Int) async throws {
        let site = try ProbeSite(mode: "http", requestTimeout: .milliseconds(50))
        await site.supervisor.start()
        let response = await ask(site, method, path, role: role, service: service)
        #expect(response.status == status && response.contentType == "application/json")
        if status == 405 { #expect(response.allowedMethods == ["POST"]) }
        await site.supervisor.shutdown()
    }

    @Test("A request that waits when the service ends is answered 503, as is one to a service that does not run")
    func ending() async throws {
        let site = try ProbeSite(mode: "http")
        await site.supervisor.start()
        async let waiting = ask(site, "GET", "/never")
        let table = try #require(try site.supervisor.find("probe").worker?.context.requests)
        try await eventually("the request waits") { table.isWaiting(1) }
        try await site.supervisor.disable("probe")
        #expect(await waiting.status == 503)
        #expect(await ask(site, "GET", "/never").status == 503)
        await site.supervisor.shutdown()
    }

    @Test("The OpenAPI fragment has the service's operations, and a minimal one where it gave none")
    func openAPI() async throws {
        let site = try ProbeSite(mode: "http")
        await site.supervisor.start()
        let fragment = try #require(site.supervisor.openAPI().first)
        #expect(fragment.operations.map(\.path) == ["/api/probe/echo/{name}", "/api/probe/never", "/api/probe/wrong"])
        #expect(fragment.operations[0].json == "{\"summary\":\"Echo\"}" && fragment.operations[0].method == "post")
        #expect(fragment.operations[1].json.contains("\"operationId\":\"probe-get-2\""))
        #expect(fragment.schemasJSON == "{\"Probe\":{\"type\":\"object\"}}")
        await site.supervisor.shutdown()
        #expect(site.supervisor.openAPI().isEmpty)
    }
}
