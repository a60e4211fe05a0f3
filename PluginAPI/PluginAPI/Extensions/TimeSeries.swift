public import CPluginAPI

/// `dsotp.timeseries/1`: the time-series store. Resolve a column once, then write and read by its handle. Measurements outside of
/// the manifest's `timeseries` are refused. Any thread.
public struct TimeSeries: Sendable {
    @usableFromInline let table: HostTable<dsotp_timeseries>

    /// The handle of a column, made if it is new; valid until `stop`.
    /// - Parameters:
    ///   - tags: names and values; the order does not matter.
    ///   - type: what its values are: `Double.self`, `Int64.self`, `Bool.self` or `String.self`.
    /// - Throws: ``Status/notPermitted``, ``Status/invalidArgument`` (empty name, the field exists with another type),
    ///   ``Status/notFound`` (no such database).
    public func column<Value: PointValue>(
        database: String, measurement: String, tags: [(key: String, value: String)], field: String,
        of type: Value.Type = Double.self
    ) throws(ServiceError) -> Column<Value> {
        var texts = TextArena()
        defer { texts.release() }
        var name = dsotp_column_name(
            size: UInt32(MemoryLayout<dsotp_column_name>.size), value_type: Value.valueType.rawValue,
            database: texts.copy(database),
            measurement: texts.copy(measurement), tags: texts.copy(tags), tag_count: UInt64(tags.count), field: texts.copy(field))
        let functions = try table.required()
        var handle: UInt64 = 0
        try ServiceError.check { error in functions.resolve(table.host, &name, &handle, error) }
        return Column(handle: handle)
    }

    /// Writes points; those with the time of an existing one replace it. All or none are accepted. Nothing is copied here.
    /// They can be read at once, and are durable with the store's next group commit.
    public func write<Value: ContiguousPointValue>(_ points: Points<Value>) throws(ServiceError) {
        guard !points.isEmpty else { return }
        let functions = try table.required()
        try ServiceError.check { error in
            points.withPoints { functions.write(table.host, $0, error) }
        }
    }

    /// Writes points from the caller's memory, equally long spans, without copying them.
    /// - Parameter qualities: nil if all are good.
    public func write<Value: ContiguousPointValue>(
        columns: Span<Column<Value>>, times: Span<Timestamp>, values: Span<Value>, qualities: Span<Quality>? = nil
    ) throws(ServiceError) {
        let qualityCount = qualities?.count ?? times.count
        guard columns.count == times.count, times.count == values.count, qualityCount == times.count else {
            throw .invalidArgument(
                "points need arrays of one length, got \(columns.count) columns, \(times.count) times, \(values.count) values and "
                    + "\(qualityCount) qualities")
        }
        guard !columns.isEmpty else { return }
        let functions = try table.required()
        // The spans keep their memory in place until this function returns.
        let (columnMemory, timeMemory) = (columns.withUnsafeBufferPointer { $0 }, times.withUnsafeBufferPointer { $0 })
        var points = dsotp_points(
            columns: columnMemory, times: timeMemory, values: UnsafeRawPointer(values.withUnsafeBufferPointer { $0.baseAddress }),
            qualities: qualities?.withUnsafeBufferPointer { $0 })
        try ServiceError.check { error in functions.write(table.host, &points, error) }
    }

    /// Writes texts.
    public func write(column: Column<String>, points: [(time: Timestamp, text: String)]) throws(ServiceError) {
        guard !points.isEmpty else { return }
        var texts = TextArena()
        defer { texts.release() }
        let columns = [Column<String>](repeating: column, count: points.count)
        let times = points.map(\.time)
        let values = points.map { texts.copy($0.text) }
        let functions = try table.required()
        try ServiceError.check { error in
            columns.withUnsafeBufferPointer { columns in
                times.withUnsafeBufferPointer { times in
                    values.withUnsafeBufferPointer { values in
                        var points = dsotp_points(
                            columns: columns, times: times, values: UnsafeRawPointer(values.baseAddress), qualities: nil)
                        return functions.write(table.host, &points, error)
                    }
                }
            }
        }
    }

    /// Waits until all points this service wrote are durable, no longer than until `deadline`.
    public func sync(until deadline: Timestamp) throws(ServiceError) {
        let functions = try table.required()
        try ServiceError.check { error in functions.sync(table.host, deadline.nanoseconds, error) }
    }
}
