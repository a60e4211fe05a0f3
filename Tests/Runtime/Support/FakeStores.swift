import Synchronization

@testable import Runtime

/// A time-series store in memory of which the test says when points are durable.
final class FakeTimeSeries: ServiceTimeSeries {
    struct Point: Equatable, Sendable {
        let column: UInt64
        let time: Int64
        let value: Double
    }
    private struct Content {
        var columns: [ColumnName] = []
        var points: [Point] = []
        var ticket: UInt64 = 0
        var waiting: [@Sendable (ServiceTimeSeriesError?) -> Void] = []
        var isHeld = false
    }
    private let content = Mutex(Content())

    var points: [Point] { content.withLock { $0.points } }
    var columns: [ColumnName] { content.withLock { $0.columns } }
    var waiters: Int { content.withLock { $0.waiting.count } }

    /// From now on nothing becomes durable before `commit`.
    func hold() { content.withLock { $0.isHeld = true } }

    /// Makes everything durable, or fails to.
    func commit(_ error: ServiceTimeSeriesError? = nil) {
        let waiting = content.withLock { content in
            defer { content.waiting.removeAll() }
            return content.waiting
        }
        for body in waiting { body(error) }
    }

    func resolve(_ name: ColumnName, type: PointType) throws(ServiceTimeSeriesError) -> UInt64 {
        guard name.database == "dsotp" else { throw .notFound("there is no database '\(name.database)'") }
        return content.withLock { content in
            // Far from the handles that services get, so that a mix-up shows.
            if let index = content.columns.firstIndex(of: name) { return UInt64(1_000 + index) }
            content.columns.append(name)
            return UInt64(1_000 + content.columns.count - 1)
        }
    }

    func write(_ points: PointBuffers) throws(ServiceTimeSeriesError) -> UInt64 {
        guard case .float(let values) = points.values else { throw .invalid("only floats are taken here") }
        let copies = points.columns.indices.map { Point(column: points.columns[$0], time: points.times[$0], value: values[$0]) }
        return content.withLock { content in
            content.points += copies
            content.ticket += 1
            return content.ticket
        }
    }

    func whenDurable(_ ticket: UInt64, _ body: @escaping @Sendable (ServiceTimeSeriesError?) -> Void) {
        let isHeld = content.withLock { content in
            if content.isHeld { content.waiting.append(body) }
            return content.isHeld
        }
        if !isHeld { body(nil) }
    }

    func find(
        database: String, measurement: String, tags: [ColumnTag], field: String?
    ) throws(ServiceTimeSeriesError) -> [FoundColumn] {
        columns.enumerated().filter { $0.element.measurement == measurement }.map {
            FoundColumn(column: UInt64(1_000 + $0.offset), name: $0.element, type: .float)
        }
    }

    func read(
        column: UInt64, from: Int64, through: Int64, descending: Bool, _ body: (PointRunBuffers) -> Bool
    ) throws(ServiceTimeSeriesError) {
        let chosen = points.filter { $0.column == column && (from...through).contains($0.time) }
        let times = chosen.map(\.time), values = chosen.map(\.value)
        times.withUnsafeBufferPointer { times in
            values.withUnsafeBufferPointer { values in
                _ = body(PointRunBuffers(times: times, values: .float(values), qualities: nil))
            }
        }
    }
}

/// A memory of services that forgets with the test.
final class FakeMemory: ServiceMemory {
    private let values = Mutex<[String: [UInt8]]>([:])

    func get(service: String, key: String) throws(ServiceMemoryError) -> [UInt8]? { values.withLock { $0[key] } }

    func put(service: String, key: String, value: [UInt8], quota: Int) throws(ServiceMemoryError) {
        try values.withLock { values throws(ServiceMemoryError) in
            guard values.values.reduce(value.count, { $0 + $1.count }) <= quota else { throw .quotaExceeded("the quota is \(quota) bytes") }
            values[key] = value
        }
    }

    func remove(service: String, key: String) throws(ServiceMemoryError) { values.withLock { $0[key] = nil } }

    func visit(service: String, prefix: String, _ body: (_ key: String, _ value: [UInt8]) -> Bool) throws(ServiceMemoryError) {
        for (key, value) in values.withLock({ $0 }).sorted(by: { $0.key < $1.key }) where key.hasPrefix(prefix) {
            guard body(key, value) else { return }
        }
    }
}
