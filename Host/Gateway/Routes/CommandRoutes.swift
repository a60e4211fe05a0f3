import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// Commands of devices: who holds which, operators' own commands, blocks for work, and the dry run of the site.
struct CommandRoutes: Sendable {
    let administration: any CommandAdministration
    let audit: any AuditSink

    private static let tag = "Commands"
    private static let number = RouteDocumentation.Parameter.path("command", "The command's number.")
    private static let device = RouteDocumentation.Parameter.path("device", "The asset or the mRID of the switch.")

    var routes: [Route] { reading + changing }

    private var reading: [Route] {
        [
            get(
                "/api/commands", "Commands that have not ended, and the last ones that have; the latest change first",
                parameters: [
                    .query("device", "Of this device."), .query("service", "Of this service or user."),
                    .query("class", "Of this class: optimisation, balancing, flisr, operator or protection."),
                    .query("outcome", "Whose latest outcome is this one, for example not-confirmed."),
                    .query("active", "`true` for those that have not ended, `false` for the others."),
                    .query("limit", "At most so many: 1 to 5000, usually 200."),
                ],
                success: (200, "The commands.", .json("CommandList")), failures: [400]
            ) { call in
                let list = try await administration.commands(Self.query(call.form))
                return Reply.text("{\"commands\":[\(list.joined(separator: ","))]}", type: "application/json")
            },
            get("/api/commands/dry-run", "Whether commands are only rehearsed", success: (200, "The dry run.", .json("CommandDryRun"))) { _ in
                try Reply.json(DryRun(dry_run: await administration.isDryRun()))
            },
            get(
                "/api/commands/devices", "Devices that are held, waited for or blocked; the blocked ones first, then those of the higher class",
                parameters: [.query("limit", "At most so many: 1 to 5000, usually 200.")],
                success: (200, "The devices.", .json("CommandDeviceList")), failures: [400]
            ) { call in
                let page = await administration.devices(limit: try Self.limit(call.form))
                let list = page.devices.joined(separator: ",")
                return Reply.text(
                    "{\"devices\":[\(list)],\"held\":\(page.held),\"locked\":\(page.locked),\"waiting\":\(page.waiting)}", type: "application/json")
            },
            get(
                "/api/commands/devices/{device}", "Who holds a device, who waits for it, who blocked it", parameters: [Self.device],
                success: (200, "The device.", .json("CommandDevice")), failures: [400]
            ) { call in
                Reply.text(await administration.device(try Self.deviceName(call)), type: "application/json")
            },
            get(
                "/api/commands/{command}", "One command", parameters: [Self.number], success: (200, "The command.", .json("Command")),
                failures: [404]
            ) { call in
                guard let found = await administration.command(try Self.commandNumber(call)) else { throw Self.unknown(call) }
                return Reply.text(found, type: "application/json")
            },
        ]
    }

