import PluginAPI
import Readings
import SiteCalendar

/// Writes what the databus carries to files that spreadsheets open: one a day and class of topics.
///
/// The rows of a batch are written before the batch is done. If that fails, the host delivers the batch again, so that rows of the files
/// that could be written may come twice, and none is lost.
final class CSVExporter: Service {
    private let host: Host
    private let name: String
    private var settings: CSVSettings?
    private var tables: [CSVTable] = []
    private var files: DayFiles?
    private var parser = MessageParser()
    private var parsed = ParsedMessage()
    private var counters: CSVCounters?
    private var failure: String?
    /// The last message that could not be read, and why.
    private var refusal: (topic: String, reason: String)?

    private static let filesRoute: UInt32 = 1
    private static let fileRoute: UInt32 = 2
    private static let statusRoute: UInt32 = 3
    private static let minuteTimer: UInt64 = 1
    /// How long after the end of an interval its row is written: devices send late.
    private static let graceSeconds = 30

    init(host: Host, name: String) {
        self.host = host
        self.name = name
    }

    func validate(_ configuration: Configuration) throws { _ = try CSVSettings(configuration) }

    func configure(_ configuration: Configuration) throws { settings = try CSVSettings(configuration) }

    func start() throws {
        guard let settings else { throw ServiceError.invalidState("the service is started before it is configured") }
        files = try DayFiles(folder: settings.folder, form: settings.form)
        tables = settings.tables.map { CSVTable($0, settings) }
        counters = try CSVCounters(host.metrics)
        try host.http.add(Self.filesRoute, "GET", "/files", operation: CSVStatus.filesOperation(service: name))
        try host.http.add(Self.fileRoute, "GET", "/files/{file}", operation: CSVStatus.fileOperation)
        try host.http.add(Self.statusRoute, "GET", "/status", operation: CSVStatus.operation(service: name))
        try host.http.setSchemas(CSVStatus.schemas(service: name))
        let now = host.clock.now
        try host.timers.set(Self.minuteTimer, first: now, every: .seconds(60))
    }

    func process(_ batch: MessageBatch) throws {
        // What makes rows at once is written before anything is summed up: if writing fails, the batch comes again, and nothing counts twice.
        var refused = take(batch, isFirstPass: true) { !$0.sumsUp }
        let rows = try write { !$0.sumsUp }
        refused += take(batch, isFirstPass: false) { $0.sumsUp }
        counters?.add(messages: batch.count, rows: rows, refused: refused)
    }

    func timer(_ timer: UInt64, at now: Timestamp) throws {
        guard let settings else { return }
        for index in tables.indices { tables[index].close(before: now.wholeSeconds - Self.graceSeconds) }
        counters?.add(messages: 0, rows: try write { $0.sumsUp }, refused: 0)
        guard let keptDays = settings.keptDays else { return }
        let today = settings.zone.local(now.wholeSeconds).day
        files?.remove(before: today.adding(days: -keptDays), tables: settings.tables.map(\.name))
    }

    func respond(to request: Request) throws {
        let names = tables.map(\.name)
        let response: Response
        switch request.route {
        case Self.filesRoute: response = .json(CSVStatus.list(files?.list(tables: names) ?? []))
        case Self.fileRoute:
            let wanted = request.pathParameter("file") ?? ""
            guard let bytes = try files?.read(wanted, tables: names) else {
                throw ServiceError.notFound("there is no file '\(wanted)': GET /files lists those that there are")
            }
            response = Response(contentType: "text/csv; charset=utf-8; header=present", body: bytes)
        default:
            response = .json(CSVStatus.status(counters: counters, tables: names, folder: settings?.folder ?? "", refusal: refusal, failure: failure))
        }
        try host.http.respond(to: request.number, with: response)
    }

    func health() -> Health { failure.map { .degraded($0) } ?? .well }

    func drain(until deadline: Timestamp) throws {
        for index in tables.indices { tables[index].close(before: .max) }
        _ = try write { $0.sumsUp }
    }

    func stop() throws {
        files = nil
        tables = []
        parser.release()
    }

    /// Takes the messages of some of the tables; those of no table are refused in the first pass.
    /// - Returns: how many can't be read.
    private func take(_ batch: MessageBatch, isFirstPass: Bool, where isMeant: (CSVTable) -> Bool) -> Int {
        var refused = 0
        for message in batch {
            let topic = message.topic
            do throws(MessageRefusal) {
                if let index = tables.firstIndex(where: { $0.matches(topic) }) {
                    guard isMeant(tables[index]) else { continue }
                    if let part = try tables[index].add(message, &parser, &parsed) { refusal = (message.topicText, part) }
                } else if isFirstPass {
                    throw MessageRefusal("no table has this topic: add it to the topics of one")
                }
            } catch {
                refused += 1
                refusal = (message.topicText, error.reason)
            }
        }
        return refused
    }

    /// Writes what some of the tables hold; returns how many rows.
    private func write(_ isMeant: (CSVTable) -> Bool) throws(ServiceError) -> Int {
        guard let files else { return 0 }
        var rows = 0
        do throws(ServiceError) {
            for index in tables.indices where isMeant(tables[index]) { rows += try tables[index].write(to: files) }
            failure = nil
        } catch {
            for index in tables.indices { tables[index].discard() }
            failure = error.sentence
            throw ServiceError(error.status, error.sentence, isRetryable: true)
        }
        return rows
    }
}
