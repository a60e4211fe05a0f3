internal import Synchronization

/// A request to a service, as the gateway took it; the caller is authenticated.
public struct ServiceRequest: Sendable {
    public let method: String
    /// The path below `/api/<service>`, beginning with `/`, percent-decoded.
    public let path: String
    /// Items of the query, percent-decoded, in their order.
    public let query: [(name: String, value: String)]
    public let contentType: String
    public let body: [UInt8]
    public let user: String
    public let role: SiteRole

    public init(
        method: String, path: String, query: [(name: String, value: String)] = [], contentType: String = "", body: [UInt8] = [],
        user: String,
        role: SiteRole
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.contentType = contentType
        self.body = body
        self.user = user
        self.role = role
    }
}

/// The answer of a service, or of the host in its place.
public struct ServiceResponse: Sendable, Hashable {
    /// HTTP status code.
    public let status: Int
    /// Empty without a body.
    public let contentType: String
    public let body: [UInt8]
    /// The methods that the path does have, with status 405.
    public let allowedMethods: [String]

    public init(status: Int, contentType: String, body: [UInt8], allowedMethods: [String] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.allowedMethods = allowedMethods
    }

    /// An answer of the host, in the form of all its errors: `{"error": sentence}`.
    static func problem(_ status: Int, _ sentence: String, allowedMethods: [String] = []) -> ServiceResponse {
        let json = ConfigValue.object([.init(key: "error", value: .text(sentence))]).json
        return ServiceResponse(
            status: status, contentType: "application/json", body: Array(json.utf8), allowedMethods: allowedMethods)
    }
}

/// The requests of one instance that wait for an answer. Each is answered exactly once: by the service, at its deadline, or when the
/// service stops.
final class RequestTable: Sendable {
    /// Requests that may wait at a time; a further one is answered 503.
    static let limit = 1_024

    private struct State {
        var nextIdentifier: UInt64 = 1
        var pending: [UInt64: CheckedContinuation<ServiceResponse, Never>] = [:]
        var isClosed = false
    }
    private let state = Mutex(State())

    /// Takes a place for a request; `nil` if there is none.
    func reserve() -> UInt64? {
        state.withLock { state in
            guard !state.isClosed, state.pending.count < Self.limit else { return nil }
            defer { state.nextIdentifier += 1 }
            return state.nextIdentifier
        }
    }

    /// Keeps the continuation of a reserved request; false if the table was closed meanwhile.
    func wait(_ identifier: UInt64, _ continuation: CheckedContinuation<ServiceResponse, Never>) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.pending[identifier] = continuation
            return true
        }
    }

    func isWaiting(_ identifier: UInt64) -> Bool { state.withLock { $0.pending[identifier] != nil } }

    /// Answers a request; false if it does not wait (any more).
    @discardableResult
    func answer(_ identifier: UInt64, _ response: ServiceResponse) -> Bool {
        guard let continuation = state.withLock({ $0.pending.removeValue(forKey: identifier) }) else { return false }
        continuation.resume(returning: response)
        return true
    }

    /// Answers all that wait, and goes on.
    func answerAll(_ response: ServiceResponse) {
        let pending = state.withLock { state in
            defer { state.pending.removeAll() }
            return state.pending
        }
        for continuation in pending.values { continuation.resume(returning: response) }
    }

    /// Answers all that wait and takes no more.
    func close(_ response: ServiceResponse) {
        let pending = state.withLock { state in
            state.isClosed = true
            defer { state.pending.removeAll() }
            return state.pending
        }
        for continuation in pending.values { continuation.resume(returning: response) }
    }
}
