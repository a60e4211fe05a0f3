import Logging
import Synchronization
import Testing

@testable import Runtime

@Suite("Log of a service")
struct ServiceLogTests {
    /// Keeps what is logged.
    private struct Keeper: LogHandler {
        final class Lines: Sendable {
            let all = Mutex<[(text: String, metadata: Logger.Metadata)]>([])
        }
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let merged = metadata.merging(event.metadata ?? [:]) { $1 }
            lines.all.withLock { $0.append(("\(event.message)", merged)) }
        }
    }

    @Test("A flood is cut to its burst, and the next line that passes says how many were suppressed")
    func flood() async throws {
        let lines = Keeper.Lines()
        let log = ServiceLog(service: "s", logger: Logger(label: "test") { _ in Keeper(lines: lines) })
        for _ in 0..<5_000 { log.write(.warning, "flood", [:]) }
        let passed = lines.all.withLock { $0.count }
        #expect(passed >= Int(ServiceLog.burst) && passed < 1_000)
        try await eventually("a line passes again") {
            log.write(.warning, "after", [:])
            return lines.all.withLock { $0.contains { $0.metadata["suppressed"] != nil } }
        }
        #expect(lines.all.withLock { $0.allSatisfy { $0.metadata["service"] == "s" } })
    }

    @Test("Lines below the level are not written, and refusals are told once for each subject")
    func quiet() {
        let lines = Keeper.Lines()
        let log = ServiceLog(service: "s", logger: Logger(label: "test") { _ in Keeper(lines: lines) })
        log.write(.debug, "detail", [:])
        #expect(!log.isEnabled(.debug) && lines.all.withLock { $0.isEmpty })
        let refusals = RefusalLog(log: log)
        for _ in 0..<100 { refusals.refused("publish to 'a'", remedy: "add it") }
        refusals.refused("publish to 'b'", remedy: "add it")
        #expect(lines.all.withLock { $0.map(\.text) } == [
            "refused: publish to 'a' is not permitted by the manifest; add it", "refused: publish to 'b' is not permitted by the manifest; add it",
        ])
    }
}
