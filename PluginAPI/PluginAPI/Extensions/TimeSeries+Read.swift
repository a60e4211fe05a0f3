import CPluginAPI

/// A column that ``TimeSeries/find(database:measurement:tags:field:)`` found.
public struct FoundColumn: Hashable, Sendable {
    /// What `Column(handle:)` takes, with the Swift type that fits `type`.
    public let handle: UInt64
    /// Nil for a type that this version does not know.
    public let type: ValueType?
    /// Names and values of the tags of its series.
    public let tags: [String: String]
    /// The name of the field.
    public let field: String
}

/// A run of points of a column, in the host's memory: valid during the call of the visitor.
public struct Run<Value: ContiguousPointValue> {
    /// The times, ascending unless the newest were asked for first.
    public let times: UnsafeBufferPointer<Timestamp>
    /// As many values as times.
    public let values: UnsafeBufferPointer<Value>
    /// Nil if all are good.
    public let qualities: UnsafeBufferPointer<Quality>?

    fileprivate init(_ run: dsotp_run) {
        let count = Int(clamping: run.count)
        // Single-member frozen structs are laid out as the member.
        times = UnsafeBufferPointer(start: UnsafeRawPointer(run.times)?.assumingMemoryBound(to: Timestamp.self), count: count)
        values = UnsafeBufferPointer(start: run.values?.assumingMemoryBound(to: Value.self), count: count)
        qualities = UnsafeRawPointer(run.qualities).map {
            UnsafeBufferPointer(start: $0.assumingMemoryBound(to: Quality.self), count: count)
        }
    }
}

extension TimeSeries {
    /// The columns of a measurement.
    /// - Parameters:
    ///   - tags: tags that a series must have with these values; others may have any value.
    ///   - field: empty for every field.
    public func find(
        database: String, measurement: String, tags: [(key: String, value: String)] = [], field: String = ""
    ) throws(ServiceError) -> [FoundColumn] {
        var texts = TextArena()
        defer { texts.release() }
        var search = dsotp_column_search(
            size: UInt32(MemoryLayout<dsotp_column_search>.size), reserved: 0, database: texts.copy(database),
            measurement: texts.copy(measurement), tags: texts.copy(tags), tag_count: UInt64(tags.count), field: texts.copy(field))
        let functions = try table.required()
        var found: [FoundColumn] = []
        try ServiceError.check { error in
            withUnsafeMutablePointer(to: &found) { found in
                functions.find(
                    table.host, &search,
                    { context, column in
                        guard let context, let column else { return 0 }
                        context.assumingMemoryBound(to: [FoundColumn].self).pointee.append(FoundColumn(column.pointee))
                        return 1
                    }, found, error)
            }
        }
        return found
    }

    /// Reads the points of a column, run after run.
    /// - Parameters:
    ///   - from: first time, included.
    ///   - through: last time, included.
    ///   - limit: at most so many points; 0 for all.
    ///   - visit: takes a run; returns whether to go on.
    public func read<Value: ContiguousPointValue>(
        _ column: Column<Value>, from: Timestamp, through: Timestamp, limit: UInt64 = 0, newestFirst: Bool = false,
        visit: (Run<Value>) -> Bool
    ) throws(ServiceError) {
        let functions = try table.required()
        var wanted = dsotp_read(
            size: UInt32(MemoryLayout<dsotp_read>.size), descending: newestFirst ? 1 : 0, column: column.handle,
            from: from.nanoseconds, through: through.nanoseconds, limit: limit)
        try ServiceError.check { error in
            withoutActuallyEscaping(visit) { visit in
                var visitor = RunVisitor { run in
                    guard run.value_type == Value.valueType.rawValue else { return false }
                    return visit(Run(run))
                }
                return withUnsafeMutablePointer(to: &visitor) { visitor in
                    functions.read(
                        table.host, &wanted,
                        { context, run in
                            guard let context, let run else { return 0 }
                            return context.assumingMemoryBound(to: RunVisitor.self).pointee.visit(run.pointee) ? 1 : 0
                        }, visitor, error)
                }
            }
        }
    }

    /// Reads the texts of a column in the order of their times.
    /// - Parameters:
    ///   - from: first time, included.
    ///   - through: last time, included.
    ///   - visit: takes a text; returns whether to go on.
    public func read(
        _ column: Column<String>, from: Timestamp, through: Timestamp, visit: (Timestamp, String) -> Bool
    ) throws(ServiceError) {
        let functions = try table.required()
        var wanted = dsotp_read(
            size: UInt32(MemoryLayout<dsotp_read>.size), descending: 0, column: column.handle, from: from.nanoseconds,
            through: through.nanoseconds, limit: 0)
        try ServiceError.check { error in
            withoutActuallyEscaping(visit) { visit in
                var visitor = RunVisitor { run in
                    guard run.value_type == ValueType.text.rawValue, let values = run.values else { return false }
                    let texts = values.assumingMemoryBound(to: dsotp_host_bytes.self)
                    return (0..<Int(clamping: run.count)).allSatisfy { index in
                        visit(Timestamp(nanoseconds: run.times[index]), String(decoding: texts[index].buffer, as: UTF8.self))
                    }
                }
                return withUnsafeMutablePointer(to: &visitor) { visitor in
                    functions.read(
                        table.host, &wanted,
                        { context, run in
                            guard let context, let run else { return 0 }
                            return context.assumingMemoryBound(to: RunVisitor.self).pointee.visit(run.pointee) ? 1 : 0
                        }, visitor, error)
                }
            }
        }
    }
}

/// Carries a closure through the context pointer of `read`.
private struct RunVisitor {
    let visit: (dsotp_run) -> Bool
}

extension FoundColumn {
    fileprivate init(_ column: dsotp_found_column) {
        let pairs = UnsafeBufferPointer(start: column.tags, count: column.tags == nil ? 0 : Int(clamping: column.tag_count))
        var tags: [String: String] = [:]
        for pair in pairs {
            tags[String(decoding: pair.name.buffer, as: UTF8.self)] = String(decoding: pair.value.buffer, as: UTF8.self)
        }
        self.init(
            handle: column.column, type: ValueType(rawValue: column.value_type), tags: tags,
            field: String(decoding: column.field.buffer, as: UTF8.self))
    }
}
