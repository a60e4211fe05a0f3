import Hummingbird
import Logging
import NIOCore
import Synchronization

@testable import Gateway

/// Users `viewer`, `operator`, `engineer`, `admin` with the password `secret`; tokens are `token-<n>`.
final class FakeAuthenticator: Authenticator {
    let sessions = Mutex<[String: Caller]>([:])
    private let issued = Mutex(0)

    func authenticate(user: String, password: String, address: String) async -> AuthenticationResult {
        if user == "blocked" { return .throttled(retryAfterSeconds: 7) }
        guard let role = CallerRole(rawValue: user), password == "secret" else { return .refused }
        return .accepted(Caller(name: user, role: role))
    }

    func openSession(for caller: Caller) async -> Session {
        let number = issued.withLock { number in
            number += 1
            return number
        }
        sessions.withLock { $0["token-\(number)"] = caller }
        return Session(token: "token-\(number)", lifetimeSeconds: 3600)
    }

    func caller(forToken token: String) async -> Caller? { sessions.withLock { $0[token] } }
    func closeSession(token: String) async { sessions.withLock { $0[token] = nil } }
}

/// The rest of the host: two services, a store that keeps what it is given, and an audit trail in memory.
final class FakeHost: ServiceAdministration, RevisionAdministration, ServiceRequests, TimeSeriesGateway, DatabusStatistics, StoreStatistics, MetricsSource, ReadinessSource, AuditSink {
    struct State {
        var enabled = ["database-adapter": true, "forecasting": false]
        var writes: [TimeSeriesWrite] = []
        var queries: [TimeSeriesQuery] = []
        var forwarded: [ServiceRequest] = []
        var audit: [AuditEvent] = []
        var writeOutcome = TimeSeriesWriteOutcome.written
        var reasonNotReady: String?
        var fragments: [ServiceOpenAPIFragment] = []
    }
    let state = Mutex(State())

    func services() async -> [ServiceStatus] {
        state.withLock { state in state.enabled.sorted { $0.key < $1.key }.map { Self.status($0.key, enabled: $0.value) } }
    }

    func service(named name: String) async -> ServiceStatus? {
        state.withLock { state in state.enabled[name].map { Self.status(name, enabled: $0) } }
    }

    private static func status(_ name: String, enabled: Bool) -> ServiceStatus {
        var counters = ServiceCounters()
        counters.pointsWritten = 42
        return ServiceStatus(
            name: name, state: enabled ? "running" : "disabled", detail: "", enabled: enabled, library: "lib.so", version: "1.0.0",
            subscribes: ["/pmu/#"], publishes: [], counters: counters, queue: ServiceQueue(messages: 1, bytes: 2, capacityBytes: 3),
            rates: ServiceRates(processed: 1.5), restarts: 0, since: Timestamp(milliseconds: 1_700_000_000_123))
    }

