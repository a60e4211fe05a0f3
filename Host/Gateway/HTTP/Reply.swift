import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// Makes responses.
enum Reply {
    /// A value as JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try bytes(ByteBuffer(bytes: encoder.encode(value)), type: "application/json", status: status, headers: headers)
    }

    static func bytes(
        _ body: ByteBuffer, type: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    static func text(_ text: String, type: String) -> Response { bytes(ByteBuffer(string: text), type: type) }

    static func empty(_ status: HTTPResponse.Status, headers: HTTPFields = [:]) -> Response {
        Response(status: status, headers: headers)
    }

    /// An error as a body `{"error": sentence}`, in the dialect of its route.
    static func error(_ error: GatewayError, dialect: RouteDialect) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let seconds = error.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if !error.allowedMethods.isEmpty { headers[.allow] = error.allowedMethods.joined(separator: ", ") }
        let body = JSONValue.object([("error", .string(error.description))]).text
        switch dialect {
        case .platform:
            return Response(status: error.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
        case .influx:
            Influx.addHeaders(to: &headers)
            headers[Influx.errorHeader] = Influx.headerText(error.description)
            return Response(status: error.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body + "\n")))
        }
    }
}
