import CPluginAPI

/// The least role that may use a route.
public enum Role: UInt32, Comparable, CaseIterable, Sendable {
    case viewer = 1
    case `operator`, engineer, admin
    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// `dsotp.http/1`: routes of the service under `/api/<service>` of the gateway. Any thread.
public struct HTTPRoutes: Sendable {
    let table: HostTable<dsotp_http>

    /// Adds a route; all end with `stop`.
    /// - Parameters:
    ///   - route: comes back in ``Request/route``.
    ///   - method: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    ///   - path: below `/api/<service>`; a part in braces matches one path segment: `/estimates/{grid}`.
    ///   - operation: an OpenAPI 3.1 Operation Object as JSON; empty gives a minimal one.
    /// - Throws: ``Status/invalidArgument`` if method or path is malformed or the route exists.
    public func add(
        _ route: UInt32, _ method: String, _ path: String, leastRole: Role = .viewer, operation: String = ""
    ) throws(ServiceError) {
        var texts = TextArena()
        defer { texts.release() }
        var description = dsotp_route(
            size: UInt32(MemoryLayout<dsotp_route>.size), route: route, method: texts.copy(method), path: texts.copy(path),
            least_role: leastRole.rawValue, reserved: 0, operation: texts.copy(operation))
        let functions = try table.required()
        try ServiceError.check { error in functions.add_route(table.host, &description, error) }
    }

    /// Schemas used by the operations: the JSON object for `components.schemas`, names prefixed by the service.
    public func setSchemas(_ json: String) throws(ServiceError) {
        let functions = try table.required()
        try json.withPluginBytes { json throws(ServiceError) in
            try ServiceError.check { error in functions.set_schemas(table.host, json, error) }
        }
    }

    /// Answers a request, once, inside ``Service/respond(to:)`` or later.
    /// - Throws: ``Status/notFound`` if it was answered, its deadline passed or the client has gone.
    public func respond(to request: Request.Number, with response: Response) throws(ServiceError) {
        let functions = try table.required()
        var texts = TextArena()
        defer { texts.release() }
        let contentType = texts.copy(response.contentType)
        try ServiceError.check { error in
            response.body.withUnsafeBytes { body in
                var answer = dsotp_response(
                    size: UInt32(MemoryLayout<dsotp_response>.size), status: UInt32(clamping: response.status),
                    content_type: contentType, body: dsotp_plugin_bytes(body))
                return functions.respond(table.host, request.rawValue, &answer, error)
            }
        }
    }
}
