import HTTPTypes
import Hummingbird
import NIOCore

/// Manifests, libraries and revisions of services, changed while the host runs.
struct RevisionRoutes: Sendable {
    let revisions: any RevisionAdministration
    let administration: any ServiceAdministration
    let audit: any AuditSink

    struct LibraryReply: Encodable {
        let libraries: [LibraryEntry]
    }

    static let yaml = RouteDocumentation.Content.text("application/yaml")
    private static let bodyLimit = 4 << 20
    private static let name = RouteDocumentation.Parameter.path("name", "The service's name in the site's manifest.")

    var routes: [Route] { manifestRoutes + serviceRoutes + shadowRoutes }

    private var manifestRoutes: [Route] {
        [
            Route(
                method: .get, path: "/api/manifests", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Services", summary: "The manifests' files, what is wrong with them, and what of site.yaml waits for a restart",
                    success: (200, "The files.", .json("ManifestOverview"))),
                handler: { _ in try Reply.json(await revisions.manifests()) }),
            Route(
                method: .post, path: "/api/manifests/validate", access: .role(.engineer), bodyLimit: Self.bodyLimit,
                documentation: RouteDocumentation(
                    tag: "Services", summary: "Check a manifest: its keys, its library, and the service's own word; nothing is changed",
                    requestBody: Self.yaml, success: (200, "What it would do, and what is wrong with it.", .json("ManifestReport")), failures: [413]),
                handler: { call in try Reply.json(await revisions.plan(try await Self.bytes(call), for: nil)) }),
            Route(
                method: .get, path: "/api/libraries", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Services", summary: "The service libraries in the site's folders: identity, digest, trust, and who uses them",
                    success: (200, "The libraries.", .json("LibraryList"))),
                handler: { _ in try Reply.json(LibraryReply(libraries: await revisions.libraries())) }),
        ]
    }

    private var serviceRoutes: [Route] {
        [
            Route(
                method: .get, path: "/api/services/{name}/manifest", access: .role(.engineer),
                documentation: RouteDocumentation(
                    tag: "Services", summary: "The manifest that a service runs by", parameters: [Self.name],
                    success: (200, "The manifest as it was written.", Self.yaml), failures: [404]),
                handler: { call in
                    let name = call.parameter("name")
                    guard let text = await revisions.manifest(of: name) else { throw ServiceRoutes.unknown(name) }
                    return Reply.text(text, type: "application/yaml")
                }),
            Route(
                method: .put, path: "/api/services/{name}/manifest", access: .role(.engineer), bodyLimit: Self.bodyLimit,
                documentation: RouteDocumentation(
                    tag: "Services", summary: "Put a manifest into effect and write it to the site's folder, or show what that would do",
                    parameters: [Self.name, .query("dry_run", "`true` to show the difference and the problems alone.")], requestBody: Self.yaml,
                    success: (200, "What it did, or would do.", .json("ManifestReport")), failures: [400, 409, 413, 503]),
                handler: put),
            Route(
                method: .delete, path: "/api/services/{name}", access: .role(.engineer),
                documentation: RouteDocumentation(
                    tag: "Services", summary: "Remove a service's manifest, and drain and end the service", parameters: [Self.name],
                    success: (204, "The service is gone.", nil), failures: [404, 409, 503]),
                handler: { call in
                    try await audited(call, "delete") { try await revisions.delete($0) }
                    return Reply.empty(.noContent)
                }),
            change("rollback", "Go back to the revision that ran before; the site's files are put aside until one changes") { try await revisions.rollBack($0) },
        ]
    }

    private var shadowRoutes: [Route] {
        [
            Route(
                method: .get, path: "/api/services/{name}/shadow", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Services", summary: "How the revision in the shadow of a service does, and how its outputs compare",
                    parameters: [Self.name], success: (200, "The comparison.", .json("ServiceShadow")), failures: [404, 409]),
                handler: { call in try Reply.json(try await revisions.shadow(of: call.parameter("name"))) }),
            change("shadow/promote", "Let the revision in the shadow take the place of the one that runs") { try await revisions.promote($0) },
            change("shadow/discard", "End the revision in the shadow") { try await revisions.discardShadow($0) },
        ]
    }

    private func change(_ verb: String, _ summary: String, _ act: @escaping @Sendable (String) async throws -> Void) -> Route {
        Route(
            method: .post, path: "/api/services/{name}/\(verb)", access: .role(.engineer),
            documentation: RouteDocumentation(
                tag: "Services", summary: summary, parameters: [Self.name],
                success: (200, "The service as it stands after the change.", .json("Service")), failures: [404, 409]),
            handler: { call in
                try await audited(call, verb.replacing("/", with: "."), act)
                let name = call.parameter("name")
                guard let status = await administration.service(named: name) else { throw ServiceRoutes.unknown(name) }
                return try Reply.json(status)
            })
    }

    @Sendable private func put(_ call: Call) async throws -> Response {
        let name = call.parameter("name")
        let yaml = try await Self.bytes(call)
        switch call.form["dry_run"] {
        case "true": return try Reply.json(await revisions.plan(yaml, for: name))
        case nil, "false": break
        case .some(let other): throw GatewayError.badRequest("dry_run is malformed (expected true or false; got '\(other.prefix(40))')")
        }
        let plan = OncePlan()
        try await audited(call, "manifest") { name in
            let done = try await revisions.put(yaml, for: name)
            guard done.problems.isEmpty else {
                let problems = done.problems.map { "\($0.file)\($0.line > 0 ? ":\($0.line)" : ""): \($0.sentence)" }
                throw GatewayError.badRequest("the manifest is refused, and nothing was changed: " + problems.joined(separator: "\n"))
            }
            await plan.set(done)
        }
        return try Reply.json(await plan.value)
    }

    private actor OncePlan {
        private(set) var value: ManifestReport?
        func set(_ plan: ManifestReport) { value = plan }
    }

    private static func bytes(_ call: Call) async throws -> [UInt8] { Array(try await call.body().readableBytesView) }

    private func audited(_ call: Call, _ verb: String, _ act: (String) async throws -> Void) async throws {
        let name = call.parameter("name")
        do {
            try await act(name)
        } catch {
            await record(call, verb, name, outcome: "\(error)")
            throw error
        }
        await record(call, verb, name, outcome: "done")
    }

    private func record(_ call: Call, _ verb: String, _ name: String, outcome: String) async {
        await audit.record(
            AuditEvent(
                who: call.verifiedCaller?.name ?? "", role: call.verifiedCaller?.role.rawValue, what: "service.\(verb)",
                subject: String(name.prefix(100)), outcome: outcome, address: call.context.address))
    }
}
