internal import struct Gateway.Caller
internal import enum Gateway.CallerRole
internal import struct Gateway.GatewayError
internal import struct Gateway.ServiceCounters
internal import struct Gateway.ServiceLease
internal import struct Gateway.ServiceOpenAPIFragment
internal import struct Gateway.ServiceQueue
internal import struct Gateway.ServiceRates
internal import struct Gateway.ServiceRequest
internal import struct Gateway.ServiceResponse
internal import struct Gateway.ServiceRevision
internal import struct Gateway.ServiceStatus
internal import struct Gateway.Timestamp
internal import protocol Gateway.ServiceAdministration
internal import protocol Gateway.ServiceRequests
internal import NIOCore
internal import Runtime
internal import Topics

/// The gateway's view of the services: the supervisor's, with rates.
struct ServicesBridge: ServiceAdministration {
    let supervisor: ServiceSupervisor
    let rates: RateMeter

    func services() async -> [ServiceStatus] {
        supervisor.list().map { status($0) }
    }

    func service(named name: String) async -> ServiceStatus? {
        guard let status = try? supervisor.status(name) else { return nil }
        return self.status(status)
    }

    private func status(_ status: Runtime.ServiceStatus) -> ServiceStatus {
        var shown = ServiceStatus(status, rates: rates.rates(of: status.service))
        let incidents = (try? supervisor.incidents(status.service)) ?? []
        shown.incidents = incidents.count
        shown.lastIncident = incidents.first.map { Timestamp(milliseconds: $0.time / 1_000_000) }
        return shown
    }

    func enable(_ name: String) async throws {
        do { try await supervisor.enable(name) } catch { throw GatewayError(error) }
    }

    func disable(_ name: String) async throws {
        do { try await supervisor.disable(name) } catch { throw GatewayError(error) }
    }

    func restart(_ name: String) async throws {
        do { try await supervisor.restart(name) } catch { throw GatewayError(error) }
    }

    func incidents(of name: String) async -> [String]? { try? supervisor.incidents(name).map(\.json) }
}

extension ServiceRevision {
    fileprivate init(_ revision: Runtime.ServiceStatus.Revision) {
        self.init(
            digest: revision.digest ?? "", pendingRefusal: revision.pendingRefusal, isPutAside: revision.isRolledBack,
            previous: revision.previous.map {
                Previous(version: $0.version, digest: $0.digest, replaced: Timestamp(milliseconds: $0.replaced / 1_000_000))
            }, hasShadow: revision.hasShadow)
    }
}

extension GatewayError {
    init(_ error: SupervisorError) {
        self =
            switch error.kind {
            case .notFound: .notFound(error.description)
            case .conflict: .conflict(error.description)
            case .inputOutput: .unavailable(error.description)
            }
    }
}

extension ServiceStatus {
    fileprivate init(_ status: Runtime.ServiceStatus, rates: ServiceRates) {
        var counters = ServiceCounters()
        counters.received = Int(status.counters.received)
        counters.dropped = Int(status.counters.dropped)
        counters.refused = Int(status.counters.refused)
        counters.processed = Int(status.counters.processed)
        counters.errors = Int(status.counters.errors)
        counters.published = Int(status.counters.published)
        counters.pointsWritten = Int(status.counters.points)
        counters.spilled = Int(status.counters.spilled)
        counters.replayed = Int(status.counters.replayed)
        self.init(
            name: status.service, state: status.state.rawValue, detail: status.detail, enabled: status.isEnabled, library: status.library,
            version: status.module?.version ?? "", subscribes: status.subscriptions.map(\.filter.description), publishes: status.publish,
            counters: counters,
            queue: ServiceQueue(
                messages: status.queue.messages, bytes: status.queue.bytes, capacityBytes: status.queue.capacityBytes,
                overflow: status.queue.overflow.rawValue, spilledMessages: status.queue.spilledMessages,
                spilledBytes: status.queue.spilledBytes, capacitySpillBytes: status.queue.capacitySpill),
            rates: rates, restarts: status.restarts, since: Timestamp(milliseconds: status.since / 1_000_000),
            revision: ServiceRevision(status.revision))
        labels = Dictionary(status.labels.map { ($0.key, $0.value) }) { $1 }
        queue.capacityMessages = status.queue.capacityMessages
        description = status.description
        manifest = "\(status.manifest)"
        isolation = status.isolation.rawValue
        isolationDetail = status.isolationDetail
        replicas = status.replicas.rawValue
        lease = status.holding.map {
            ServiceLease(name: $0.lease, host: $0.host, here: $0.isHere, term: $0.term, since: Timestamp(milliseconds: $0.since / 1_000_000))
        }
        identifier = status.module?.identifier ?? ""
    }
}

/// Requests below `/api/<service>`, handed to the services.
struct RequestsBridge: ServiceRequests {
    let supervisor: ServiceSupervisor

    func forward(_ request: ServiceRequest, to service: String) async throws -> ServiceResponse {
        guard let path = PercentEncoding.decode(request.path) else {
            throw GatewayError.badRequest("the path '\(request.path)' is not well-formed: expected UTF-8, percent-encoded")
        }
        guard let items = PercentEncoding.queryItems(request.query) else {
            throw GatewayError.badRequest("the query '\(request.query)' is not well-formed: expected name=value pairs in UTF-8, percent-encoded")
        }
        let answer = await supervisor.request(
            service: service,
            Runtime.ServiceRequest(
                method: request.method, path: path, query: items, contentType: request.contentType,
                body: Array(request.body.readableBytesView), user: request.caller.name, role: SiteRole(request.caller.role)))
        return ServiceResponse(status: answer.status, contentType: answer.contentType, body: ByteBuffer(bytes: answer.body),
            allowedMethods: answer.allowedMethods)
    }

    func openAPIFragments() async -> [ServiceOpenAPIFragment] {
        supervisor.openAPI().map { ServiceOpenAPIFragment(service: $0.service, json: $0.json) }
    }
}

extension SiteRole {
    fileprivate init(_ role: CallerRole) {
        self =
            switch role {
            case .viewer: .viewer
            case .operator: .operator
            case .engineer: .engineer
            case .admin: .admin
            }
    }
}

extension OpenAPIFragment {
    /// The fragment as the gateway wants it: paths relative to `/api/<service>`.
    fileprivate var json: String {
        let prefix = "/api/\(service)"
        var paths: [(path: String, operations: [Operation])] = []
        for operation in operations {
            let path = operation.path.hasPrefix(prefix) ? String(operation.path.dropFirst(prefix.count)) : operation.path
            if let index = paths.firstIndex(where: { $0.path == path }) {
                paths[index].operations.append(operation)
            } else {
                paths.append((path, [operation]))
            }
        }
        let members = paths.map { path, operations in
            let methods = operations.map { "\(jsonText($0.method)):\($0.json)" }.joined(separator: ",")
            return "\(jsonText(path)):{\(methods)}"
        }
        let schemas = schemasJSON.map { #","components":{"schemas":\#($0)}"# } ?? ""
        return #"{"paths":{\#(members.joined(separator: ","))}\#(schemas),"tags":[{"name":\#(jsonText(service)),"description":\#(jsonText(description))}]}"#
    }
}

/// A JSON string.
func jsonText(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": json += "\\\""
        case "\\": json += "\\\\"
        case "\n": json += "\\n"
        case let control where control.value < 0x20:
            json += "\\u00" + (control.value < 16 ? "0" : "") + String(control.value, radix: 16)
        default: json.unicodeScalars.append(scalar)
        }
    }
    return json + "\""
}
