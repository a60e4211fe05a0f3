import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import Gateway

@Suite struct RevisionRouteTests {
    let test = TestGateway()

    @Test("manifests, libraries and the shadow's report are shown with the names of the document")
    func shown() async throws {
        try await test.gateway.application.test(.live) { client in
            let manifests = try await client.execute(uri: "/api/manifests", method: .get, headers: .basic("viewer"))
            #expect(manifests.object["restart_needed"] as? [String] == ["databus.listen"])
            let libraries = try await client.execute(uri: "/api/libraries", method: .get, headers: .basic("viewer"))
            let library = try #require((libraries.object["libraries"] as? [[String: Any]])?.first)
            #expect(library["trust"] as? String == "signed" && library["used_by"] as? [String] == ["a"])
            let shadow = try await client.execute(uri: "/api/services/forecasting/shadow", method: .get, headers: .basic("viewer"))
            #expect((shadow.object["total"] as? [String: Any])?["extra"] as? Int == 2)
            #expect((shadow.object["differences"] as? [[String: Any]])?.first?["running"] as? String == "1")
            let one = try await client.execute(uri: "/api/services/forecasting", method: .get, headers: .basic("viewer"))
            #expect((one.object["revision"] as? [String: Any])?["files_put_aside"] as? Bool == false)
        }
    }

    @Test("a manifest is shown as text, and put as text; a dry run shows the plan and is not audited")
    func manifest() async throws {
        try await test.gateway.application.test(.live) { client in
            let path = "/api/services/database-adapter/manifest"
            let shown = try await client.execute(uri: path, method: .get, headers: .basic("engineer"))
            #expect(shown.text == "service: database-adapter\n" && shown.headers[.contentType] == "application/yaml")
            let body = ByteBuffer(string: "service: database-adapter\n")
            let plan = try await client.execute(uri: path + "?dry_run=true", method: .put, headers: .basic("engineer"), body: body)
            #expect(plan.status == .ok && plan.object["effect"] as? String == "exchange")
            #expect(test.host.state.withLock { $0.audit.isEmpty })
            let done = try await client.execute(uri: path, method: .put, headers: .basic("engineer"), body: body)
            #expect(done.status == .ok && (done.object["changes"] as? [[String: Any]])?.first?["key"] as? String == "config.a")
            let wrong = try await client.execute(uri: path, method: .put, headers: .basic("engineer"))
            #expect(wrong.status == .badRequest && wrong.error?.contains("services/a.yaml:3: unknown key 'colour'") == true)
            let refused = try await client.execute(uri: "/api/services/forecasting/manifest", method: .put, headers: .basic("engineer"), body: body)
            #expect(refused.status == .conflict && refused.error?.contains("runs on") == true)
            let odd = try await client.execute(uri: path + "?dry_run=perhaps", method: .put, headers: .basic("engineer"), body: body)
            #expect(odd.status == .badRequest)
            let check = try await client.execute(uri: "/api/manifests/validate", method: .post, headers: .basic("engineer"))
            #expect((check.object["problems"] as? [[String: Any]])?.first?["line"] as? Int == 3)
        }
        let audit = test.host.state.withLock { $0.audit }
        #expect(audit.map(\.what) == ["service.manifest", "service.manifest", "service.manifest"])
        #expect(audit.first?.outcome == "done" && audit.first?.who == "engineer")
    }

    @Test("roll-back, promotion, discarding and removal are audited, and each needs an engineer")
    func changes() async throws {
        try await test.gateway.application.test(.live) { client in
            func answer(_ method: HTTPRequest.Method, _ path: String, _ user: String) async throws -> TestResponse {
                try await client.execute(uri: "/api/services/\(path)", method: method, headers: .basic(user))
            }
            for verb in ["rollback", "shadow/promote", "shadow/discard"] {
                let forbidden = try await answer(.post, "database-adapter/\(verb)", "operator")
                #expect(forbidden.status == .forbidden)
                let done = try await answer(.post, "database-adapter/\(verb)", "engineer")
                #expect(done.object["name"] as? String == "database-adapter")
            }
            var statuses: [HTTPResponse.Status] = [try await answer(.post, "forecasting/rollback", "engineer").status]
            for user in ["operator", "engineer", "engineer"] { statuses.append(try await answer(.delete, "forecasting", user).status) }
            #expect(statuses == [.conflict, .forbidden, .noContent, .notFound])
        }
        let audit = test.host.state.withLock { $0.audit }
        #expect(
            audit.map(\.what) == [
                "service.rollback", "service.shadow.promote", "service.shadow.discard", "service.rollback", "service.delete", "service.delete",
            ])
    }
}
