import Glibc
import Runtime
import Synchronization

/// A databus of one subscriber, which the benchmark drives as the broker would.
final class BenchDatabus: ServiceDatabus {
    private let sink = Mutex<(any MessageSink)?>(nil)
    private let reported = Mutex<[UInt64]?>(nil)
    /// Raised when the service has room again.
    let roomCalls = Atomic<Int>(0)

    func subscribe(
        service: String, subscriptions: [ServiceSubscription], sink: any MessageSink, holding: (@Sendable () -> Bool)?
    ) async throws -> any DatabusSubscription {
        self.sink.withLock { $0 = sink }
        return Subscription(databus: self)
    }

    /// What the service publishes is its latencies.
    func forget(service: String) async {}

    func publish(service: String, messages: UnsafeBufferPointer<OutgoingMessage>) -> Int {
        for message in messages {
            let latencies = stride(from: 0, to: message.payload.count, by: 8).map { message.payload.loadUnaligned(fromByteOffset: $0, as: UInt64.self) }
            reported.withLock { $0 = latencies }
        }
        return messages.count
    }

    var subscriber: (any MessageSink)? { sink.withLock { $0 } }

    /// The latencies that the service reported, once.
    func takeReport() -> [UInt64]? {
        reported.withLock { reported in
            defer { reported = nil }
            return reported
        }
    }

    private final class Subscription: DatabusSubscription {
        let databus: BenchDatabus

        init(databus: BenchDatabus) { self.databus = databus }
        func ready() { databus.roomCalls.add(1, ordering: .releasing) }
        func acknowledge(_ acknowledgements: [UInt64]) {}
        func change(subscriptions: [ServiceSubscription], sink: any MessageSink, between: @escaping @Sendable () -> Void) async throws { between() }

        func cancel(keepSession: Bool) async {}
        func refuseUnacknowledged() async {}
    }
}

/// The service of the benchmark stores nothing.
final class NoStore: ServiceTimeSeries, ServiceMemory {
    private static let sentence = "the benchmark has no store"

    func resolve(_ name: ColumnName, type: PointType) throws(ServiceTimeSeriesError) -> UInt64 { throw .inputOutput(Self.sentence) }
    func write(_ points: PointBuffers) throws(ServiceTimeSeriesError) -> UInt64 { throw .inputOutput(Self.sentence) }
    func whenDurable(_ ticket: UInt64, _ body: @escaping @Sendable (ServiceTimeSeriesError?) -> Void) { body(nil) }
    func find(database: String, measurement: String, tags: [ColumnTag], field: String?) throws(ServiceTimeSeriesError) -> [FoundColumn] { [] }
    func read(
        column: UInt64, from: Int64, through: Int64, descending: Bool, _ body: (PointRunBuffers) -> Bool
    ) throws(ServiceTimeSeriesError) {}
    func get(service: String, key: String) throws(ServiceMemoryError) -> [UInt8]? { nil }
    func put(service: String, key: String, value: [UInt8], quota: Int) throws(ServiceMemoryError) { throw .inputOutput(Self.sentence) }
    func remove(service: String, key: String) throws(ServiceMemoryError) {}
    func visit(service: String, prefix: String, _ body: (_ key: String, _ value: [UInt8]) -> Bool) throws(ServiceMemoryError) {}
}

/// Nanoseconds of the monotonic clock, the same in every process.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
