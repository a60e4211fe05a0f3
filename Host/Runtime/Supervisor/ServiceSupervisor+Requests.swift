extension ServiceSupervisor {
    /// Passes a request to the service's route and waits for the answer. What is wrong is answered by the host: 404
    /// no such service or path, 405 other methods, 403 role too low, 503 not running or overloaded, 504 no answer in time.
    public nonisolated func request(service name: String, _ request: ServiceRequest) async -> ServiceResponse {
        let service: SupervisedService
        do throws(SupervisorError) { service = try find(name) } catch { return .problem(404, error.description) }
        let (state, detail, _) = service.board.current
        guard let worker = service.worker, state == .running || state == .degraded else {
            let why = detail.isEmpty ? "" : ": \(detail)"
            return .problem(503, "the service '\(name)' is \(state.rawValue)\(why)")
        }
        switch worker.context.routes.match(method: request.method, path: request.path) {
        case .none:
            return .problem(404, "the service '\(name)' has no route \(request.path)")
        case .otherMethods(let methods):
            let sentence =
                "the route \(request.path) of '\(name)' does not take \(request.method) (expected \(MappingReader.list(methods)))"
            return .problem(405, sentence, allowedMethods: methods)
        case .found(let route, let parameters):
            guard request.role >= route.leastRole else {
                return .problem(403, "the role \(request.role.rawValue) may not use it (expected \(route.leastRole.rawValue) or above)")
            }
            return await pass(request, to: worker, route: route, parameters: parameters)
        }
    }

    private nonisolated func pass(
        _ request: ServiceRequest, to worker: ServiceWorker, route: Route, parameters: [(name: String, value: String)]
    ) async -> ServiceResponse {
        let table = worker.context.requests
        let unavailable = ServiceResponse.problem(503, "the service has too many requests waiting or has ended")
        guard !worker.isOverloaded, let identifier = table.reserve() else { return unavailable }
        let deadline = bridges.clock.now().saturatingAdd(bridges.clock.serviceTime(for: options.requestTimeout.nanoseconds))
        let waiting = WaitingRequest(
            identifier: identifier, route: route.number, request: request, parameters: parameters, deadline: deadline)
        let timer = Task {
            guard (try? await Task.sleep(for: options.requestTimeout)) != nil else { return }
            table.answer(identifier, .problem(504, "the service did not answer within \(options.requestTimeout)"))
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard table.wait(identifier, continuation) else { return continuation.resume(returning: unavailable) }
                worker.post(.request(waiting))
            }
        } onCancel: {
            table.answer(identifier, .problem(499, "the client has gone"))
        }
    }
}
