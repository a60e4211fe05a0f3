internal import Access
internal import Gateway
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Runtime
internal import Storage

/// The gateway's InfluxDB v1 API over the storage driver. The work is done on threads of its own: it blocks on the disk.
final class InfluxBridge: TimeSeriesGateway {
    private let driver: any StorageDriver
    private let engine: InfluxQLEngine
    private let writer: LineProtocolWriter
    private let threads: NIOThreadPool
    /// What `now()` is in a query, and the time of points that are written without one.
    private let clock: any ServiceClock
    private let trail: AuditTrail
    private let logger: Logger

    init(driver: any StorageDriver, threads: NIOThreadPool, clock: any ServiceClock, trail: AuditTrail, logger: Logger) {
        self.driver = driver
        self.trail = trail
        self.logger = logger
        self.threads = threads
        self.clock = clock
        engine = InfluxQLEngine(driver: driver)
        // As InfluxDB: a tag without a value is a mistake to be told, not to be mended.
        var options = LineProtocolOptions()
        options.refusesEmptyTagValues = true
        writer = LineProtocolWriter(driver: driver, options: options)
    }

    func write(_ request: TimeSeriesWrite) async -> TimeSeriesWriteOutcome {
        if let policy = request.retentionPolicy, !policy.isEmpty, policy != RetentionPolicyDescription.autogen.name {
            return .failed(status: 500, error: "retention policy not found: \(policy)")
        }
        do {
            let outcome = try await threads.runIfActive { [writer, clock] in
                try request.lines.withUnsafeReadableBytes { bytes in
                    try writer.write(
                        bytes, database: request.database, precision: LineProtocolPrecision(parameter: request.precision ?? "ns"),
                        now: clock.now())
                }
            }
            if let ticket = outcome.ticket, let error = await durability(of: ticket) {
                return .failed(status: 500, error: error.description)
            }
            return outcome.firstError.map { .failed(status: 400, error: $0) } ?? .written
        } catch let error as StorageError {
            return Self.failure(error, database: request.database)
        } catch {
            return .failed(status: 503, error: "the platform is shutting down")
        }
    }

    /// Waits until what the ticket stands for is durable.
    private func durability(of ticket: CommitTicket) async -> StorageError? {
        await withCheckedContinuation { continuation in
            driver.whenDurable(ticket) { continuation.resume(returning: $0) }
        }
    }

    private static func failure(_ error: StorageError, database: String) -> TimeSeriesWriteOutcome {
        switch error.code {
        case .databaseNotFound: .failed(status: 404, error: "database not found: \"\(database)\"")
        case .inputOutput, .closed: .failed(status: 500, error: error.description)
        // Clients try this again; a 400 would make them drop the points.
        case .quotaExceeded: .failed(status: 503, error: error.description)
        default: .failed(status: 400, error: error.description)
        }
    }

    func query(_ request: TimeSeriesQuery) async -> TimeSeriesAnswer {
        do {
            return try await threads.runIfActive { [self] in answer(request) }
        } catch {
            let body = ByteBuffer(bytes: InfluxQLOutcome.json(error: "the platform is shutting down"))
            return TimeSeriesAnswer(status: 503, contentType: "application/json", body: body)
        }
    }

    private func answer(_ request: TimeSeriesQuery) -> TimeSeriesAnswer {
        let known = Set(driver.databases())
        var statements: [InfluxQLStatement] = []
        let outcome = engine.execute(
            request.text, database: request.database, epoch: request.epoch.flatMap { EpochPrecision(parameter: $0) },
            parameters: request.parameters, now: clock.now(), isReadOnly: request.isGet,
            authorise: { statement in
                statements.append(statement)
                return Self.refusal(of: statement, caller: request.caller, databases: known)
            })
        audit(statements, errors: outcome.statementErrors, caller: request.caller)
        if request.acceptsCSV {
            return TimeSeriesAnswer(status: outcome.httpStatus, contentType: "text/csv", body: ByteBuffer(bytes: outcome.csv()))
        }
        guard request.isChunked else {
            let body = ByteBuffer(bytes: outcome.json(pretty: request.isPretty))
            return TimeSeriesAnswer(status: outcome.httpStatus, contentType: "application/json", body: body)
        }
        var body = ByteBuffer()
        outcome.writeChunks(size: request.chunkSize ?? 10_000, pretty: request.isPretty) { chunk in
            body.writeBytes(chunk)
            return true
        }
        return TimeSeriesAnswer(status: outcome.httpStatus, contentType: "application/json", body: body)
    }

    /// Records what made or removed something.
    private func audit(_ statements: [InfluxQLStatement], errors: [InfluxQLError?], caller: Caller) {
        for (statement, error) in zip(statements, errors) where statement.requiredRight == .administer {
            do {
                try trail.record(
                    AuditEntry(
                        who: caller.name, role: caller.role.rawValue, what: "storage.\(statement.name.lowercased())",
                        subject: statement.databases.joined(separator: ", "), outcome: error?.description ?? "done", from: ""))
            } catch {
                logger.error("the audit trail cannot be written: \(error)")
            }
        }
    }

    /// Why the caller may not run the statement, or `nil`.
    private static func refusal(of statement: InfluxQLStatement, caller: Caller, databases: Set<String>) -> String? {
        let least: CallerRole
        switch statement.requiredRight {
        case .read, .none: least = .viewer
        case .write: least = .operator
        case .administer:
            // Telegraf makes its database at every start; asking for one that exists changes nothing.
            let makesNothing = statement.createdDatabase.map { databases.contains($0) } ?? false
            least = makesNothing ? .operator : .admin
        }
        guard caller.role < least else { return nil }
        return "error authorizing query: \(caller.name) has the role \(caller.role.rawValue) and may not run \(statement.name); it needs \(least.rawValue)"
    }
}
