internal import Synchronization

/// The host as a shadow sees it: it reads what is there, and what it publishes, writes and remembers is compared or kept for itself.
final class ShadowBridges: ServiceDatabus, ServiceTimeSeries, ServiceMemory {
    private let real: ServiceBridges
    private let comparison: ShadowComparison
    private struct Columns {
        var names: [UInt64: String] = [:]
        var own: [ColumnName: UInt64] = [:]
    }
    private let columns = Mutex(Columns())
    /// What the shadow remembers beside what the service does; `nil` for what it removed.
    private let memory = Mutex<[String: [UInt8]?]>([:])
    /// Handles of columns that the store does not have begin here.
    private static let firstOwnHandle: UInt64 = 1 << 62

    private init(real: ServiceBridges, comparison: ShadowComparison) {
        self.real = real
        self.comparison = comparison
    }

    static func bridges(over real: ServiceBridges, comparison: ShadowComparison) -> ServiceBridges {
        let shadow = ShadowBridges(real: real, comparison: comparison)
        var bridges = real
        bridges.databus = shadow
        bridges.timeSeries = shadow
        bridges.memory = shadow
        // A shadow commands nothing: there is no arbiter for it.
        bridges.commands = nil
        return bridges
    }

    func subscribe(
        service: String, subscriptions: [ServiceSubscription], sink: any MessageSink, holding: (@Sendable () -> Bool)?
    ) async throws -> any DatabusSubscription {
        try await real.databus.subscribe(service: service, subscriptions: subscriptions, sink: sink, holding: holding)
    }

    func forget(service: String) async {}

    func publish(service: String, messages: UnsafeBufferPointer<OutgoingMessage>) -> Int {
        comparison.record(messages, from: .shadow)
        return messages.count
    }

    func resolve(_ name: ColumnName, type: PointType) throws(ServiceTimeSeriesError) -> UInt64 {
        let found = try find(database: name.database, measurement: name.measurement, tags: name.tags, field: name.field)
        if let column = found.first(where: { Set($0.name.tags) == Set(name.tags) && $0.type == type }) { return column.column }
        return columns.withLock { columns in
            if let known = columns.own[name] { return known }
            let handle = Self.firstOwnHandle + UInt64(columns.own.count)
            columns.own[name] = handle
            columns.names[handle] = name.text
            return handle
        }
    }

    func write(_ points: PointBuffers) throws(ServiceTimeSeriesError) -> UInt64 {
        let names = columns.withLock { columns in points.columns.map { columns.names[$0] ?? "column \($0)" } }
        comparison.record(points, names: names, from: .shadow)
        return 1
    }

    func whenDurable(_ ticket: UInt64, _ body: @escaping @Sendable (ServiceTimeSeriesError?) -> Void) { body(nil) }

    func find(
        database: String, measurement: String, tags: [ColumnTag], field: String?
    ) throws(ServiceTimeSeriesError) -> [FoundColumn] {
        let found = try real.timeSeries.find(database: database, measurement: measurement, tags: tags, field: field)
        columns.withLock { columns in
            for column in found { columns.names[column.column] = column.name.text }
        }
        return found
    }

    func read(
        column: UInt64, from: Int64, through: Int64, descending: Bool, _ body: (PointRunBuffers) -> Bool
    ) throws(ServiceTimeSeriesError) {
        if column >= Self.firstOwnHandle { return }
        try real.timeSeries.read(column: column, from: from, through: through, descending: descending, body)
    }

    func get(service: String, key: String) throws(ServiceMemoryError) -> [UInt8]? {
        if let own = memory.withLock({ $0[key] }) { return own }
        return try real.memory.get(service: service, key: key)
    }

    func put(service: String, key: String, value: [UInt8], quota: Int) throws(ServiceMemoryError) {
        let taken = memory.withLock { memory in
            let others = memory.reduce(0) { $0 + ($1.key == key ? 0 : $1.key.utf8.count + ($1.value?.count ?? 0)) }
            guard others + key.utf8.count + value.count <= quota else { return false }
            memory[key] = .some(value)
            return true
        }
        if !taken { throw .quotaExceeded("the shadow's memory is full (expected at most \(quota) bytes)") }
    }

    func remove(service: String, key: String) throws(ServiceMemoryError) { memory.withLock { $0[key] = .some(nil) } }

    func visit(service: String, prefix: String, _ body: (_ key: String, _ value: [UInt8]) -> Bool) throws(ServiceMemoryError) {
        var all: [String: [UInt8]] = [:]
        try real.memory.visit(service: service, prefix: prefix) { key, value in
            all[key] = value
            return true
        }
        for (key, value) in memory.withLock({ $0 }) where key.hasPrefix(prefix) { all[key] = value }
        for (key, value) in all.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            guard body(key, value) else { return }
        }
    }
}
