/// A request to a server.
public struct HTTPExchangeRequest: Sendable {
    public enum Method: String, Sendable { case get = "GET", post = "POST" }

    public var method: Method
    /// Follows the path of the address; begins with a slash.
    public var path: String
    /// Whether `path` stands alone instead.
    public var isFromRoot = false
    /// Sent after `?`, encoded.
    public var query: [(name: String, value: String)]
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// A reply with more bytes is given up.
    public var largestReplyBytes: Int

    public init(
        _ method: Method, _ path: String, query: [(name: String, value: String)] = [], headers: [(name: String, value: String)] = [],
        body: [UInt8] = [], largestReplyBytes: Int = 16 << 20
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.largestReplyBytes = largestReplyBytes
    }

    /// A POST of `application/x-www-form-urlencoded`.
    public static func form(
        _ path: String, _ fields: [(name: String, value: String)], query: [(name: String, value: String)] = [], largestReplyBytes: Int = 16 << 20
    ) -> HTTPExchangeRequest {
        HTTPExchangeRequest(
            .post, path, query: query, headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: Array(encode(fields).utf8), largestReplyBytes: largestReplyBytes)
    }

    /// `name=value&…`, with every byte but letters, digits and `-._~` in percent notation (RFC 3986, section 2).
    static func encode(_ fields: [(name: String, value: String)]) -> String {
        fields.map { percent($0.name) + "=" + percent($0.value) }.joined(separator: "&")
    }

    private static func percent(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a server answered.
public struct HTTPReply: Sendable {
    public let status: Int
    public let contentType: String
    public let body: [UInt8]

    public init(status: Int, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// Why there is no reply; `description` is a sentence for a person.
public struct HTTPFailure: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is; cases may be added.
    public struct Kind: Sendable, Hashable {
        private enum Value { case unreachable, timedOut, broken, tooLarge, closed }
        private let value: Value

        /// No connection could be made.
        public static let unreachable = Kind(value: .unreachable)
        public static let timedOut = Kind(value: .timedOut)
        /// The connection ended before the reply did, or the reply was no HTTP.
        public static let broken = Kind(value: .broken)
        /// The reply has more bytes than the request allows.
        public static let tooLarge = Kind(value: .tooLarge)
        /// The client was closed.
        public static let closed = Kind(value: .closed)
    }

    public let kind: Kind
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