    private var changing: [Route] {
        [
            change(
                .post, "/api/commands", .operator, "Command a device, with the class operator", body: "CommandOrder",
                success: (200, "The command.", .json("Command")), failures: [400, 409], what: "command.submit"
            ) { call, note in
                let order = try await Self.order(call)
                note(order.device ?? order.topic ?? "")
                return Reply.text(try await administration.submit(order, by: try call.caller), type: "application/json")
            },
            change(
                .post, "/api/commands/{command}/cancel", .operator, "Cancel a command of whomever; what was published stays so", parameters: [Self.number],
                success: (200, "The command.", .json("Command")), failures: [404], what: "command.cancel"
            ) { call, note in
                note(call.parameter("command"))
                guard let ended = try await administration.cancel(try Self.commandNumber(call), by: try call.caller) else { throw Self.unknown(call) }
                return Reply.text(ended, type: "application/json")
            },
            change(
                .put, "/api/commands/devices/{device}/lock", .operator, "Block a device for work: none but protection acts on it",
                parameters: [Self.device], body: "CommandLock", success: (200, "The device.", .json("CommandDevice")), failures: [400, 409, 503],
                what: "device.lock"
            ) { call, note in
                let device = try Self.deviceName(call)
                note(device)
                let lock: LockBody = try await Self.decode(call, expected: #"{"note": "…"}"#)
                try await administration.lock(device, note: lock.note, by: try call.caller)
                return Reply.text(await administration.device(device), type: "application/json")
            },
            change(
                .delete, "/api/commands/devices/{device}/lock", .operator, "Release a device that is blocked", parameters: [Self.device],
                success: (200, "The device.", .json("CommandDevice")), failures: [400, 403, 404, 503], what: "device.unlock"
            ) { call, note in
                let device = try Self.deviceName(call)
                note(device)
                try await administration.unlock(device, by: try call.caller)
                return Reply.text(await administration.device(device), type: "application/json")
            },
            change(
                .put, "/api/commands/dry-run", .engineer, "Switch the dry run of the site: commands are decided, recorded and told, and not published",
                body: "CommandDryRun", success: (200, "The dry run.", .json("CommandDryRun")), failures: [400, 503], what: "commands.dry-run"
            ) { call, note in
                let wanted: DryRun = try await Self.decode(call, expected: #"{"dry_run": true}"#)
                note(wanted.dry_run ? "on" : "off")
                try await administration.setDryRun(wanted.dry_run, by: try call.caller)
                return try Reply.json(wanted)
            },
        ]
    }

    private func get(
        _ path: String, _ summary: String, parameters: [RouteDocumentation.Parameter] = [],
        success: (Int, String, RouteDocumentation.Content?), failures: [Int] = [], _ handler: @escaping @Sendable (Call) async throws -> Response
    ) -> Route {
        Route(
            method: .get, path: path, access: .role(.viewer),
            documentation: RouteDocumentation(tag: Self.tag, summary: summary, parameters: parameters, success: success, failures: failures),
            handler: handler)
    }

    /// A route that changes something: who did it to what, and with which outcome, goes to the audit trail.
    private func change(
        _ method: HTTPRequest.Method, _ path: String, _ role: CallerRole, _ summary: String, parameters: [RouteDocumentation.Parameter] = [],
        body: String? = nil, success: (Int, String, RouteDocumentation.Content?), failures: [Int], what: String,
        _ act: @escaping @Sendable (Call, (String) -> Void) async throws -> Response
    ) -> Route {
        Route(
            method: method, path: path, access: .role(role), bodyLimit: 128 << 10,
            documentation: RouteDocumentation(
                tag: Self.tag, summary: summary, parameters: parameters, requestBody: body.map { .json($0) }, success: success, failures: failures),
            handler: { call in
                var subject = ""
                do {
                    let response = try await act(call) { subject = $0 }
                    await record(call, what, subject, "done")
                    return response
                } catch {
                    await record(call, what, subject, "\(error)")
                    throw error
                }
            })
    }

    private func record(_ call: Call, _ what: String, _ subject: String, _ outcome: String) async {
        await audit.record(
            AuditEvent(
                who: call.verifiedCaller?.name ?? "", role: call.verifiedCaller?.role.rawValue, what: what, subject: String(subject.prefix(256)),
                outcome: outcome, address: call.context.address))
    }

    private static func unknown(_ call: Call) -> GatewayError {
        .notFound("there is no command \(call.parameter("command").prefix(40)) that could be meant: see /api/commands")
    }
}

extension CommandRoutes {
    private struct DryRun: Codable {
        let dry_run: Bool
    }
    private struct LockBody: Decodable {
        let note: String
    }
    private struct OrderBody: Decodable {
        let device: String?
        let topic: String?
        let payload: JSONValue?
        let value: Double?
        let unit: String?
        let hold_seconds: Double?
        let expires_in_seconds: Double?
        let reason: String?
        let key: String?
        let dry_run: Bool?
        let despite_lock: Bool?
        let confirm: ConfirmBody?
    }
    private struct ConfirmBody: Decodable {
        let topic: String
        let field: String?
        let value: JSONValue?
        let tolerance: Double?
        let within_seconds: Double?
    }

    private static func decode<Body: Decodable>(_ call: Call, expected: String) async throws -> Body {
        let body = try await call.body()
        do {
            return try JSONDecoder().decode(Body.self, from: Data(body.readableBytesView))
        } catch {
            throw GatewayError.badRequest("the body is not as expected: \(expected)\(member(of: error))")
        }
    }

    /// Which member an error of decoding is about.
    private static func member(of error: any Error) -> String {
        let path: [any CodingKey]? =
            switch error as? DecodingError {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): context.codingPath
            case .keyNotFound(let key, let context): context.codingPath + [key]
            default: nil
            }
        guard let path, !path.isEmpty else { return "" }
        return " (look at '\(path.map(\.stringValue).joined(separator: "."))')"
    }

    private static func order(_ call: Call) async throws -> CommandOrder {
        let body: OrderBody = try await decode(
            call, expected: #"{"device": "…", "value": 12.5, "unit": "kW", "hold_seconds": 600, "reason": "…"} or {"topic": "…", "payload": {…}}"#)
        guard body.device != nil || body.topic != nil else { throw GatewayError.badRequest("the command names no device: expected device or topic") }
        guard (body.payload == nil) != (body.value == nil) else {
            throw GatewayError.badRequest("a command has one content: expected payload or value, got \(body.payload == nil ? "neither" : "both")")
        }
        for (name, seconds) in [("hold_seconds", body.hold_seconds), ("expires_in_seconds", body.expires_in_seconds)] {
            guard let seconds, !(0...604_800).contains(seconds) else { continue }
            throw GatewayError.badRequest("\(name) is \(seconds): expected 0 to 604800 seconds")
        }
        let confirmation = body.confirm.map { confirm in
            CommandOrder.Confirmation(
                topic: confirm.topic, field: confirm.field ?? "", value: confirm.value?.text ?? "", tolerance: confirm.tolerance ?? 0,
                withinSeconds: confirm.within_seconds ?? 10)
        }
        return CommandOrder(
            device: body.device, topic: body.topic, payload: body.payload?.text, value: body.value, unit: body.unit ?? "",
            holdSeconds: body.hold_seconds ?? 0, expiresInSeconds: body.expires_in_seconds, reason: body.reason ?? "", key: body.key ?? "",
            isDryRun: body.dry_run ?? false, isDespiteLock: body.despite_lock ?? false, confirmation: confirmation)
    }

    private static func query(_ form: Form) throws(GatewayError) -> CommandQuery {
        var query = CommandQuery()
        query.device = form["device"]
        query.service = form["service"]
        query.commandClass = form["class"]
        query.outcome = form["outcome"]
        switch form["active"] {
        case nil: break
        case "true": query.isActive = true
        case "false": query.isActive = false
        case let other?: throw .badRequest("active is '\(other.prefix(40))': expected true or false")
        }
        query.limit = try limit(form)
        return query
    }

    private static func limit(_ form: Form) throws(GatewayError) -> Int {
        guard let text = form["limit"] else { return 200 }
        guard let limit = Int(text), (1...5_000).contains(limit) else { throw .badRequest("limit is '\(text.prefix(40))': expected 1 to 5000") }
        return limit
    }

    private static func commandNumber(_ call: Call) throws(GatewayError) -> UInt64 {
        guard let number = UInt64(call.parameter("command")) else { throw unknown(call) }
        return number
    }

    /// The device of the path, which the route has decoded once: a `%` in it is one of the device's name.
    private static func deviceName(_ call: Call) throws(GatewayError) -> String {
        let name = call.parameter("device")
        let isName = (1...256).contains(name.utf8.count) && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && !"/+#".utf8.contains($0) }
        guard isName else {
            throw .badRequest(
                "the device is malformed (expected 1 … 256 bytes without '/', '+', '#' and control characters, percent-encoded once; got "
                    + "'\(name.prefix(80))')")
        }
        return name
    }
}
