internal import Synchronization

/// Between a service that runs and the host's databus and store: passes everything on, and tells a comparison of it while there is one.
final class OutputTap: Sendable {
    private let comparison = Mutex<ShadowComparison?>(nil)
    private let isOpen = Atomic<Bool>(false)
    /// Names of columns by the store's handles.
    private let columns = Mutex<[UInt64: String]>([:])

    /// Tells a comparison from now on, or nobody.
    func listen(_ comparison: ShadowComparison?) {
        self.comparison.withLock { $0 = comparison }
        isOpen.store(comparison != nil, ordering: .releasing)
    }

    /// The same bridges, with this tap before databus and store.
    func bridges(over bridges: ServiceBridges) -> ServiceBridges {
        var tapped = bridges
        tapped.databus = TappedDatabus(databus: bridges.databus, tap: self)
        tapped.timeSeries = TappedTimeSeries(store: bridges.timeSeries, tap: self)
        return tapped
    }

    fileprivate var listener: ShadowComparison? {
        guard isOpen.load(ordering: .relaxed) else { return nil }
        return comparison.withLock { $0 }
    }

    fileprivate func know(_ handle: UInt64, _ name: ColumnName) {
        columns.withLock { if $0[handle] == nil { $0[handle] = name.text } }
    }

    fileprivate func record(_ points: PointBuffers) {
        guard let listener else { return }
        let names = columns.withLock { columns in points.columns.map { columns[$0] ?? "column \($0)" } }
        listener.record(points, names: names, from: .running)
    }
}

private final class TappedDatabus: ServiceDatabus {
    private let databus: any ServiceDatabus
    private let tap: OutputTap

    init(databus: any ServiceDatabus, tap: OutputTap) {
        self.databus = databus
        self.tap = tap
    }

    func subscribe(
        service: String, subscriptions: [ServiceSubscription], sink: any MessageSink, holding: (@Sendable () -> Bool)?
    ) async throws -> any DatabusSubscription {
        try await databus.subscribe(service: service, subscriptions: subscriptions, sink: sink, holding: holding)
    }

    func forget(service: String) async { await databus.forget(service: service) }

    func publish(service: String, messages: UnsafeBufferPointer<OutgoingMessage>) -> Int {
        let taken = databus.publish(service: service, messages: messages)
        if let listener = tap.listener { listener.record(UnsafeBufferPointer(rebasing: messages[..<taken]), from: .running) }
        return taken
    }
}

private final class TappedTimeSeries: ServiceTimeSeries {
    private let store: any ServiceTimeSeries
    private let tap: OutputTap

    init(store: any ServiceTimeSeries, tap: OutputTap) {
        self.store = store
        self.tap = tap
    }

    func resolve(_ name: ColumnName, type: PointType) throws(ServiceTimeSeriesError) -> UInt64 {
        let handle = try store.resolve(name, type: type)
        tap.know(handle, name)
        return handle
    }

    func write(_ points: PointBuffers) throws(ServiceTimeSeriesError) -> UInt64 {
        let ticket = try store.write(points)
        tap.record(points)
        return ticket
    }

    func whenDurable(_ ticket: UInt64, _ body: @escaping @Sendable (ServiceTimeSeriesError?) -> Void) {
        store.whenDurable(ticket, body)
    }

    func find(
        database: String, measurement: String, tags: [ColumnTag], field: String?
    ) throws(ServiceTimeSeriesError) -> [FoundColumn] {
        let found = try store.find(database: database, measurement: measurement, tags: tags, field: field)
        for column in found { tap.know(column.column, column.name) }
        return found
    }

    func read(
        column: UInt64, from: Int64, through: Int64, descending: Bool, _ body: (PointRunBuffers) -> Bool
    ) throws(ServiceTimeSeriesError) {
        try store.read(column: column, from: from, through: through, descending: descending, body)
    }
}

extension ColumnName {
    /// `database.measurement,tag=value field`, tags by their names.
    var text: String {
        let tags = tags.sorted { $0.key < $1.key }.map { ",\($0.key)=\($0.value)" }.joined()
        return "\(database).\(measurement)\(tags) \(field)"
    }
}
