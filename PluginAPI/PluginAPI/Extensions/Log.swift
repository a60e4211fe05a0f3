import CPluginAPI

/// `dsotp.log/1`: structured log lines under the service's name. Any thread. Without the extension, lines are dropped.
public struct Log: Sendable {
    let table: HostTable<dsotp_log>

    /// Severity of a line.
    public enum Level: UInt32, CaseIterable, Comparable, Sendable {
        case trace = 0
        case debug, info, notice, warning, error
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// Whether a line of this level would be kept.
    public func isEnabled(_ level: Level) -> Bool {
        guard let functions = table.functions else { return false }
        return functions.pointee.enabled(table.host, level.rawValue) == 1
    }

    /// Writes one line; `text` is composed only if the level is enabled.
    public func write(_ level: Level, _ text: @autoclosure () -> String, _ details: KeyValuePairs<String, String> = [:]) {
        guard let functions = table.functions, isEnabled(level) else { return }
        var texts = TextArena()
        defer { texts.release() }
        functions.pointee.write(
            table.host, level.rawValue, texts.copy(text()), texts.copy(details), UInt64(details.count))
    }

    /// For who develops the service.
    public func debug(_ text: @autoclosure () -> String, _ details: KeyValuePairs<String, String> = [:]) {
        write(.debug, text(), details)
    }
    /// What happened, in the ordinary course.
    public func info(_ text: @autoclosure () -> String, _ details: KeyValuePairs<String, String> = [:]) {
        write(.info, text(), details)
    }
    /// Something that an engineer may want to know.
    public func notice(_ text: @autoclosure () -> String, _ details: KeyValuePairs<String, String> = [:]) {
        write(.notice, text(), details)
    }
    /// Something is not as it should be; the service goes on.
    public func warning(_ text: @autoclosure () -> String, _ details: KeyValuePairs<String, String> = [:]) {
        write(.warning, text(), details)
    }
    /// Something failed and needs a person.
    public func error(_ text: @autoclosure () -> String, _ details: KeyValuePairs<String, String> = [:]) {
        write(.error, text(), details)
    }
}
