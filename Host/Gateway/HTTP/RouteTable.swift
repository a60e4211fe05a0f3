import Hummingbird

/// All routes, and which of them a request means.
struct RouteTable: Sendable {
    struct Match: Sendable {
        let route: Route
        let parameters: [String: String]
    }

    private enum Segment: Sendable {
        case literal(String)
        case capture(String)
        case captureRest(String)
    }

    let routes: [Route]
    private let patterns: [[Segment]]

    /// A table; of two routes that both match, the earlier one wins.
    init(_ routes: [Route]) {
        self.routes = routes
        patterns = routes.map { route in
            RouteTable.split(route.path).map { segment in
                guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return .literal(segment) }
                let name = segment.dropFirst().dropLast()
                return name.hasSuffix("...") ? .captureRest(String(name.dropLast(3))) : .capture(String(name))
            }
        }
    }

    /// The route of a method and path. Throws 404 or 405. HEAD is answered by a path's GET where it has no own.
    func route(_ method: HTTPRequest.Method, path: String) throws(GatewayError) -> Match {
        let segments = RouteTable.split(path)
        var fallback: Match?
        var allowed: [String] = []
        for (route, pattern) in zip(routes, patterns) {
            guard let parameters = RouteTable.match(pattern, segments, exceptions: route.exceptions) else { continue }
            let match = Match(route: route, parameters: parameters)
            if route.method == method || route.takesAnyMethod { return match }
            if route.method == .get, method == .head { fallback = fallback ?? match }
            if !allowed.contains(route.method.rawValue) { allowed.append(route.method.rawValue) }
        }
        if let fallback { return fallback }
        let shown = String(path.prefix(200))
        guard allowed.isEmpty else { throw .methodNotAllowed(method.rawValue, path: shown, allowed: allowed) }
        throw .notFound("there is nothing at \(shown): see /openapi.json for what there is")
    }

    private static func split(_ path: String) -> [String] {
        path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    }

    private static func match(_ pattern: [Segment], _ segments: [String], exceptions: Set<String>) -> [String: String]? {
        var parameters: [String: String] = [:]
        var position = 0
        for segment in pattern {
            guard position < segments.count else { return nil }
            switch segment {
            case .literal(let text):
                guard segments[position] == text else { return nil }
            case .capture(let name):
                guard let decoded = Form.percentDecode(segments[position][...]), !exceptions.contains(decoded) else { return nil }
                parameters[name] = decoded
            case .captureRest(let name):
                parameters[name] = segments[position...].joined(separator: "/")
                return parameters
            }
            position += 1
        }
        return position == segments.count ? parameters : nil
    }
}
