package import CPluginAPI

/// An HTTP request to a route of the service, in the host's memory: valid during the call that passes it. To answer later, keep
/// its ``number``.
public struct Request {
    private let request: UnsafePointer<dsotp_request>

    package init(_ request: UnsafePointer<dsotp_request>) throws(ServiceError) {
        guard Int(request.pointee.size) >= FirstSizes.request else {
            throw .versionMismatch(
                "the host passes a request of \(request.pointee.size) bytes, ABI 1.0 has \(FirstSizes.request): "
                    + "the host is defective")
        }
        self.request = request
    }

    /// Names this request in ``HTTPRoutes/respond(to:with:)``.
    public struct Number: Hashable, Sendable {
        /// As it crosses the ABI.
        public let rawValue: UInt64
        /// Takes a number that was kept.
        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// What to name in the answer.
    public var number: Number { Number(rawValue: request.pointee.identifier) }
    /// The number given to the route when it was added.
    public var route: UInt32 { request.pointee.route }
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    public var method: String { text(request.pointee.method) }
    /// The path below `/api/<service>`, beginning with `/`, percent-decoded.
    public var path: String { text(request.pointee.path) }
    /// Of the body; empty if the client names none.
    public var contentType: String { text(request.pointee.content_type) }
    /// Empty if there is none.
    public var body: UnsafeRawBufferPointer { request.pointee.body.buffer }
    /// Who asks.
    public var user: String { text(request.pointee.user) }
    /// `viewer`, `operator`, `engineer` or `admin`.
    public var role: String { text(request.pointee.role) }
    /// After this time the host has answered the client in the service's place.
    public var deadline: Timestamp { Timestamp(nanoseconds: request.pointee.deadline) }

    /// The value of a `{name}` part of the route's path.
    public func pathParameter(_ name: String) -> String? {
        value(of: name, in: request.pointee.path_parameters, request.pointee.path_parameter_count)
    }

    /// The first query item of that name.
    public func queryItem(_ name: String) -> String? {
        value(of: name, in: request.pointee.query_items, request.pointee.query_item_count)
    }

    private func text(_ bytes: dsotp_host_bytes) -> String { String(decoding: bytes.buffer, as: UTF8.self) }

    private func value(of name: String, in pairs: UnsafePointer<dsotp_host_pair>?, _ count: UInt64) -> String? {
        let pairs = UnsafeBufferPointer(start: pairs, count: pairs == nil ? 0 : Int(clamping: count))
        return pairs.first { text($0.name) == name }.map { text($0.value) }
    }
}

/// An answer to a request.
public struct Response: Hashable, Sendable {
    /// HTTP status code, 200 … 599.
    public var status: Int
    /// Empty if there is no body.
    public var contentType: String
    /// Sent as it is.
    public var body: [UInt8]

    /// An answer of any kind.
    public init(status: Int = 200, contentType: String = "", body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// A JSON document.
    public static func json(_ writer: JSONWriter, status: Int = 200) -> Response {
        Response(status: status, contentType: "application/json", body: writer.bytes)
    }

    /// Plain text.
    public static func text(_ text: String, status: Int = 200) -> Response {
        Response(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}
