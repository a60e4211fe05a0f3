internal import Synchronization

/// Lets what a service sends out leave the host as long as its lease is held, judged by the clock at each call: a process that was stopped for a
/// minute finds the fence closed before anything else has noticed.
final class LeaseFence: Sendable {
    private let openUntil = Atomic<Int64>(.max)

    /// Open until a moment of `MachineClock.sinceBoot`; `.max` for ever, `.min` not at all.
    func set(openUntil moment: Int64) { openUntil.store(moment, ordering: .releasing) }

    var isOpen: Bool {
        let moment = openUntil.load(ordering: .acquiring)
        return moment == .max || (moment != .min && MachineClock.sinceBoot() < moment)
    }

    static let sentence = "this host does not hold the service's lease any more: nothing that it sends is taken"

    /// The same bridges, with this fence before databus, store and commands.
    func bridges(over bridges: ServiceBridges) -> ServiceBridges {
        var fenced = bridges
        fenced.databus = FencedDatabus(databus: bridges.databus, fence: self)
        fenced.timeSeries = FencedTimeSeries(store: bridges.timeSeries, fence: self)
        fenced.fence = self
        return fenced
    }
}

private final class FencedDatabus: ServiceDatabus {
    private let databus: any ServiceDatabus
    private let fence: LeaseFence

    init(databus: any ServiceDatabus, fence: LeaseFence) {
        self.databus = databus
        self.fence = fence
    }

    func subscribe(
        service: String, subscriptions: [ServiceSubscription], sink: any MessageSink, holding: (@Sendable () -> Bool)?
    ) async throws -> any DatabusSubscription {
        try await databus.subscribe(service: service, subscriptions: subscriptions, sink: sink, holding: holding)
    }

    func forget(service: String) async { await databus.forget(service: service) }

    func publish(service: String, messages: UnsafeBufferPointer<OutgoingMessage>) -> Int {
        fence.isOpen ? databus.publish(service: service, messages: messages) : 0
    }
}

private final class FencedTimeSeries: ServiceTimeSeries {
    private let store: any ServiceTimeSeries
    private let fence: LeaseFence

    init(store: any ServiceTimeSeries, fence: LeaseFence) {
        self.store = store
        self.fence = fence
    }

    func resolve(_ name: ColumnName, type: PointType) throws(ServiceTimeSeriesError) -> UInt64 { try store.resolve(name, type: type) }

    func write(_ points: PointBuffers) throws(ServiceTimeSeriesError) -> UInt64 {
        guard fence.isOpen else { throw .inputOutput(LeaseFence.sentence) }
        return try store.write(points)
    }

    func whenDurable(_ ticket: UInt64, _ body: @escaping @Sendable (ServiceTimeSeriesError?) -> Void) { store.whenDurable(ticket, body) }

    func find(
        database: String, measurement: String, tags: [ColumnTag], field: String?
    ) throws(ServiceTimeSeriesError) -> [FoundColumn] {
        try store.find(database: database, measurement: measurement, tags: tags, field: field)
    }

    func read(
        column: UInt64, from: Int64, through: Int64, descending: Bool, _ body: (PointRunBuffers) -> Bool
    ) throws(ServiceTimeSeriesError) {
        try store.read(column: column, from: from, through: through, descending: descending, body)
    }
}
