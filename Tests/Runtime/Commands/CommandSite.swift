import Foundation
import Logging
import Synchronization
import Testing

@testable import Runtime

/// A clock that a test advances.
final class HandClock: ServiceClock {
    private let time = Atomic<Int64>(1_800_000_000_000_000_000)

    func now() -> Int64 { time.load(ordering: .sequentiallyConsistent) }
    func monotonic() -> Int64 { now() }
    func advance(_ seconds: Double) { time.wrappingAdd(Int64(seconds * 1e9), ordering: .sequentiallyConsistent) }
}

/// A record in memory.
final class MemoryAudit: CommandAudit {
    let entries = Mutex<[CommandRecord]>([])

    func record(_ entries: [CommandRecord]) { self.entries.withLock { $0 += entries } }

    /// `who what subject`.
    var lines: [String] { entries.withLock { $0.map { "\($0.who) \($0.what) \($0.subject)" } } }
}

/// Services that command what they are told (`Tests/Data/commander`), with a desk, a databus and a clock of the test's.
final class CommandSite: Sendable {
    let folder: TemporaryFolder
    let databus = FakeDatabus()
    let clock = HandClock()
    let audit = MemoryAudit()
    let desk: CommandDesk
    let supervisor: ServiceSupervisor

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A folder with `libcommander.so`, compiled once for all tests.
    private static let library: Result<TemporaryFolder, any Error> = Result {
        let folder = try TemporaryFolder()
        let source = URL(fileURLWithPath: CLibrary.headers).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Tests/Data/commander/commander.c")
        try CLibrary.compile(try String(contentsOf: source, encoding: .utf8), name: "commander", into: folder.path)
        return folder
    }

    /// - Parameter services: name and what its manifest says beside library, topics and publish.
    init(_ services: [(name: String, manifest: String)], site: String = "", folder: TemporaryFolder? = nil) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        let library = try Self.library.get().path
        try folder.write("site.yaml", "site: test\nplugins: {folders: [\(library)]}\n\(site)")
        for service in services {
            try folder.write(
                "services/\(service.name).yaml",
                "service: \(service.name)\nlibrary: commander\npublish: [\"out/#\", \"#\"]\nsubscribe: [in/x]\n\(service.manifest)\n")
        }
        let loaded = try SiteFolder.load(folder.path)
        desk = try CommandDesk(
            settings: loaded.commands, databus: databus, clock: clock, audit: audit, dataFolder: folder.path, logger: Self.logger)
        var options = ServiceSupervisor.Options()
        options.firstBackoff = .milliseconds(10)
        options.runner = TestRunner.launch
        supervisor = try ServiceSupervisor(
            site: loaded, bridges: ServiceBridges(databus: databus, timeSeries: FakeTimeSeries(), memory: FakeMemory(), commands: desk),
            dataFolder: folder.path, hostVersion: "1.0.0", logger: Self.logger, options: options)
    }

    func start() async {
        await desk.start()
        await supervisor.start()
    }

    func stop() async {
        await supervisor.shutdown()
        await desk.stop()
    }

    /// Advances the clock and lets the desk see it.
    func advance(_ seconds: Double) {
        clock.advance(seconds)
        desk.signal.wake()
    }

    /// Gives a service an order and waits for an answer on a topic; the last payload there.
    func order(_ text: String, to service: String, answer topic: String) async throws -> String {
        let seen = databus.payloads(topic).count
        databus.deliver(text, to: service)
        try await eventually("an answer to '\(text)'") { databus.payloads(topic).count > seen }
        return databus.payloads(topic).last ?? ""
    }

    /// What a device reports.
    func report(_ topic: String, _ payload: String) {
        guard let sink = databus.content.withLock({ $0.sinks["$commands"] }) else { return }
        sink.deliver(topic, payload)
        sink.deliveriesEnded()
    }

    static let balancing = "commands: {class: balancing, topics: [\"setpoints/#\"], rate: 2000/10s}"
    static let flisr = "commands: {class: flisr, topics: [\"setpoints/#\", \"switches/+/command\"], rate: 2000/10s}"
}
