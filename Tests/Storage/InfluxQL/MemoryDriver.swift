import Storage
import Synchronization

/// A store in memory, to run queries against.
final class MemoryDriver: StorageDriver {
    private struct Column {
        let description: ColumnDescription
        var points: [Int64: FieldValue] = [:]
        /// The points in order, made when they are read.
        var sorted: (times: [Int64], values: ValueColumn)?
    }

    private struct State {
        var databases: Set<String> = []
        var handles: [ColumnIdentity: ColumnHandle] = [:]
        var columns: [ColumnHandle: Column] = [:]
        var next: UInt64 = 1
        var statistics = StorageStatistics()
    }

    private let state = Mutex(State())
    /// The most points of one run, small enough that queries meet several.
    private let runLength: Int

    init(runLength: Int = 3) { self.runLength = runLength }

    func databases() -> [String] { state.withLock { $0.databases.sorted() } }
    func createDatabase(_ name: String) throws(StorageError) { state.withLock { _ = $0.databases.insert(name) } }

    func dropDatabase(_ name: String) throws(StorageError) {
        state.withLock { state in
            state.databases.remove(name)
            for (identity, handle) in state.handles where identity.database == name {
                state.handles[identity] = nil
                state.columns[handle] = nil
            }
        }
    }

    func resolve(_ column: ColumnIdentity, type: FieldType) throws(StorageError) -> ColumnHandle {
        state.withLock { state in
            if let handle = state.handles[column] { return handle }
            let handle = ColumnHandle(rawValue: state.next)
            state.next += 1
            state.handles[column] = handle
            state.columns[handle] = Column(description: ColumnDescription(handle: handle, identity: column, type: type))
            return handle
        }
    }

    func describe(_ handle: ColumnHandle) -> ColumnDescription? { state.withLock { $0.columns[handle]?.description } }

    func measurements(in database: String) throws(StorageError) -> [String] {
        state.withLock { Set($0.handles.keys.filter { $0.database == database }.map(\.measurement)).sorted() }
    }

    func columns(in database: String, measurement: String) throws(StorageError) -> [ColumnDescription] {
        state.withLock { state in
            state.columns.values.map(\.description)
                .filter { $0.identity.database == database && $0.identity.measurement == measurement }
                .sorted { left, right in
                    if left.identity.tags == right.identity.tags { return left.identity.field < right.identity.field }
                    return left.identity.tags.lexicographicallyPrecedes(right.identity.tags)
                }
        }
    }

    func write(_ points: borrowing PointColumns) throws(StorageError) -> CommitTicket {
        let (handles, times, values) = (points.handles, points.times, points.values)
        state.withLock { state in
            for (index, handle) in handles.enumerated() {
                let value: FieldValue =
                    switch values {
                    case .float(let values): .float(values[index])
                    case .integer(let values): .integer(values[index])
                    case .boolean(let values): .boolean(values[index])
                    case .text(let values): .text(values[index])
                    }
                state.columns[handle]?.points[times[index]] = value
                state.columns[handle]?.sorted = nil
            }
            state.statistics.pointsWritten += UInt64(handles.count)
        }
        return CommitTicket(sequence: 0)
    }

    func whenDurable(_ ticket: CommitTicket, _ body: @escaping @Sendable (StorageError?) -> Void) { body(nil) }

    func scan(
        _ handle: ColumnHandle, from: Int64, through: Int64, descending: Bool, _ body: (borrowing PointRun) -> Bool
    ) throws(StorageError) {
        let found = state.withLock { state -> (times: [Int64], values: ValueColumn)? in
            guard let column = state.columns[handle] else { return nil }
            if let sorted = column.sorted { return sorted }
            let sorted = Self.sort(column.points, type: column.description.type)
            state.columns[handle]?.sorted = sorted
            return sorted
        }
        guard let found, let low = found.times.firstIndex(where: { $0 >= from }) else { return }
        let high = found.times.lastIndex { $0 <= through } ?? -1
        guard low <= high else { return }
        var start = low
        while start <= high {
            let end = min(start + runLength, high + 1)
            // Descending runs come from the end of the range.
            let range = descending ? (low + high + 1 - end)..<(low + high + 1 - start) : start..<end
            let indices = descending ? Array(range.reversed()) : Array(range)
            let run = PointRun(
                times: indices.map { found.times[$0] }, values: Self.pick(found.values, indices), qualities: [])
            guard body(run) else { return }
            start = end
        }
    }

