import CPluginAPI

/// The host as a service sees it: what it offers, sorted by extension. Any thread may use it between the begin of `configure` and
/// the return of `stop`, except ``configuration``, which belongs to the service's own thread.
public struct Host: Sendable {
    /// Structured log lines.
    public let log: Log
    /// The time to go by.
    public let clock: HostClock
    /// Calls at given times.
    public let timers: Timers
    /// Publishing.
    public let databus: Databus
    /// Writing and reading points.
    public let timeseries: TimeSeries
    /// Routes and answers.
    public let http: HTTPRoutes
    /// Single values of the configuration.
    public let configuration: ConfigurationValues
    /// A small durable memory.
    public let keyValues: KeyValues
    /// Numbers about the service itself.
    public let metrics: Metrics
    /// Acting on devices.
    public let commands: Commands

    /// Asks the host for all extensions, and refuses if one of `required` is missing. Call it in [lifecycle], from `configure` on.
    init(_ host: UnsafePointer<dsotp_host>, requiring required: Set<HostExtension>) throws(ServiceError) {
        log = Log(table: try HostTable(host, .log, through: \.write))
        clock = HostClock(table: try HostTable(host, .clock, through: \.monotonic))
        timers = Timers(table: try HostTable(host, .timer, through: \.cancel))
        databus = Databus(table: try HostTable(host, .databus, through: \.publish))
        timeseries = TimeSeries(table: try HostTable(host, .timeseries, through: \.read))
        http = HTTPRoutes(table: try HostTable(host, .http, through: \.respond))
        configuration = ConfigurationValues(table: try HostTable(host, .config, through: \.get_key))
        keyValues = KeyValues(table: try HostTable(host, .kv, through: \.visit))
        metrics = Metrics(table: try HostTable(host, .metrics, through: \.observe))
        commands = Commands(table: try HostTable(host, .command, through: \.device))
        let missing = required.subtracting(offered).map(\.identifier).sorted()
        guard missing.isEmpty else {
            throw .unsupported(
                "the service needs \(missing.joined(separator: ", ")), which this host does not offer: use a host that does")
        }
    }

    /// The extensions that this host offers, of those that this library knows.
    public var offered: Set<HostExtension> {
        var found: Set<HostExtension> = []
        if log.table.functions != nil { found.insert(.log) }
        if clock.table.functions != nil { found.insert(.clock) }
        if timers.table.functions != nil { found.insert(.timer) }
        if databus.table.functions != nil { found.insert(.databus) }
        if timeseries.table.functions != nil { found.insert(.timeseries) }
        if http.table.functions != nil { found.insert(.http) }
        if configuration.table.functions != nil { found.insert(.config) }
        if keyValues.table.functions != nil { found.insert(.kv) }
        if metrics.table.functions != nil { found.insert(.metrics) }
        if commands.table.functions != nil { found.insert(.command) }
        return found
    }
}
