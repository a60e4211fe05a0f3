import Logging
import Synchronization

@testable import Runtime

/// A site with one probe service, its supervisor and the fakes around it.
final class ProbeSite: Sendable {
    let folder: TemporaryFolder
    let databus = FakeDatabus()
    let timeSeries = FakeTimeSeries()
    let memory = FakeMemory()
    let supervisor: ServiceSupervisor
    private let changes: Changes
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    final class Changes: Sendable {
        let seen = Mutex<[ServiceStateChange]>([])
    }

    /// - Parameter manifest: what the service's manifest has beside its name and library.
    init(
        mode: String, manifest: String = "", library: String = "probe", folder: TemporaryFolder? = nil,
        requestTimeout: Duration = .seconds(10), runner: RunnerLaunch = TestRunner.launch, config: String? = nil,
        clock: any ServiceClock = SystemServiceClock(), hosts: String? = nil
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        let libraries = try (library == "villain" ? Villain.library : CLibrary.probe).get().path
        try folder.write("site.yaml", "site: test\nplugins: {folders: [\(libraries)]}\n" + (hosts.map { "hosts: \($0)\n" } ?? ""))
        try folder.write(
            "services/probe.yaml",
            """
            service: probe
            library: \(library)
            publish: ["out/#"]
            config: \(config ?? "{mode: \(mode), release: \(folder.path)/release}")
            \(manifest)
            """)
        let changes = Changes()
        self.changes = changes
        var options = ServiceSupervisor.Options()
        options.firstBackoff = .milliseconds(10)
        options.longestBackoff = .milliseconds(50)
        options.runner = runner
        options.requestTimeout = requestTimeout
        options.healthInterval = .milliseconds(20)
        supervisor = try ServiceSupervisor(
            site: try SiteFolder.load(folder.path), bridges: ServiceBridges(databus: databus, timeSeries: timeSeries, memory: memory, clock: clock),
            dataFolder: folder.path, hostVersion: "1.0.0", logger: Self.logger,
            options: options
        ) { change in changes.seen.withLock { $0.append(change) } }
    }

    var status: ServiceStatus {
        get throws { try supervisor.status("probe") }
    }

    var state: ServiceState? { try? status.state }

    var stateHistory: [ServiceState] {
        changes.seen.withLock { $0.map(\.state) }.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    var incidents: [Incident] { (try? supervisor.incidents("probe")) ?? [] }

    var details: [String] { changes.seen.withLock { $0.map(\.detail) } }
}
