import CPluginAPI
import PluginAPI

/// A route that the service added.
struct MemoryRoute {
    let number: UInt32
    let method: String
    let path: [Substring]
    let leastRole: Role
    let operation: [UInt8]

    /// The values of the path's `{name}` parts, nil if the path does not match.
    func parameters(of path: String) -> [(String, String)]? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count == self.path.count else { return nil }
        var parameters: [(String, String)] = []
        for (pattern, segment) in zip(self.path, segments) {
            if pattern.hasPrefix("{"), pattern.hasSuffix("}"), !segment.isEmpty {
                parameters.append((String(pattern.dropFirst().dropLast()), String(segment)))
            } else if pattern != segment {
                return nil
            }
        }
        return parameters
    }
}

let httpTable = dsotp_http(
    size: UInt32(MemoryLayout<dsotp_http>.size), reserved: 0,
    add_route: { host, route, error in
        hostCall(host, error, .http, "add_route") { host throws(ServiceError) in
            guard let route else { throw .invalidArgument("add_route is called without a route") }
            try host.add(route.pointee)
        }
    },
    set_schemas: { host, json, error in
        hostCall(host, error, .http, "set_schemas") { host throws(ServiceError) in
            guard let parsed = try? JSONValue(json.buffer), parsed.members != nil else {
                throw .invalidArgument("the schemas are not a JSON object")
            }
            let copy = [UInt8](json.buffer)
            host.withState { $0.schemas = copy }
        }
    },
    respond: { host, request, response, error in
        hostCall(host, error, .http, "respond") { host throws(ServiceError) in
            guard let response, (200...599).contains(response.pointee.status) else {
                throw .invalidArgument("respond is called without a response, or with a status outside of 200 to 599")
            }
            let answer = Response(
                status: Int(response.pointee.status), contentType: String(response.pointee.content_type),
                body: [UInt8](response.pointee.body.buffer))
            let isOpen = host.withState { state in
                guard state.openRequests.remove(request) != nil else { return false }
                state.responses[request] = answer
                return true
            }
            guard isOpen else { throw .notFound("there is no open request \(request)") }
        }
    })

extension MemoryHost {
    fileprivate func add(_ route: dsotp_route) throws(ServiceError) {
        let method = String(route.method)
        let path = String(route.path)
        guard ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(method), path.hasPrefix("/") else {
            throw .invalidArgument(
                "the route '\(method) \(path)' is malformed: expected GET, POST, PUT, PATCH or DELETE and a path from /")
        }
        guard let role = Role(rawValue: route.least_role) else {
            throw .invalidArgument("the route '\(method) \(path)' has the unknown role \(route.least_role)")
        }
        let operation = [UInt8](route.operation.buffer)
        if !operation.isEmpty {
            guard let parsed = try? operation.withUnsafeBytes({ try JSONValue($0) }), parsed.members != nil else {
                throw .invalidArgument("the operation of the route '\(method) \(path)' is not a JSON object")
            }
        }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let added = MemoryRoute(number: route.route, method: method, path: segments, leastRole: role, operation: operation)
        let exists = withState { state in
            if state.routes.contains(where: { $0.method == method && $0.path == segments }) { return true }
            state.routes.append(added)
            return false
        }
        if exists { throw .invalidArgument("the route '\(method) \(path)' exists already") }
    }
}
