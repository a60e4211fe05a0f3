public import NIOCore

/// Hands requests under `/api/<service>/` to the services; what the gateway needs of the runtime.
public protocol ServiceRequests: Sendable {
    /// Lets a service answer. Throws `GatewayError`: `.notFound` when there is no such service, `.unavailable` when it does not run,
    /// `.timeout` when it does not answer in time.
    func forward(_ request: ServiceRequest, to service: String) async throws -> ServiceResponse
    /// The part of the OpenAPI document that each service states, as JSON with `paths` relative to `/api/<service>` and optionally
    /// `components` and `tags`.
    func openAPIFragments() async -> [ServiceOpenAPIFragment]
}

/// A request for a service.
public struct ServiceRequest: Sendable {
    /// The HTTP method in capitals.
    public let method: String
    /// The path below `/api/<service>`, with its leading slash, percent-encoded as it came.
    public let path: String
    /// The query without `?`, as it came; empty when there is none.
    public let query: String
    /// The Content-Type; empty when there is none.
    public let contentType: String
    /// The body, at most 1 MiB.
    public let body: ByteBuffer
    /// Who asks; at least a viewer. The service states a higher role for a route where it needs one.
    public let caller: Caller

    /// A request.
    public init(method: String, path: String, query: String, contentType: String, body: ByteBuffer, caller: Caller) {
        self.method = method
        self.path = path
        self.query = query
        self.contentType = contentType
        self.body = body
        self.caller = caller
    }
}

/// A service's answer.
public struct ServiceResponse: Sendable {
    /// The HTTP status, 200 to 599.
    public let status: Int
    /// The Content-Type.
    public let contentType: String
    /// The body.
    public let body: ByteBuffer
    /// With status 405, the methods that the path does have; they become the header Allow.
    public let allowedMethods: [String]

    /// An answer.
    public init(status: Int, contentType: String, body: ByteBuffer, allowedMethods: [String] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.allowedMethods = allowedMethods
    }
}

/// One service's part of the OpenAPI document.
public struct ServiceOpenAPIFragment: Sendable {
    /// The service's name.
    public let service: String
    /// JSON text.
    public let json: String

    /// A part.
    public init(service: String, json: String) {
        self.service = service
        self.json = json
    }
}
