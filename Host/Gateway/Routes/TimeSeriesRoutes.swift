import HTTPTypes
import Hummingbird
import NIOCore

/// The HTTP API of InfluxDB 1.x: /ping, /write and /query.
struct TimeSeriesRoutes: Sendable {
    let store: any TimeSeriesGateway

    /// As InfluxDB's `max-body-size`.
    static let writeLimit = 25 << 20

    var routes: [Route] {
        [HTTPRequest.Method.get, .head].map { ping("/ping", $0) } + [HTTPRequest.Method.get, .head].map { ping("/status", $0) }
            + [write, query(.get), query(.post)]
    }

    private func ping(_ path: String, _ method: HTTPRequest.Method) -> Route {
        Route(
            method: method, path: path, access: .open, dialect: .influx,
            documentation: RouteDocumentation(
                tag: "InfluxDB 1.x", summary: "Whether the store answers, and as which version of InfluxDB",
                success: (204, "It does.", nil)),
            handler: { _ in
                var headers: HTTPFields = [.contentType: "application/json"]
                Influx.addHeaders(to: &headers)
                return Reply.empty(.noContent, headers: headers)
            })
    }

    private var write: Route {
        Route(
            method: .post, path: "/write", access: .role(.operator), dialect: .influx, bodyLimit: Self.writeLimit,
            documentation: RouteDocumentation(
                tag: "InfluxDB 1.x", summary: "Write points in line protocol",
                parameters: [
                    .query("db", "The database.", required: true, minimumLength: 1), .query("rp", "The retention policy; the default one when left out."),
                    .query("precision", "Unit of the timestamps: n or ns (default), u, ms, s, m or h; anything else means ns, as in InfluxDB."),
                    .query("consistency", "Accepted and ignored."), .query("u", "User, in place of the Authorization header."),
                    .query("p", "Password."),
                ],
                requestBody: .text("text/plain"), success: (204, "All points are stored durably.", nil), failures: [400, 404, 413, 415, 500]),
            handler: { call in
                guard let database = call.form["db"], !database.isEmpty else { throw GatewayError.badRequest("database is required") }
                let request = TimeSeriesWrite(
                    lines: try await lines(call), database: database, retentionPolicy: call.form["rp"].flatMap { $0.isEmpty ? nil : $0 },
                    precision: call.form["precision"], caller: try call.caller)
                return Self.reply(to: await store.write(request))
            })
    }

    /// The lines to write, decompressed.
    private func lines(_ call: Call) async throws -> ByteBuffer {
        let body = try await call.body()
        switch call.request.headers[.contentEncoding]?.lowercased() {
        case nil, "identity": return body
        case "gzip": return body.readableBytes == 0 ? body : try Gunzip.decompress(body, limit: call.route.bodyLimit)
        case .some(let other):
            throw GatewayError.unsupportedMediaType("the Content-Encoding is \(other.prefix(40)): expected gzip or none")
        }
    }

    private static func reply(to outcome: TimeSeriesWriteOutcome) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        Influx.addHeaders(to: &headers)
        switch outcome {
        case .written:
            return Reply.empty(.noContent, headers: headers)
        case .failed(let status, let error):
            headers[Influx.errorHeader] = Influx.headerText(error)
            let body = ByteBuffer(string: JSONValue.object([("error", .string(error))]).text + "\n")
            return Reply.bytes(
                body, type: "application/json", status: HTTPResponse.Status(code: (400..<600).contains(status) ? status : 500),
                headers: headers)
        }
    }

    private func query(_ method: HTTPRequest.Method) -> Route {
        Route(
            method: method, path: "/query", access: .role(.viewer), dialect: .influx,
            documentation: RouteDocumentation(
                tag: "InfluxDB 1.x", summary: "Query in InfluxQL; statements that change something need the role operator",
                parameters: [
                    .query("q", "One or several statements, separated by semicolons.", required: method == .get, minimumLength: 1),
                    .query("db", "The database."), .query("rp", "The retention policy."),
                    .query("epoch", "Unit of times in the answer: ns, u, ms, s, m or h; RFC 3339 when left out."),
                    .query("params", "A JSON object of bind parameters."), .query("pretty", "true: indented JSON."),
                    .query("chunked", "true: in parts."), .query("chunk_size", "Points of a part."),
                    .query("u", "User, in place of the Authorization header."), .query("p", "Password."),
                ],
                requestBody: method == .post ? .init(types: ["application/x-www-form-urlencoded", "multipart/form-data"], schema: nil) : nil,
                success: (200, "Results and errors of each statement.", .json("QueryResult")), failures: [400, 413]),
            handler: answerQuery)
    }

    @Sendable private func answerQuery(_ call: Call) async throws -> Response {
        let caller = try call.caller
        guard let text = call.form["q"], !text.isEmpty else { throw GatewayError.badRequest("missing required parameter \"q\"") }
        if QueryKind.mayChange(text) {
            guard caller.role >= .operator else {
                throw GatewayError.forbidden(
                    "user '\(caller.name)' has the role \(caller.role.rawValue): a statement that may change something needs the role "
                        + CallerRole.operator.rawValue)
            }
            try CrossSiteGuard.check(call.request, credential: call.credential)
        }
        let accept = call.request.headers[.accept]?.lowercased() ?? ""
        let answer = await store.query(
            TimeSeriesQuery(
                text: text, database: call.form["db"], retentionPolicy: call.form["rp"].flatMap { $0.isEmpty ? nil : $0 },
                epoch: call.form["epoch"], parameters: call.form["params"], isPretty: call.form["pretty"] == "true",
                isChunked: call.form["chunked"] == "true", chunkSize: call.form["chunk_size"].flatMap { Int($0) },
                acceptsCSV: accept.hasPrefix("application/csv") || accept.hasPrefix("text/csv"), isGet: call.request.method != .post,
                caller: caller))
        var headers = HTTPFields()
        Influx.addHeaders(to: &headers)
        return Reply.bytes(
            answer.body, type: answer.contentType,
            status: HTTPResponse.Status(code: (200..<600).contains(answer.status) ? answer.status : 500), headers: headers)
    }
}
