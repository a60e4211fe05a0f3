import Hummingbird

/// Why a request is refused: a status and a sentence, which becomes the body `{"error": sentence}`.
public struct GatewayError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: Hashable, Sendable {
        case badRequest, unauthorized, forbidden, notFound, methodNotAllowed, conflict, tooLarge, unsupportedMediaType, throttled, inner,
            unavailable, timeout
    }

    let code: Code
    public let description: String
    var retryAfterSeconds: Int?
    var allowedMethods: [String] = []

    private init(_ code: Code, _ sentence: String) {
        self.code = code
        description = sentence
    }

    /// 400: the request is malformed.
    public static func badRequest(_ sentence: String) -> GatewayError { GatewayError(.badRequest, sentence) }
    /// 403: the caller's role does not suffice, or the request comes from another site's page.
    public static func forbidden(_ sentence: String) -> GatewayError { GatewayError(.forbidden, sentence) }
    /// 404: there is no such thing.
    public static func notFound(_ sentence: String) -> GatewayError { GatewayError(.notFound, sentence) }
    /// 409: the state does not allow it.
    public static func conflict(_ sentence: String) -> GatewayError { GatewayError(.conflict, sentence) }
    /// 503: try again later.
    public static func unavailable(_ sentence: String) -> GatewayError { GatewayError(.unavailable, sentence) }
    /// 504: a service did not answer in time.
    public static func timeout(_ sentence: String) -> GatewayError { GatewayError(.timeout, sentence) }

    static func unauthorized(_ sentence: String) -> GatewayError { GatewayError(.unauthorized, sentence) }
    static func unsupportedMediaType(_ sentence: String) -> GatewayError { GatewayError(.unsupportedMediaType, sentence) }
    static func inner(_ sentence: String) -> GatewayError { GatewayError(.inner, sentence) }

    static func tooLarge(limit: Int) -> GatewayError {
        GatewayError(.tooLarge, "the request's body is larger than \(limit) bytes: send it in smaller parts")
    }

    static func throttled(retryAfterSeconds: Int) -> GatewayError {
        var error = GatewayError(.throttled, "too many failed log-ins: try again in \(retryAfterSeconds) s")
        error.retryAfterSeconds = retryAfterSeconds
        return error
    }

    static func methodNotAllowed(_ method: String, path: String, allowed: [String]) -> GatewayError {
        var error = GatewayError(
            .methodNotAllowed, "\(path) does not answer \(method): expected \(allowed.joined(separator: " or "))")
        error.allowedMethods = allowed
        return error
    }

    var status: HTTPResponse.Status {
        switch code {
        case .badRequest: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict: .conflict
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .throttled: .tooManyRequests
        case .inner: .internalServerError
        case .unavailable: .serviceUnavailable
        case .timeout: .gatewayTimeout
        }
    }
}
