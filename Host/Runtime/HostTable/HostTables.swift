internal import CPluginAPI

/// The tables of the extensions that this host offers, by their identifiers. They live as long as the process.
enum HostTables {
    private struct Entry: @unchecked Sendable {
        // @unchecked: the table is written before the pointer is published and never again.
        let identifier: String
        let table: UnsafeRawPointer
    }

    private static let entries: [Entry] = [
        Entry(identifier: DSOTP_EXT_CLOCK, table: immortal(ClockTable.table)),
        Entry(identifier: DSOTP_EXT_COMMAND, table: immortal(CommandTable.table)),
        Entry(identifier: DSOTP_EXT_CONFIG, table: immortal(ConfigTable.table)),
        Entry(identifier: DSOTP_EXT_DATABUS, table: immortal(DatabusTable.table)),
        Entry(identifier: DSOTP_EXT_HTTP, table: immortal(HTTPTable.table)),
        Entry(identifier: DSOTP_EXT_KV, table: immortal(KVTable.table)),
        Entry(identifier: DSOTP_EXT_LOG, table: immortal(LogTable.table)),
        Entry(identifier: DSOTP_EXT_METRICS, table: immortal(MetricsTable.table)),
        Entry(identifier: DSOTP_EXT_TIMER, table: immortal(TimerTable.table)),
        Entry(identifier: DSOTP_EXT_TIMESERIES, table: immortal(TimeSeriesTable.table)),
    ]

    private static func immortal<Table>(_ table: Table) -> UnsafeRawPointer {
        let pointer = UnsafeMutablePointer<Table>.allocate(capacity: 1)
        pointer.initialize(to: table)
        return UnsafeRawPointer(pointer)
    }

    /// The table of an extension, or `nil` if the host does not offer it.
    static func table(_ identifier: dsotp_plugin_bytes) -> UnsafeRawPointer? {
        guard let given = UnsafeRawBufferPointer(identifier) else { return nil }
        return entries.first { $0.identifier.utf8.elementsEqual(given) }?.table
    }
}