    func incidents(of name: String) async -> [String]? {
        state.withLock { state in state.enabled[name].map { $0 ? [#"{"reason":"crash","signal":11}"#] : [] } }
    }

    func enable(_ name: String) async throws { try set(name, true) }
    func disable(_ name: String) async throws { try set(name, false) }
    func restart(_ name: String) async throws {
        guard state.withLock({ $0.enabled[name] }) != false else { throw GatewayError.conflict("service '\(name)' is disabled: enable it first") }
        try set(name, true)
    }

    func manifests() async -> ManifestOverview {
        ManifestOverview(manifests: [.init(file: "services/a.yaml", service: "a", problems: "")], restartNeeded: ["databus.listen"])
    }

    func manifest(of name: String) async -> String? { state.withLock { $0.enabled[name] == nil ? nil : "service: \(name)\n" } }

    func plan(_ yaml: [UInt8], for name: String?) async -> ManifestReport {
        let isWrong = yaml.isEmpty
        return ManifestReport(
            service: name ?? "named", file: "services/a.yaml", effect: "exchange", changes: [.init(key: "config.a", old: "1", new: nil)],
            problems: isWrong ? [.init(file: "services/a.yaml", line: 3, sentence: "unknown key 'colour'")] : [])
    }

    func put(_ yaml: [UInt8], for name: String) async throws -> ManifestReport {
        if name == "forecasting" { throw GatewayError.conflict("the manifest is refused, and what ran before runs on: no") }
        return await plan(yaml, for: name)
    }

    func delete(_ name: String) async throws {
        let known = state.withLock { $0.enabled.removeValue(forKey: name) }
        if known == nil { throw GatewayError.notFound("there is no service '\(name)'") }
    }

    func rollBack(_ name: String) async throws {
        if name != "database-adapter" { throw GatewayError.conflict("the service '\(name)' has nothing to go back to") }
    }

    func shadow(of name: String) async throws -> ServiceShadow {
        let counts = ServiceShadow.Counts(equal: 7, different: 1, missing: 0, extra: 2)
        return ServiceShadow(
            service: name, version: "2.0.0", digest: "", state: "running", detail: "", processed: 8, errors: 0, dropped: 0,
            since: Timestamp(milliseconds: 0), total: counts, outputs: [.init(kind: "topic", name: "a/b", counts: counts, waiting: 0)],
            differences: [.init(kind: "topic", name: "a/b", time: Timestamp(milliseconds: 0), running: "1", shadow: nil)])
    }

    func promote(_ name: String) async throws { try await rollBack(name) }
    func discardShadow(_ name: String) async throws { try await rollBack(name) }

    func libraries() async -> [LibraryEntry] {
        [
            LibraryEntry(
                path: "/p/liba.so", digest: "sha256:00", identifier: "org.example.a", version: "1.0.0", summary: "", abi: "1.0", trust: "signed",
                detail: "", usedBy: ["a"])
        ]
    }

    private func set(_ name: String, _ isEnabled: Bool) throws(GatewayError) {
        let isKnown = state.withLock { state in
            guard state.enabled[name] != nil else { return false }
            state.enabled[name] = isEnabled
            return true
        }
        if !isKnown { throw .notFound("there is no service '\(name)'") }
    }

    func forward(_ request: ServiceRequest, to service: String) async throws -> ServiceResponse {
        state.withLock { $0.forwarded.append(request) }
        switch service {
        case "database-adapter":
            return ServiceResponse(status: 201, contentType: "application/json", body: ByteBuffer(string: #"{"ok":true}"#))
        case "forecasting":
            return request.path == "/runs"
                ? ServiceResponse(
                    status: 405, contentType: "application/json", body: ByteBuffer(string: #"{"error":"no"}"#), allowedMethods: ["GET", "PUT"])
                : ServiceResponse(status: 404, contentType: "application/json", body: ByteBuffer(string: #"{"error":"no such run"}"#))
        case "liar":
            return ServiceResponse(status: 42, contentType: "text/plain\r\nX-Evil: 1", body: ByteBuffer())
        default:
            throw GatewayError.notFound("there is no service '\(service)'")
        }
    }

    func openAPIFragments() async -> [ServiceOpenAPIFragment] { state.withLock { $0.fragments } }

    func write(_ request: TimeSeriesWrite) async -> TimeSeriesWriteOutcome {
        state.withLock { state in
            state.writes.append(request)
            return state.writeOutcome
        }
    }

    func query(_ request: TimeSeriesQuery) async -> TimeSeriesAnswer {
        state.withLock { $0.queries.append(request) }
        return TimeSeriesAnswer(
            status: 200, contentType: request.acceptsCSV ? "text/csv" : "application/json",
            body: ByteBuffer(string: "{\"results\":[{\"statement_id\":0}]}\n"))
    }

    func databusStatus() async -> DatabusStatus {
        let client = DatabusClientStatus(
            client: "pmu-1", user: "device", address: "10.0.0.7", isClean: true, subscriptions: 0, queued: 0, inFlight: 0, dropped: 0)
        return DatabusStatus(driver: "embedded", clients: [client], connections: 1, retainedMessages: 2, received: 5, sent: 6, dropped: 0, refused: 0)
    }

    func storeStatus() async -> StoreStatus {
        var engine = StoreEngineStatus()
        (engine.product, engine.address, engine.problem, engine.waitingPoints) = ("InfluxDB", "http://tsdb:8086", "it is away", 12)
        return StoreStatus(driver: "influxdb", pointsWritten: 5, pointsRefused: 0, columns: 2, bytesOnDisk: 100, engine: engine)
    }

    func prometheusText() async -> String { "dsotp_up 1\n" }
    func reasonNotReady() async -> String? { state.withLock { $0.reasonNotReady } }
    func record(_ event: AuditEvent) async { state.withLock { $0.audit.append(event) } }
}

/// A gateway over fakes.
struct TestGateway {
    let authenticator = FakeAuthenticator()
    let host = FakeHost()
    let commands = FakeCommands()
    let hub: LiveHub
    let gateway: Gateway

    init(hub: LiveHub = LiveHub(), configure: (inout GatewayConfiguration) -> Void = { _ in }) {
        self.hub = hub
        var configuration = GatewayConfiguration(port: 0)
        configuration.heartbeatSeconds = 1
        configure(&configuration)
        var logger = Logger(label: "gateway-tests")
        logger.logLevel = .critical
        gateway = Gateway(
            configuration: configuration,
            parts: Gateway.Parts(
                authenticator: authenticator, administration: host, revisions: host, commands: commands, requests: host, timeSeries: host, liveFeed: hub, databus: host, store: host,
                metrics: host, readiness: host, audit: host),
            logger: logger)
    }
}
