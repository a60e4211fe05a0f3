import Foundation
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing

@testable import Gateway

@Suite struct OpenAPITests {
    let test = TestGateway()

    private func document() async throws -> [String: Any] {
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: "/openapi.json", method: .get)
            #expect(response.headers[.contentType] == "application/json")
            return UncheckedBox(response.object)
        }.value
    }

    /// Carries a JSON object out of the client's closure.
    ///
    /// Unchecked: the object is made in the closure and used by nobody else.
    private struct UncheckedBox: @unchecked Sendable {
        let value: [String: Any]
        init(_ value: [String: Any]) { self.value = value }
    }

    @Test("every route that is registered and not part of the console stands in the document, with responses, role and path parameters")
    func complete() async throws {
        let document = try await document()
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        var operationIDs: Set<String> = []
        for route in test.gateway.table.routes where !route.path.hasPrefix("/console") && route.path != "/" && !route.path.hasPrefix("/api/{") {
            let operation = try #require(paths[route.path]?[route.method.rawValue.lowercased()] as? [String: Any], "\(route.path)")
            let responses = try #require(operation["responses"] as? [String: [String: Any]])
            #expect(responses.keys.contains { $0.hasPrefix("2") })
            #expect(responses.values.allSatisfy { ($0["description"] as? String)?.isEmpty == false })
            #expect(operationIDs.insert(try #require(operation["operationId"] as? String)).inserted)
            let security = try #require(operation["security"] as? [Any])
            if case .open = route.access {
                #expect(security.isEmpty)
            } else {
                #expect(security.count == 3)
                #expect(responses["401"] != nil && responses["403"] != nil)
            }
            let named = Set((operation["parameters"] as? [[String: Any]] ?? []).filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String })
            let inPath = Set(route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) })
            #expect(named == inPath)
        }
        #expect(operationIDs.count >= 18)
    }

    @Test("what must not be empty says so, and a failed write is documented")
    func parameters() async throws {
        let paths = try #require(try await document()["paths"] as? [String: [String: [String: Any]]])
        for (path, method, name) in [("/query", "get", "q"), ("/query", "post", "q"), ("/write", "post", "db")] {
            let parameters = try #require(paths[path]?[method]?["parameters"] as? [[String: Any]])
            let schema = try #require(parameters.first { $0["name"] as? String == name }?["schema"] as? [String: Any])
            #expect(schema["minLength"] as? Int == 1, "\(path) \(name)")
        }
        #expect((paths["/write"]?["post"]?["responses"] as? [String: Any])?["500"] != nil)
    }

    @Test("every reference leads to a schema")
    func references() async throws {
        test.host.state.withLock { $0.fragments = [ServiceOpenAPIFragment(service: "database-adapter", json: Self.fragment)] }
        let document = try await document()
        let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: Any])
        var found = 0
        func walk(_ value: Any) {
            if let object = value as? [String: Any] {
                if let target = object["$ref"] as? String {
                    found += 1
                    let name = target.replacingOccurrences(of: "#/components/schemas/", with: "")
                    #expect(schemas[name] != nil, "\(target)")
                }
                object.values.forEach(walk)
            } else if let array = value as? [Any] {
                array.forEach(walk)
            }
        }
        walk(document)
        #expect(found > 20)
    }

    private static let fragment = """
        {"paths": {
          "/mappings": {"get": {"summary": "Mappings", "tags": ["x"], "security": [], "responses": {"200": {"description": "ok", "content":
            {"application/json": {"schema": {"$ref": "#/components/schemas/Mapping"}}}}, "400": {"description": "no", "content":
            {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}}}},
          "/": {"get": {"responses": {"200": {"description": "ok"}}}}},
         "components": {"schemas": {"Mapping": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Mapping"}}}}}}
        """

    @Test("a service's part goes under its address, with its own schemas and the host's security")
    func merge() async throws {
        test.host.state.withLock { $0.fragments = [ServiceOpenAPIFragment(service: "database-adapter", json: Self.fragment)] }
        let document = try await document()
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let operation = try #require(paths["/api/database-adapter/mappings"]?["get"] as? [String: Any])
        #expect(operation["tags"] as? [String] == ["database-adapter"])
        #expect((operation["security"] as? [Any])?.count == 3)
        #expect(paths["/api/database-adapter"] != nil)
        let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: Any])
        #expect(schemas["database-adapter.Mapping"] != nil)
        #expect(schemas["Mapping"] == nil)
    }

    @Test("a service's part that is malformed leaves the document as it is", arguments: ["", "[]x", #"{"paths": []}"#, #"{"paths": {"x": {}}}"#, #"{"paths": {"/x": 1}}"#])
    func malformed(json: String) async throws {
        var document = OpenAPIDocument(routes: test.gateway.table.routes)
        let before = document.json
        let refusal = document.merge(ServiceOpenAPIFragment(service: "bad", json: json))
        #expect(refusal?.contains("'bad'") == true)
        #expect(document.json == before)
    }
}
