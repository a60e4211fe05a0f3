import Logging
import Synchronization
import Testing

@testable import Databus

/// Runs `body` with a databus that is linked to a broker at some ports of this machine.
func withLink(
    to ports: [Int], logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), withholds: Bool = false,
    _ configure: (inout LinkOptions) -> Void = { _ in }, _ body: (Broker) async throws -> Void
) async throws {
    var link = LinkOptions(addresses: ports.map { .init(host: "127.0.0.1", port: $0) }, clientIdentifier: "host-1")
    link.firstPauseSeconds = 0.02
    link.longestPauseSeconds = 0.1
    configure(&link)
    try await withBroker(logger: logger, { options in
        options.link = link
        options.withholdsForAbsentServices = withholds
    }, body)
}

/// Waits until the link is as wanted, at most thirty seconds.
func waitForLink(_ broker: Broker, _ condition: (LinkStatus) -> Bool) async throws -> LinkStatus {
    for _ in 0..<3_000 {
        if let status = await broker.linkStatus(), condition(status) { return status }
        try await Task.sleep(for: .milliseconds(10))
    }
    let status = await broker.linkStatus()
    Issue.record("the link stayed as it is: \(String(describing: status))")
    return try #require(status)
}

/// Log lines as they are written.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var logger: Logger { Logger(label: "test", factory: { _ in Handler(lines: self) }) }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}
