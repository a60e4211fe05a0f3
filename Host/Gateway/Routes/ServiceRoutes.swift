import Hummingbird

/// Lists the services and switches them.
struct ServiceRoutes: Sendable {
    let administration: any ServiceAdministration
    let audit: any AuditSink

    struct ListReply: Encodable {
        let services: [ServiceStatus]
    }

    var routes: [Route] {
        [
            Route(
                method: .get, path: "/api/services", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Services", summary: "All services with their states", success: (200, "The services.", .json("ServiceList"))),
                handler: { _ in try Reply.json(ListReply(services: await administration.services())) }),
            Route(
                method: .get, path: "/api/services/{name}", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Services", summary: "One service with its state", parameters: [Self.name],
                    success: (200, "The service.", .json("Service")), failures: [404]),
                handler: { call in try Reply.json(await status(call.parameter("name"))) }),
            Route(
                method: .get, path: "/api/services/{name}/incidents", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Services", summary: "Crashes, hangs and breaches of limits of a service, newest first", parameters: [Self.name],
                    success: (200, "The incidents.", .json("IncidentList")), failures: [404]),
                handler: { call in
                    let name = call.parameter("name")
                    guard let incidents = await administration.incidents(of: name) else { throw Self.unknown(name) }
                    return Reply.text("{\"incidents\":[\(incidents.joined(separator: ","))]}", type: "application/json")
                }),
            change("enable", "Enable a service, or try one again that failed or is quarantined; remembered across restarts") { try await administration.enable($0) },
            change("disable", "Disable a service; remembered across restarts") { try await administration.disable($0) },
            change("restart", "Stop and start a service; releases one that is quarantined, and moves one back that the host moved into a process of its own") { try await administration.restart($0) },
        ]
    }

    private static let name = RouteDocumentation.Parameter.path("name", "The service's name in the site's manifest.")

    private func change(_ verb: String, _ summary: String, _ act: @escaping @Sendable (String) async throws -> Void) -> Route {
        Route(
            method: .post, path: "/api/services/{name}/\(verb)", access: .role(.engineer),
            documentation: RouteDocumentation(
                tag: "Services", summary: summary, parameters: [Self.name],
                success: (200, "The service as it stands after the change.", .json("Service")), failures: [404, 409]),
            handler: { call in
                let name = call.parameter("name")
                do {
                    try await act(name)
                } catch {
                    await record(call, verb, name, outcome: "\(error)")
                    throw error
                }
                await record(call, verb, name, outcome: "done")
                return try Reply.json(await status(name))
            })
    }

    private func status(_ name: String) async throws(GatewayError) -> ServiceStatus {
        guard let status = await administration.service(named: name) else { throw Self.unknown(name) }
        return status
    }

    static func unknown(_ name: String) -> GatewayError {
        .notFound("there is no service '\(name.prefix(100))': see /api/services")
    }

    private func record(_ call: Call, _ verb: String, _ name: String, outcome: String) async {
        await audit.record(
            AuditEvent(
                who: call.verifiedCaller?.name ?? "", role: call.verifiedCaller?.role.rawValue, what: "service.\(verb)",
                subject: String(name.prefix(100)), outcome: outcome, address: call.context.address))
    }
}
