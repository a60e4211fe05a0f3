/// Bridges that lead nowhere, for checking a site: a service under check may not call them, and they refuse if reached.
final class ClosedBridges: ServiceDatabus, ServiceTimeSeries, ServiceMemory {
    private struct Closed: Error, CustomStringConvertible {
        let description = "there is no databus while a site is only checked"
    }
    private static let sentence = "it is not available while a site is only checked"

    static func bridges(clock: any ServiceClock = SystemServiceClock()) -> ServiceBridges {
        let closed = ClosedBridges()
        return ServiceBridges(databus: closed, timeSeries: closed, memory: closed, clock: clock)
    }

    func subscribe(
        service: String, subscriptions: [ServiceSubscription], sink: any MessageSink, holding: (@Sendable () -> Bool)?
    ) async throws -> any DatabusSubscription {
        throw Closed()
    }

    func forget(service: String) async {}

    func publish(service: String, messages: UnsafeBufferPointer<OutgoingMessage>) -> Int { 0 }

    func resolve(_ name: ColumnName, type: PointType) throws(ServiceTimeSeriesError) -> UInt64 { throw .invalid(Self.sentence) }

    func write(_ points: PointBuffers) throws(ServiceTimeSeriesError) -> UInt64 { throw .invalid(Self.sentence) }

    func whenDurable(_ ticket: UInt64, _ body: @escaping @Sendable (ServiceTimeSeriesError?) -> Void) { body(.inputOutput(Self.sentence)) }

    func find(
        database: String, measurement: String, tags: [ColumnTag], field: String?
    ) throws(ServiceTimeSeriesError) -> [FoundColumn] { throw .invalid(Self.sentence) }

    func read(
        column: UInt64, from: Int64, through: Int64, descending: Bool, _ body: (PointRunBuffers) -> Bool
    ) throws(ServiceTimeSeriesError) { throw .invalid(Self.sentence) }

    func get(service: String, key: String) throws(ServiceMemoryError) -> [UInt8]? { throw .inputOutput(Self.sentence) }

    func put(service: String, key: String, value: [UInt8], quota: Int) throws(ServiceMemoryError) { throw .inputOutput(Self.sentence) }

    func remove(service: String, key: String) throws(ServiceMemoryError) { throw .inputOutput(Self.sentence) }

    func visit(service: String, prefix: String, _ body: (_ key: String, _ value: [UInt8]) -> Bool) throws(ServiceMemoryError) {
        throw .inputOutput(Self.sentence)
    }
}
