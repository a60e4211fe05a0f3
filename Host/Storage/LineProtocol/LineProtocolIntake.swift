/// Makes batches of lines: what a ``LineProtocolWriter`` keeps from write to write.
struct LineProtocolIntake: Sendable {
    private let options: LineProtocolOptions
    private var parser: LineProtocolParser
    var cache: LineProtocolColumnCache
    /// The columns of the fields of the line at hand; `nil` for a field that is ignored. Kept for its memory.
    private var columns: [ColumnHandle?] = []

    init(options: LineProtocolOptions) {
        self.options = options
        parser = LineProtocolParser(options: options)
        cache = LineProtocolColumnCache(maximumColumns: options.rememberedColumns)
    }

    /// Parses all lines and resolves their columns. The ticket of the outcome is left open.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer, into driver: any StorageDriver, database: String,
        precision: LineProtocolPrecision, now: Int64
    ) throws(StorageError) -> (LineProtocolOutcome, LineProtocolBatch) {
        var outcome = LineProtocolOutcome()
        var batch = LineProtocolBatch()
        var refusals = LineProtocolRefusals()
        let target = Target(driver: driver, database: database, number: cache.number(ofDatabase: database))
        var splitter = LineProtocolSplitter(UnsafeBufferPointer(start: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: bytes.count))
        while let (line, isValidUTF8) = splitter.next() {
            do throws(LineProtocolFault) {
                guard isValidUTF8 else { throw .invalidUTF8 }
                try parse(line, precision: precision, now: now)
            } catch {
                refusals.cannotParse(line, error)
                continue
            }
            guard try resolveColumns(of: line, in: target, &refusals) else { continue }
            outcome.stored += 1
            for (field, column) in zip(parser.fields, columns) {
                guard let column else { continue }
                batch.append(field, of: line, column: column, time: parser.time)
                outcome.values += 1
            }
        }
        outcome.dropped = refusals.unparsable + refusals.refused
        outcome.firstError = refusals.sentence(parsedLines: outcome.stored + refusals.refused)
        return (outcome, batch)
    }

    /// Where the points of a write go.
    private struct Target {
        let driver: any StorageDriver
        let database: String
        let number: Int
    }

    /// Parses a line; of several faults, that of the measurement and the tags comes first.
    private mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, precision: LineProtocolPrecision, now: Int64
    ) throws(LineProtocolFault) {
        do {
            try parser.parse(line, precision: precision, now: now)
        } catch {
            _ = try LineProtocolSeriesKey(line, options: options)
            throw error
        }
    }

    /// Fills `columns`; false if the line is refused, or if its measurement and tags cannot be parsed.
    private mutating func resolveColumns(
        of line: UnsafeBufferPointer<UInt8>, in target: Target, _ refusals: inout LineProtocolRefusals
    ) throws(StorageError) -> Bool {
        columns.removeAll(keepingCapacity: true)
        cache.removeAllIfFull()
        var series = cache.series(of: UnsafeBufferPointer(rebasing: line[0..<parser.keyEnd]), in: target.number)
        if series == nil, !acceptsKey(of: line, &refusals) { return false }
        var hasValue = false
        for field in parser.fields {
            let name = UnsafeBufferPointer(rebasing: line[field.keyStart..<field.keyEnd])
            if Self.isTime(name) {
                columns.append(nil)
                continue
            }
            hasValue = true
            if field.type == .text, field.text.count > options.maximumTextBytes {
                refusals.refuse { () in reason(.longText(field), line) }
                return false
            }
            if let known = series.flatMap({ cache.column(of: name, in: $0) }) {
                guard known.type == field.type else {
                    guard target.driver.describe(known.handle) != nil else { throw Self.columnIsGone }
                    refusals.refuse { () in reason(.typeConflict(field, existing: known.type), line) }
                    return false
                }
                columns.append(known.handle)
            } else {
                guard let column = try resolve(field, of: line, in: target, &refusals) else { return false }
                columns.append(column)
                remember(column, named: name, type: field.type, of: line, in: target, &series)
            }
        }
        if !hasValue { refusals.refuse { () in reason(.onlyTime, line) } }
        return hasValue
    }

    /// Parses the measurement and the tags of a line of an unknown series; false if that refuses the line.
    private func acceptsKey(of line: UnsafeBufferPointer<UInt8>, _ refusals: inout LineProtocolRefusals) -> Bool {
        do {
            let key = try LineProtocolSeriesKey(line, options: options)
            guard key.tags.contains(where: { $0.key == "time" }) else { return true }
            refusals.refuse { () in "invalid tag key: input tag \"time\" on measurement \"\(key.measurement)\" is invalid" }
        } catch {
            refusals.cannotParse(line, error)
        }
        return false
    }

    /// Asks the store for the column of a field; `nil` if it refuses it.
    private func resolve(
        _ field: LineProtocolField, of line: UnsafeBufferPointer<UInt8>, in target: Target, _ refusals: inout LineProtocolRefusals
    ) throws(StorageError) -> ColumnHandle? {
        // The key was parsed before, so that parsing it again cannot fail.
        guard let key = try? LineProtocolSeriesKey(line, options: options) else { return nil }
        let identity = ColumnIdentity(
            database: target.database, measurement: key.measurement, tags: key.tags, field: Self.name(of: field, in: line))
        do {
            return try target.driver.resolve(identity, type: field.type)
        } catch where error.code == .fieldTypeConflict {
            try refusals.refuse { () throws(StorageError) in
                let known = try target.driver.columns(in: target.database, measurement: key.measurement)
                guard let existing = known.first(where: { $0.identity.field == identity.field }) else { return error.description }
                return reason(.typeConflict(field, existing: existing.type), line)
            }
        } catch where error.code == .invalidName {
            refusals.refuse { () in error.description }
        }
        return nil
    }

    private mutating func remember(
        _ column: ColumnHandle, named name: UnsafeBufferPointer<UInt8>, type: FieldType,
        of line: UnsafeBufferPointer<UInt8>, in target: Target, _ series: inout Int?
    ) {
        let number = series ?? cache.addSeries(of: UnsafeBufferPointer(rebasing: line[0..<parser.keyEnd]), in: target.number)
        cache.addColumn(of: name, in: number, handle: column, type: type)
        series = number
    }

    /// Why a line that was parsed is refused.
    private enum Refusal {
        case onlyTime
        case longText(LineProtocolField)
        case typeConflict(LineProtocolField, existing: FieldType)
    }

    /// The words of InfluxDB 1.x for a refusal.
    private func reason(_ refusal: Refusal, _ line: UnsafeBufferPointer<UInt8>) -> String {
        let measurement = (try? LineProtocolSeriesKey(line, options: options))?.measurement ?? ""
        switch refusal {
        case .onlyTime:
            return "invalid field name: input field \"time\" on measurement \"\(measurement)\" is invalid"
        case .longText(let field):
            let name = Self.name(of: field, in: line)
            return "input field \"\(name)\" on measurement \"\(measurement)\" is too long, \(field.text.count) > \(options.maximumTextBytes)"
        case .typeConflict(let field, let existing):
            let name = Self.name(of: field, in: line)
            return "field type conflict: input field \"\(name)\" on measurement \"\(measurement)\" "
                + "is type \(field.type.influxName), already exists as type \(existing.influxName)"
        }
    }

    private static func name(of field: LineProtocolField, in line: UnsafeBufferPointer<UInt8>) -> String {
        LineProtocolSeriesKey.unescaped(line[field.keyStart..<field.keyEnd], escapable: LineProtocolSeriesKey.nameEscapes)
    }

    /// A remembered column belongs to a database that was dropped; the writer forgets it and starts again.
    private static let columnIsGone = StorageError(
        code: .columnNotFound, description: "a remembered column is gone: its database was dropped; write the points again")

    private static func isTime(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        name.count == 4 && name[0] == UInt8(ascii: "t") && name[1] == UInt8(ascii: "i") && name[2] == UInt8(ascii: "m")
            && name[3] == UInt8(ascii: "e")
    }
}