    private static func pick(_ values: ValueColumn, _ indices: [Int]) -> ValueColumn {
        switch values {
        case .float(let values): .float(indices.map { values[$0] })
        case .integer(let values): .integer(indices.map { values[$0] })
        case .boolean(let values): .boolean(indices.map { values[$0] })
        case .text(let values): .text(indices.map { values[$0] })
        }
    }

    private static func sort(_ points: [Int64: FieldValue], type: FieldType) -> (times: [Int64], values: ValueColumn) {
        let times = points.keys.sorted()
        let values = times.compactMap { points[$0] }
        let column: ValueColumn =
            switch type {
            case .float: .float(values.map { if case .float(let value) = $0 { value } else { .nan } })
            case .integer: .integer(values.map { if case .integer(let value) = $0 { value } else { 0 } })
            case .boolean: .boolean(values.map { $0 == .boolean(true) })
            case .text: .text(values.map { if case .text(let value) = $0 { value } else { "" } })
            }
        return (times, column)
    }

    func last(_ handle: ColumnHandle) throws(StorageError) -> StoredPoint? {
        state.withLock { state in
            guard let points = state.columns[handle]?.points, let time = points.keys.max(), let value = points[time] else {
                return nil
            }
            return StoredPoint(time: time, value: value, quality: 0)
        }
    }

    func statistics() -> StorageStatistics { state.withLock { $0.statistics } }
    func close() {}
}

extension MemoryDriver {
    /// Writes points given as line protocol: enough of it for tests.
    func write(_ lines: String, to database: String) throws {
        try createDatabase(database)
        for line in lines.split(separator: "\n").map({ $0.trimmed }) where !line.isEmpty {
            let parts = line.split(unescaped: " ")
            let key = parts[0].split(unescaped: ",")
            let tags = key.dropFirst().map { text -> Tag in
                let pair = text.split(unescaped: "=")
                return Tag(pair[0].unescaped, pair[1].unescaped)
            }
            for text in parts[1].split(unescaped: ",") {
                let pair = text.split(unescaped: "=")
                let (type, values) = Self.value(pair[1])
                let identity = ColumnIdentity(
                    database: database, measurement: key[0].unescaped, tags: tags, field: pair[0].unescaped)
                let handle = try resolve(identity, type: type)
                _ = try write(PointColumns(handles: [handle], times: [Int64(parts[2]) ?? 0], values: values))
            }
        }
    }

    private static func value(_ text: String) -> (FieldType, ValueColumn) {
        if text.hasPrefix("\"") { return (.text, .text([String(text.dropFirst().dropLast()).unescaped])) }
        if ["t", "T", "true", "True", "TRUE"].contains(text) { return (.boolean, .boolean([true])) }
        if ["f", "F", "false", "False", "FALSE"].contains(text) { return (.boolean, .boolean([false])) }
        if text.hasSuffix("i") { return (.integer, .integer([Int64(text.dropLast()) ?? 0])) }
        return (.float, .float([Double(text) ?? .nan]))
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        let rest = drop { $0.isWhitespace }
        return String(rest.reversed().drop { $0.isWhitespace }.reversed())
    }

    /// The parts between separators that are neither after a backslash nor in double quotes.
    fileprivate func split(unescaped separator: Character) -> [String] {
        var parts = [""]
        var isQuoted = false
        var isEscaped = false
        for character in self {
            if character == "\"", !isEscaped { isQuoted.toggle() }
            if character == separator, !isQuoted, !isEscaped {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        return parts
    }

    fileprivate var unescaped: String {
        var result = ""
        var isEscaped = false
        for character in self {
            if character == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            result.append(character)
            isEscaped = false
        }
        return result
    }
}
