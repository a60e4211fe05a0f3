import CPluginAPI
import PluginAPI
import PluginTestKit
import Synchronization

/// A service whose tests give it its work as closures, by its name.
final class Probe: Service {
    /// What a test lets a probe do. @unchecked: set before the probe is made, then called on the probe's thread alone.
    final class Work: @unchecked Sendable {
        var configure: (Configuration) throws -> Void = { _ in }
        var start: (Host) throws -> Void = { _ in }
        var run: (Host) throws -> Void = { _ in }
        var process: (Host, MessageBatch) throws -> Void = { _, _ in }
        var respond: (Host, Request) throws -> Void = { _, _ in }
        var timer: (Host, UInt64, Timestamp) throws -> Void = { _, _, _ in }
        var health: () -> Health = { .well }
        var calls: [String] = []
    }

    static let works = Mutex<[String: Work]>([:])
    private let host: Host
    private let work: Work

    init(host: Host, name: String) throws {
        guard let work = Probe.works.withLock({ $0[name] }) else { throw ServiceError.notFound("no work for '\(name)'") }
        self.host = host
        self.work = work
    }

    func validate(_ configuration: Configuration) throws {
        work.calls.append("validate")
        try work.configure(configuration)
    }
    func configure(_ configuration: Configuration) throws {
        work.calls.append("configure")
        try work.configure(configuration)
    }
    func start() throws {
        work.calls.append("start")
        try work.start(host)
    }
    func process(_ batch: MessageBatch) throws {
        work.calls.append("process")
        if batch.count == 1, batch[0].topicText == "run" { return try work.run(host) }
        try work.process(host, batch)
    }
    func respond(to request: Request) throws { try work.respond(host, request) }
    func timer(_ timer: UInt64, at now: Timestamp) throws { try work.timer(host, timer, now) }
    func drain(until deadline: Timestamp) throws { work.calls.append("drain") }
    func stop() throws { work.calls.append("stop") }
    func health() -> Health { work.health() }

    private static let module = Module(
        identifier: "org.example.probe", version: "1.2.3", summary: "A probe.", create: { Probe.create($0, $1, $2, $3) })

    static let library = ServiceLibrary(entry: { Probe.module.entry($0) })

    /// A harness around a probe that does `work`.
    static func harness(
        _ work: Work, config: String = "{}", permissions: Permissions = .all, withholding: Set<HostExtension> = [],
        starts: Bool = true
    ) throws -> ServiceHarness {
        let name = Probe.works.withLock { works in
            let name = "probe-\(works.count)"
            works[name] = work
            return name
        }
        return try ServiceHarness(
            library: library, name: name, config: config, permissions: permissions, withholding: withholding, starts: starts)
    }

    /// Runs a closure in a callback of a service; what it throws comes back through the C tables.
    @discardableResult static func run(
        permissions: Permissions = .all, config: String = "{}", withholding: Set<HostExtension> = [],
        _ body: @escaping (Host) throws -> Void
    ) throws -> ServiceHarness {
        let work = Work()
        work.run = body
        return try harness(work, config: config, permissions: permissions, withholding: withholding).publish("run", "")
    }
}
