import CPluginAPI
public import PluginAPI

/// A log line that the service wrote.
public struct LogLine: Hashable, Sendable {
    /// Its severity.
    public let level: Log.Level
    /// The sentence.
    public let text: String
    /// The structured details.
    public let details: [String: String]
}

let logTable = dsotp_log(
    size: UInt32(MemoryLayout<dsotp_log>.size), reserved: 0,
    enabled: { host, level in
        MemoryHost.quietly(host, .log, "enabled") == nil ? 0 : 1
    },
    write: { host, level, text, pairs, count in
        guard let host = MemoryHost.quietly(host, .log, "write") else { return }
        var details: [String: String] = [:]
        for pair in UnsafeBufferPointer(start: pairs, count: pairs == nil ? 0 : Int(count)) {
            details[String(pair.name)] = String(pair.value)
        }
        let line = LogLine(level: Log.Level(rawValue: level) ?? .error, text: String(text), details: details)
        host.withState { state in
            state.log.append(line)
            if state.keepsEvents { state.events.append(.logged(line, at: state.now)) }
        }
    })
