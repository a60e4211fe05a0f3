import Storage
import Synchronization

extension StorageDriver {
    /// Waits until a ticket is durable; gives the error that hindered it.
    func wait(for ticket: CommitTicket) async -> StorageError? {
        await withCheckedContinuation { continuation in
            whenDurable(ticket) { continuation.resume(returning: $0) }
        }
    }

    func write(_ handle: ColumnHandle, _ points: [(time: Int64, value: Double)]) throws -> CommitTicket {
        try write(
            PointColumns(
                handles: points.map { _ in handle }, times: points.map(\.time), values: .float(points.map(\.value))))
    }

    /// All points of a span, as a scan gives them.
    func points(
        _ handle: ColumnHandle, from: Int64 = .min, through: Int64 = .max, descending: Bool = false
    ) throws -> [StoredPoint] {
        var points: [StoredPoint] = []
        try scan(handle, from: from, through: through, descending: descending) { run in
            for index in run.times.indices {
                let value: FieldValue =
                    switch run.values {
                    case .float(let values): .float(values[index])
                    case .integer(let values): .integer(values[index])
                    case .boolean(let values): .boolean(values[index])
                    case .text(let values): .text(values[index])
                    }
                points.append(
                    StoredPoint(
                        time: run.times[index], value: value, quality: run.qualities.isEmpty ? 0 : run.qualities[index]))
            }
            return true
        }
        return points
    }

    func column(_ field: String = "value", _ type: FieldType = .float, database: String = "dsotp") throws -> ColumnHandle {
        try createDatabase(database)
        return try resolve(
            ColumnIdentity(database: database, measurement: "pmu", tags: [Tag("device", "pmu-1")], field: field), type: type)
    }
}

/// Sentences that a store told.
final class Told: Sendable {
    private let sentences = Mutex<[String]>([])

    var all: [String] { sentences.withLock { $0 } }

    @Sendable func log(_ sentence: String) { sentences.withLock { $0.append(sentence) } }
}

extension StoredPoint {
    var float: Double? {
        if case .float(let value) = value { value } else { nil }
    }
}

let second: Int64 = 1_000_000_000
/// 2026-11-23T12:00:00Z
let noon: Int64 = 1_795_435_200 * second
