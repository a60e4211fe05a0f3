internal import Databus
internal import Gateway
internal import Glibc
internal import Runtime
internal import Storage

/// The platform's metrics: services and runtime, databus, storage, process.
struct MetricsBridge: MetricsSource {
    let supervisor: ServiceSupervisor
    let desk: CommandDesk
    let broker: Broker
    let store: any StorageDriver
    let placement: Placement?

    func prometheusText() async -> String {
        var text = PrometheusText()
        if let bus = await broker.statistics() {
            text.add("dsotp_databus_clients_connected", .gauge, "Clients connected.", Double(bus.connectedClients))
            text.add("dsotp_databus_sessions", .gauge, "Sessions, connected or kept.", Double(bus.sessions))
            text.add("dsotp_databus_subscriptions", .gauge, "Topic filters subscribed.", Double(bus.subscriptions))
            text.add("dsotp_databus_retained_messages", .gauge, "Retained messages.", Double(bus.retained))
            text.add("dsotp_databus_messages_received_total", .counter, "Messages received.", Double(bus.traffic.received))
            text.add("dsotp_databus_messages_sent_total", .counter, "Messages sent to clients.", Double(bus.traffic.sent))
            text.add("dsotp_databus_messages_dropped_total", .counter, "Messages dropped.", Double(bus.traffic.dropped))
            text.add("dsotp_databus_refused_total", .counter, "Publications and subscriptions forbidden.", Double(bus.traffic.refused))
            text.add("dsotp_databus_received_bytes_total", .counter, "Bytes read from clients.", Double(bus.traffic.bytesReceived))
            text.add("dsotp_databus_sent_bytes_total", .counter, "Bytes sent to clients.", Double(bus.traffic.bytesSent))
        }
        if let link = await broker.linkStatus() { text.add(link) }
        let storage = store.statistics()
        text.add("dsotp_storage_points_written_total", .counter, "Points accepted.", Double(storage.pointsWritten))
        text.add("dsotp_storage_points_refused_total", .counter, "Points refused.", Double(storage.pointsRefused))
        text.add("dsotp_storage_commits_total", .counter, "Group commits.", Double(storage.commits))
        text.add("dsotp_storage_columns", .gauge, "Columns in the catalogue.", Double(storage.columns))
        text.add("dsotp_storage_bytes", .gauge, "Bytes on disk.", Double(storage.bytesOnDisk))
        if let engine = storage.engine { text.add(engine) }
        text.addProcess()
        return text.text + supervisor.metricsText() + desk.metricsText() + (placement?.metricsText() ?? "")
    }
}

/// Metrics in Prometheus' text format 0.0.4.
struct PrometheusText {
    private(set) var text = ""

    enum Kind: String {
        case counter, gauge
    }

    /// Adds a metric without labels.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n\(name) \(value)\n"
    }

    /// Adds the metrics of the link to an external broker.
    mutating func add(_ link: LinkStatus) {
        add("dsotp_databus_link_connected", .gauge, "1 while the external broker has accepted the connection.", link.isConnected ? 1 : 0)
        add("dsotp_databus_link_connections_total", .counter, "Connections to the external broker.", Double(link.connections))
        add("dsotp_databus_link_failures_total", .counter, "Attempts that failed and connections lost.", Double(link.failures))
        add("dsotp_databus_link_subscriptions", .gauge, "Topic filters subscribed at the external broker.", Double(link.subscriptions))
        add("dsotp_databus_link_in_flight", .gauge, "Publications sent and not acknowledged.", Double(link.inFlight))
        add("dsotp_databus_link_queued", .gauge, "Publications waiting for the external broker.", Double(link.queued))
        add("dsotp_databus_link_queued_bytes", .gauge, "Bytes of publications waiting or in flight.", Double(link.queuedBytes))
        add("dsotp_databus_link_sent_total", .counter, "Publications sent to the external broker.", Double(link.sent))
        add("dsotp_databus_link_received_total", .counter, "Publications received from the external broker.", Double(link.received))
        add("dsotp_databus_link_dropped_total", .counter, "QoS 0 publications dropped while the broker was away.", Double(link.dropped))
        add("dsotp_databus_link_unacknowledged", .gauge, "Publications received that wait for services.", Double(link.unacknowledged))
        add("dsotp_databus_sessions_connected", .gauge, "Services connected to a session of their own at the external broker.", Double(link.sessions.count(where: \.isConnected)))
        add("dsotp_databus_sessions_lost", .gauge, "Services here that have no connection to their own session at the external broker.", Double(link.sessions.count { !$0.isConnected }))
    }

    /// Adds how it stands with an external engine.
    mutating func add(_ engine: EngineStatistics) {
        add("dsotp_storage_engine_up", .gauge, "Whether the engine takes points.", engine.failure == nil ? 1 : 0)
        add("dsotp_storage_engine_points_sent_total", .counter, "Points that the engine has taken.", Double(engine.pointsSent))
        add("dsotp_storage_engine_points_repeated_total", .counter, "Points sent again after a restart of the engine.", Double(engine.pointsRepeated))
        add("dsotp_storage_engine_points_rejected_total", .counter, "Points that the engine refused for good.", Double(engine.pointsRejected))
        add("dsotp_storage_engine_retries_total", .counter, "Writes to the engine that failed and are tried again.", Double(engine.retries))
        add("dsotp_storage_spool_points", .gauge, "Points that wait for the engine.", Double(engine.spooledPoints))
        add("dsotp_storage_spool_bytes", .gauge, "Bytes of the spool.", Double(engine.spooledBytes))
        add("dsotp_storage_spool_limit_bytes", .gauge, "Bytes at which the spool is full.", Double(engine.largestSpoolBytes))
        add("dsotp_storage_spool_oldest_seconds", .gauge, "Age of the oldest point that waits.", engine.oldestAgeSeconds)
        add("dsotp_storage_spool_refusals_total", .counter, "Writes refused because the spool was full.", Double(engine.spoolRefusals))
    }

    /// Adds the metrics that Prometheus recommends for every process.
    mutating func addProcess() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        add("process_cpu_seconds_total", .counter, "CPU time used.", seconds(usage.ru_utime) + seconds(usage.ru_stime))
        add("process_resident_memory_bytes", .gauge, "Memory in use.", Double(Self.residentBytes()))
    }

    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        guard fgets(&buffer, 256, file) != nil else { return 0 }
        let fields = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
