internal import CPluginAPI
internal import Synchronization

/// `dsotp.http/1`.
enum HTTPTable {
    static var table: dsotp_http {
        dsotp_http(
            size: UInt32(MemoryLayout<dsotp_http>.size), reserved: 0,
            add_route: { host, route, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard let route else { throw .invalid("http: the route is NULL") }
                    try HostCall.require(size: route.pointee.size, atLeast: MinimumSize.route, "http: dsotp_route")
                    try Self.addRoute(context, route.pointee)
                }
            },
            set_schemas: { host, json, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    let schemas = try Self.object(json, "the schemas")
                    if let remote = context.remote { return try remote.host.setSchemas(schemas) }
                    context.routes.setSchemas(schemas)
                }
            },
            respond: { host, request, response, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard let response else { throw .invalid("http: the response is NULL") }
                    try HostCall.require(size: response.pointee.size, atLeast: MinimumSize.response, "http: dsotp_response")
                    try Self.respond(context, request, response.pointee)
                }
            })
    }

    private static func addRoute(_ context: ServiceContext, _ given: dsotp_route) throws(ServiceFault) {
        let method = try HostCall.text(given.method, "http: the method", 1...16)
        let path = try HostCall.text(given.path, "http: the path", 1...1_024)
        guard let role = SiteRole.allCases.first(where: { $0.number == given.least_role }) else {
            throw .invalid("http: the role is unknown (expected 1 … 4; got \(given.least_role))")
        }
        let operation = given.operation.count > 0 ? try object(given.operation, "the operation") : nil
        guard let route = Route(number: given.route, method: method, path: path, leastRole: role, operation: operation) else {
            throw .invalid(
                "http: the route '\(method) \(path)' is malformed (expected one of \(Route.methods.joined(separator: ", ")) and a path such as /estimates/{grid})"
            )
        }
        if let remote = context.remote { return try remote.host.addRoute(route) }
        guard context.routes.add(route) else {
            throw .invalid("http: the route '\(method) \(path)' exists, or there are \(RouteTable.limit) routes: leave it out")
        }
    }

    private static func respond(_ context: ServiceContext, _ request: UInt64, _ given: dsotp_response) throws(ServiceFault) {
        guard (200...599).contains(given.status) else {
            throw .invalid("http: the status is out of range (expected 200 … 599; got \(given.status))")
        }
        let contentType = try HostCall.text(given.content_type, "http: the content type", 0...256)
        guard contentType.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw .invalid("http: the content type is not printable ASCII")
        }
        guard let body = UnsafeRawBufferPointer(given.body) else { throw .invalid("http: the body is NULL with a count") }
        let response = ServiceResponse(status: Int(given.status), contentType: contentType, body: contentType.isEmpty ? [] : Array(body))
        if let remote = context.remote { return try remote.host.respond(request, response) }
        guard context.requests.answer(request, response) else {
            throw ServiceFault(
                status: dsotp_status(DSOTP_NOT_FOUND), sentence: "http: the request \(request) does not wait for an answer (any more)")
        }
        context.counters.requests.wrappingAdd(1, ordering: .relaxed)
    }

    /// A JSON object, as the text that it was given as.
    private static func object(_ bytes: dsotp_plugin_bytes, _ name: String) throws(ServiceFault) -> String {
        let text = try HostCall.text(bytes, "http: \(name)", 2...(1 << 20))
        do throws(JSONReader.Malformed) {
            guard case .object = try JSONReader.parse(Array(text.utf8)) else {
                throw JSONReader.Malformed(description: "it is not an object")
            }
        } catch {
            throw .invalid("http: \(name) can't be used: \(error)")
        }
        return text
    }
}
