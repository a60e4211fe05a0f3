internal import Logging
internal import Synchronization

/// The log of one service: every line carries the service's name, and a service that floods is cut to a steady rate.
final class ServiceLog: Sendable {
    /// Lines that may come at once.
    static let burst = 200.0
    /// Lines a second that may come for ever.
    static let rate = 50.0

    private struct Bucket {
        var tokens = ServiceLog.burst
        var filled: Int64
        var suppressed: UInt64 = 0
    }

    private let logger: Logger
    private let bucket: Mutex<Bucket>
    /// The last lines, for incidents.
    private let lines = Mutex<[String]>([])
    static let keptLines = 50

    init(service: String, logger: Logger) {
        var logger = logger
        logger[metadataKey: "service"] = .string(service)
        self.logger = logger
        bucket = Mutex(Bucket(filled: MachineClock.monotonic()))
    }

    /// The number of the least severe level that is written, counted from trace.
    var leastLevel: Int { Logger.Level.allCases.firstIndex(of: logger.logLevel) ?? 0 }

    func isEnabled(_ level: Logger.Level) -> Bool { level >= logger.logLevel }

    /// Writes a line of the service, or counts it as suppressed; the next line that passes says how many were.
    func write(_ level: Logger.Level, _ text: String, _ metadata: Logger.Metadata) {
        guard isEnabled(level) else { return }
        let now = MachineClock.monotonic()
        let suppressed: UInt64? = bucket.withLock { bucket in
            bucket.tokens = min(Self.burst, bucket.tokens + Double(now - bucket.filled) * Self.rate / 1e9)
            bucket.filled = now
            guard bucket.tokens >= 1 else {
                bucket.suppressed += 1
                return nil
            }
            bucket.tokens -= 1
            defer { bucket.suppressed = 0 }
            return bucket.suppressed
        }
        guard let suppressed else { return }
        var metadata = metadata
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        keep(level, text)
        logger.log(level: level, "\(text)", metadata: metadata)
    }

    private func keep(_ level: Logger.Level, _ text: String) {
        let line = "\(level.rawValue): \(text.prefix(500))"
        lines.withLock { lines in
            if lines.count == Self.keptLines { lines.removeFirst() }
            lines.append(line)
        }
    }

    /// The last lines that were written, oldest first.
    var lastLines: [String] { lines.withLock { $0 } }

    /// A line of the host about the service; not limited.
    func host(_ level: Logger.Level, _ text: String) {
        keep(level, text)
        logger.log(level: level, "\(text)")
    }
}

/// Logs calls that the manifest does not permit: the first of each kind at once, then at most one line a minute with their number.
final class RefusalLog: Sendable {
    private struct Entry {
        var count: UInt64
        var logged: Int64
    }
    private let entries = Mutex<[String: Entry]>([:])
    private let log: ServiceLog

    init(log: ServiceLog) { self.log = log }

    /// - Parameter subject: what was refused: `publish to alarms/x`.
    func refused(_ subject: String, remedy: String) {
        let now = MachineClock.monotonic()
        let count: UInt64? = entries.withLock { entries in
            // A service that tries ever new topics must not grow the host's memory.
            let key = entries[subject] != nil || entries.count < 256 ? subject : ""
            guard var entry = entries[key] else {
                entries[key] = Entry(count: 1, logged: now)
                return 1
            }
            entry.count += 1
            let isDue = now - entry.logged >= 60_000_000_000
            if isDue { entry.logged = now }
            entries[key] = entry
            return isDue ? entry.count : nil
        }
        guard let count else { return }
        let times = count > 1 ? ", \(count) times by now" : ""
        log.host(.warning, "refused: \(subject) is not permitted by the manifest\(times); \(remedy)")
    }
}
