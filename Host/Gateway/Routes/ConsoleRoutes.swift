import HTTPTypes
import Hummingbird
import NIOCore

/// The web console's static files.
struct ConsoleRoutes: Sendable {
    let files: ConsoleFiles

    var routes: [Route] {
        [
            redirect("/"), redirect("/console"),
            page("/console/{path...}") { $0.parameter("path") },
        ]
    }

    private func redirect(_ path: String) -> Route {
        Route(
            method: .get, path: path, access: .open, documentation: Self.hidden,
            handler: { call in
                // The console's own addresses are relative to /console/.
                if call.request.uri.path == "/console/" { return try file("index.html", call) }
                return Reply.empty(.found, headers: [.location: "/console/"])
            })
    }

    private func page(_ path: String, _ name: @escaping @Sendable (Call) -> String) -> Route {
        Route(method: .get, path: path, access: .open, documentation: Self.hidden, handler: { call in try file(name(call), call) })
    }

    private static let hidden = RouteDocumentation(
        tag: "Console", summary: "The web console", success: (200, "A file.", nil), isHidden: true)

    private func file(_ name: String, _ call: Call) throws(GatewayError) -> Response {
        guard let file = files[name] else {
            throw .notFound("the console has no file '\(name.prefix(100))'\(files.hint(for: name))")
        }
        let headers: HTTPFields = [.eTag: file.tag, .cacheControl: "no-cache"]
        if call.request.headers[.ifNoneMatch] == file.tag { return Reply.empty(.notModified, headers: headers) }
        return Reply.bytes(ByteBuffer(bytes: file.bytes), type: file.type, headers: headers)
    }
}
