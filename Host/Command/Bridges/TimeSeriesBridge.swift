internal import Runtime
internal import Storage

/// The services' time-series store: the storage driver of the site.
final class TimeSeriesBridge: ServiceTimeSeries {
    private let driver: any StorageDriver

    init(driver: any StorageDriver) {
        self.driver = driver
    }

    func resolve(_ name: ColumnName, type: PointType) throws(ServiceTimeSeriesError) -> UInt64 {
        let identity = ColumnIdentity(
            database: name.database, measurement: name.measurement, tags: name.tags.map { Tag($0.key, $0.value) }, field: name.field)
        do throws(StorageError) {
            return try driver.resolve(identity, type: FieldType(type)).rawValue
        } catch {
            throw ServiceTimeSeriesError(error)
        }
    }

    func write(_ points: PointBuffers) throws(ServiceTimeSeriesError) -> UInt64 {
        do throws(StorageError) {
            switch points.values {
            case .float(let values):
                return try driver.write(
                    handles: points.columns, times: points.times, values: values, qualities: points.qualities
                ).sequence
            case .integer(let values): return try write(points, .integer(Array(values)))
            case .boolean(let values): return try write(points, .boolean(values.map { $0 != 0 }))
            case .text(let values): return try write(points, .text(values.map { String(decoding: $0, as: UTF8.self) }))
            }
        } catch {
            throw ServiceTimeSeriesError(error)
        }
    }

    private func write(_ points: PointBuffers, _ values: ValueColumn) throws(StorageError) -> UInt64 {
        let columns = PointColumns(
            handles: points.columns.map { ColumnHandle(rawValue: $0) }, times: Array(points.times), values: values,
            qualities: points.qualities.map { Array($0) } ?? [])
        return try driver.write(columns).sequence
    }

    func whenDurable(_ ticket: UInt64, _ body: @escaping @Sendable (ServiceTimeSeriesError?) -> Void) {
        driver.whenDurable(CommitTicket(sequence: ticket)) { body($0.map { ServiceTimeSeriesError($0) }) }
    }

    func find(
        database: String, measurement: String, tags: [ColumnTag], field: String?
    ) throws(ServiceTimeSeriesError) -> [FoundColumn] {
        let wanted = tags.map { Tag($0.key, $0.value) }
        do throws(StorageError) {
            return try driver.columns(in: database, measurement: measurement)
                .filter { column in
                    (field == nil || column.identity.field == field) && wanted.allSatisfy { column.identity.tags.contains($0) }
                }
                .map { FoundColumn($0) }
        } catch {
            throw ServiceTimeSeriesError(error)
        }
    }

    func read(
        column: UInt64, from: Int64, through: Int64, descending: Bool, _ body: (PointRunBuffers) -> Bool
    ) throws(ServiceTimeSeriesError) {
        do throws(StorageError) {
            try driver.scan(ColumnHandle(rawValue: column), from: from, through: through, descending: descending) { run in
                run.withBuffers(body)
            }
        } catch {
            throw ServiceTimeSeriesError(error)
        }
    }
}

extension FieldType {
    fileprivate init(_ type: PointType) {
        self =
            switch type {
            case .float: .float
            case .integer: .integer
            case .boolean: .boolean
            case .text: .text
            }
    }
}

extension FoundColumn {
    fileprivate init(_ column: ColumnDescription) {
        let type: PointType =
            switch column.type {
            case .float: .float
            case .integer: .integer
            case .boolean: .boolean
            case .text: .text
            }
        let name = ColumnName(
            database: column.identity.database, measurement: column.identity.measurement,
            tags: column.identity.tags.map { ColumnTag(key: $0.key, value: $0.value) }, field: column.identity.field)
        self.init(column: column.handle.rawValue, name: name, type: type)
    }
}

extension ServiceTimeSeriesError {
    fileprivate init(_ error: StorageError) {
        self =
            switch error.code {
            case .databaseNotFound, .columnNotFound: .notFound(error.description)
            // A full spool empties when its engine is back.
            case .inputOutput, .closed, .quotaExceeded: .inputOutput(error.description)
            default: .invalid(error.description)
            }
    }
}

extension PointRun {
    /// Lends the run's arrays for a call.
    fileprivate func withBuffers(_ body: (PointRunBuffers) -> Bool) -> Bool {
        times.withUnsafeBufferPointer { times in
            qualities.withUnsafeBufferPointer { flags in
                let qualities = flags.isEmpty ? nil : flags
                func pass(_ values: ValueBuffers) -> Bool {
                    body(PointRunBuffers(times: times, values: values, qualities: qualities))
                }
                switch values {
                case .float(let values): return values.withUnsafeBufferPointer { pass(.float($0)) }
                case .integer(let values): return values.withUnsafeBufferPointer { pass(.integer($0)) }
                case .boolean(let values):
                    return values.map { $0 ? UInt8(1) : 0 }.withUnsafeBufferPointer { pass(.boolean($0)) }
                case .text(let texts): return lend(texts) { pass(.text($0)) }
                }
            }
        }
    }
}

/// Lends the UTF-8 of texts, laid end to end, for a call.
private func lend<Result>(_ texts: [String], _ body: (UnsafeBufferPointer<UnsafeRawBufferPointer>) -> Result) -> Result {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for text in texts {
        bytes.append(contentsOf: text.utf8)
        ends.append(bytes.count)
    }
    return bytes.withUnsafeBytes { arena in
        var slices: [UnsafeRawBufferPointer] = []
        var begin = 0
        for end in ends {
            slices.append(UnsafeRawBufferPointer(rebasing: arena[begin..<end]))
            begin = end
        }
        return slices.withUnsafeBufferPointer(body)
    }
}
