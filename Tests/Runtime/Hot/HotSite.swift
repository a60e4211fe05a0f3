import Foundation
import Logging
import Synchronization
import Testing

@testable import Runtime

/// A site that is watched, with a plugin folder of its own and the fakes around it.
final class HotSite: Sendable {
    let folder: TemporaryFolder
    let databus = FakeDatabus()
    let timeSeries = FakeTimeSeries()
    let supervisor: ServiceSupervisor
    let reload: SiteReload

    static let usual = "subscribe: [{topic: in/x}]\nconfig: {step: 1}"

    private init(folder: TemporaryFolder) throws {
        self.folder = folder
        var options = ServiceSupervisor.Options()
        options.firstBackoff = .milliseconds(10)
        options.longestBackoff = .milliseconds(50)
        options.runner = TestRunner.launch
        let site = try SiteFolder.load(folder.path)
        let data = folder.path + "/data"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        supervisor = try ServiceSupervisor(
            site: site, bridges: ServiceBridges(databus: databus, timeSeries: timeSeries, memory: FakeMemory()), dataFolder: data,
            hostVersion: "1.0.0", trust: CopyingTrust(folder: data + "/libraries"), logger: ProbeSite.logger, options: options)
        reload = SiteReload(site: site, supervisor: supervisor, logger: ProbeSite.logger)
    }

    /// A site with the service `counter`, started and watched.
    static func start(
        _ manifest: String = usual, isolation: String = "in-process", library: Data? = nil, folder: TemporaryFolder? = nil
    ) async throws -> HotSite {
        let isNew = folder == nil
        let folder = try folder ?? TemporaryFolder()
        if isNew {
            try folder.write("site.yaml", "site: test\nplugins: {folders: [plugins]}\n")
            let build = if let library { library } else { try await CounterLibrary.build() }
            try folder.write("plugins/.keep", "")
            try build.write(to: URL(fileURLWithPath: folder.path + "/plugins/libcounter.so"))
            try folder.write("services/counter.yaml", text(manifest, isolation: isolation))
        }
        let site = try HotSite(folder: folder)
        await site.supervisor.start()
        await site.reload.start()
        return site
    }

    /// The whole text of a manifest of a counter.
    static func text(_ manifest: String = usual, name: String = "counter", isolation: String = "in-process") -> String {
        "service: \(name)\nlibrary: counter\nisolation: \(isolation)\npublish: [\"out/#\"]\n\(manifest)\n"
    }

    /// Replaces the library as installers do: written under another name, then renamed.
    func install(_ library: Data) throws {
        try library.write(to: URL(fileURLWithPath: folder.path + "/plugins/libcounter.so"), options: .atomic)
    }

    func stop() async {
        reload.stop()
        await supervisor.shutdown()
    }

    func status(_ name: String = "counter") -> ServiceStatus? { try? supervisor.status(name) }
    var counts: [String] { databus.payloads("out/count") }
    var version: String? { status()?.module?.version }
    var refusal: String { status()?.revision.pendingRefusal ?? "" }

    /// Delivers a message and waits until it is counted as expected.
    func count(_ payload: String = "m", is expected: String, _ location: SourceLocation = #_sourceLocation) async throws {
        databus.deliver(payload, to: "counter")
        try await eventually("the count is \(expected), not \(counts.last ?? "none")", location) { counts.last == expected }
    }
}
