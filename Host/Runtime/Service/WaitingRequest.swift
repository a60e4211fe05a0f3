internal import CPluginAPI

/// A request on its way to the service's thread.
struct WaitingRequest: Sendable {
    let identifier: UInt64
    let route: UInt32
    let request: ServiceRequest
    let parameters: [(name: String, value: String)]
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    let deadline: Int64

    /// Lends the request as the ABI has it, for one call.
    func lend(_ body: (UnsafePointer<dsotp_request>) throws(ServiceFault) -> Void) throws(ServiceFault) {
        // All texts behind each other in one buffer, so that they stay in place together.
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        func add(_ text: some Sequence<UInt8>) {
            let start = bytes.count
            bytes.append(contentsOf: text)
            ranges.append(start..<bytes.count)
        }
        for text in [request.method, request.path, request.contentType, request.user, request.role.rawValue] { add(text.utf8) }
        add(request.body)
        for pair in parameters + request.query {
            add(pair.name.utf8)
            add(pair.value.utf8)
        }
        let result: Result<Void, ServiceFault> = bytes.withUnsafeBytes { memory in
            let lent = ranges.map { range in
                dsotp_host_bytes(data: memory.baseAddress.map { $0 + range.lowerBound }, count: UInt64(range.count))
            }
            let pairs = stride(from: 6, to: lent.count, by: 2).map { dsotp_host_pair(name: lent[$0], value: lent[$0 + 1]) }
            return pairs.withUnsafeBufferPointer { pairs in
                var given = dsotp_request(
                    size: UInt32(MemoryLayout<dsotp_request>.size), route: route, identifier: identifier, method: lent[0], path: lent[1],
                    content_type: lent[2], body: lent[5], path_parameters: pairs.baseAddress,
                    path_parameter_count: UInt64(parameters.count),
                    query_items: pairs.baseAddress.map { $0 + parameters.count }, query_item_count: UInt64(request.query.count),
                    user: lent[3], role: lent[4], deadline: deadline)
                return withUnsafePointer(to: &given) { given in
                    do throws(ServiceFault) { return .success(try body(given)) } catch { return .failure(error) }
                }
            }
        }
        try result.get()
    }

    /// How an error of `on_request` is answered to the client.
    static func response(for fault: ServiceFault) -> ServiceResponse {
        switch Int(fault.status) {
        case DSOTP_INVALID_ARGUMENT: .problem(400, fault.description)
        case DSOTP_NOT_PERMITTED: .problem(403, fault.description)
        case DSOTP_NOT_FOUND: .problem(404, fault.description)
        case DSOTP_INVALID_STATE: .problem(409, fault.description)
        case DSOTP_UNSUPPORTED: .problem(501, fault.description)
        case DSOTP_TRY_AGAIN, DSOTP_LIMIT_REACHED: .problem(503, fault.description)
        case DSOTP_TIMED_OUT: .problem(504, fault.description)
        default: .problem(500, fault.description)
        }
    }
}
