import CPluginAPI
public import PluginAPI

extension ServiceHarness {
    /// Sends an HTTP request to a route of the service, as the gateway does: who may not use the route gets 403, who asks for
    /// none 404, an error of the service becomes a status with its sentence as `{"error": …}`.
    /// - Throws: ``HarnessError`` if the service has not answered when the callback returns; see ``response(to:)``.
    public func request(
        _ method: String, _ path: String, query: [(String, String)] = [], body: String = "",
        contentType: String = "application/json",
        user: String = "test", role: Role = .admin
    ) throws -> Response {
        let matching = memory.withState { state in
            state.routes.lazy.filter { $0.method == method }.compactMap { route in route.parameters(of: path).map { (route, $0) } }
                .first
        }
        guard let (route, parameters) = matching else { return Response(status: 404) }
        guard role >= route.leastRole else { return Response(status: 403) }
        let number = nextRequest
        nextRequest += 1
        memory.withState { _ = $0.openRequests.insert(number) }
        var texts = TextArena()
        defer { texts.release() }
        func lend(_ text: String) -> dsotp_host_bytes { dsotp_host_bytes(texts.copy(text).buffer) }
        func lend(_ pairs: [(String, String)]) -> [dsotp_host_pair] {
            pairs.map { dsotp_host_pair(name: lend($0.0), value: lend($0.1)) }
        }
        let (parameterPairs, queryPairs) = (lend(parameters), lend(query))
        let deadline = now + .seconds(30)
        do {
            try parameterPairs.withUnsafeBufferPointer { parameters in
                try queryPairs.withUnsafeBufferPointer { items in
                    var request = dsotp_request(
                        size: UInt32(MemoryLayout<dsotp_request>.size), route: route.number, identifier: number,
                        method: lend(method),
                        path: lend(path), content_type: lend(contentType), body: lend(body),
                        path_parameters: parameters.baseAddress,
                        path_parameter_count: UInt64(parameters.count), query_items: items.baseAddress,
                        query_item_count: UInt64(items.count), user: lend(user), role: lend("\(role)"),
                        deadline: deadline.nanoseconds)
                    guard let onRequest = service.on_request else { throw HarnessError("the service has routes but no on_request") }
                    try call("on_request") { onRequest(currentInstance, &request, $0) }
                }
            }
        } catch let error as ServiceError {
            return response(of: error)
        }
        guard let response = response(to: number) else {
            throw HarnessError("the service has not answered \(method) \(path) yet, it is request \(number)")
        }
        return response
    }

    /// The answer to the request with that number (the first is 1), nil if there is none yet.
    public func response(to number: UInt64) -> Response? {
        memory.withState { $0.responses[number] }
    }

    private func response(of error: ServiceError) -> Response {
        let statuses: [Status: Int] = [
            .invalidArgument: 400, .invalidConfiguration: 400, .notPermitted: 403, .notFound: 404, .invalidState: 409,
            .unsupported: 501,
            .limitReached: 503, .tryAgain: 503, .timedOut: 504,
        ]
        var json = JSONWriter()
        json.beginObject()
        json.member("error", error.description)
        json.endObject()
        return .json(json, status: statuses[error.status] ?? 500)
    }
}
