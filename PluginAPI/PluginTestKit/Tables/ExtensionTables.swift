import CPluginAPI
import PluginAPI

/// The tables of the in-memory host. Filled once and then only read, for the life of the process; the host that a call is for
/// comes with each call.
struct ExtensionTables: @unchecked Sendable {
    static let shared = ExtensionTables()

    private let tables: [HostExtension: UnsafeRawPointer] = [
        .log: UnsafeRawPointer(permanent(logTable)),
        .clock: UnsafeRawPointer(permanent(clockTable)),
        .timer: UnsafeRawPointer(permanent(timerTable)),
        .databus: UnsafeRawPointer(permanent(databusTable)),
        .timeseries: UnsafeRawPointer(permanent(timeseriesTable)),
        .http: UnsafeRawPointer(permanent(httpTable)),
        .config: UnsafeRawPointer(permanent(configTable)),
        .kv: UnsafeRawPointer(permanent(keyValueTable)),
        .metrics: UnsafeRawPointer(permanent(metricsTable)),
        .command: UnsafeRawPointer(permanent(commandTable)),
    ]

    /// `get_extension` of the host.
    static func find(_ host: UnsafePointer<dsotp_host>?, _ identifier: dsotp_plugin_bytes) -> UnsafeRawPointer? {
        guard let host = MemoryHost.of(host) else { return nil }
        guard host.withState({ $0.isOpen }) else {
            host.violation("get_extension is called outside of the time from configure to stop")
            return nil
        }
        guard let wanted = HostExtension(rawValue: String(identifier)), !host.withheld.contains(wanted) else { return nil }
        return shared.tables[wanted]
    }
}
