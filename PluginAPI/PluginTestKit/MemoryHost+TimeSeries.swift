import CPluginAPI
import PluginAPI

extension MemoryHost {
    /// The handle of a column: its index, from 1.
    func resolve(_ name: dsotp_column_name) throws(ServiceError) -> UInt64 {
        var tags: [String: String] = [:]
        for pair in UnsafeBufferPointer(start: name.tags, count: name.tags == nil ? 0 : Int(name.tag_count)) {
            guard !pair.name.buffer.isEmpty, !pair.value.buffer.isEmpty else {
                throw .invalidArgument("a tag or its value is empty")
            }
            tags[String(pair.name)] = String(pair.value)
        }
        let identity = ColumnIdentity(
            database: String(name.database), measurement: String(name.measurement), tags: tags, field: String(name.field))
        guard let type = ValueType(rawValue: name.value_type) else {
            throw .invalidArgument("\(name.value_type) is no type of values")
        }
        guard !identity.database.isEmpty, !identity.measurement.isEmpty, !identity.field.isEmpty else {
            throw .invalidArgument("database, measurement and field of a column may not be empty")
        }
        guard permissions.databases?.contains(identity.database) ?? true else {
            throw .notFound("there is no database '\(identity.database)'")
        }
        let mayWrite = permissions.mayWrite(identity.measurement)
        guard mayWrite || permissions.mayRead(identity.measurement) else { throw notPermitted(identity.measurement) }
        return try resolve(identity, type, mayMake: mayWrite).get()
    }

    private func resolve(_ identity: ColumnIdentity, _ type: ValueType, mayMake: Bool) -> Result<UInt64, ServiceError> {
        withState { state in
            if let index = state.columnsByName[identity] {
                let existing = state.columns[index].type
                guard existing == type else {
                    return .failure(.invalidArgument("the field '\(identity.field)' holds values of type \(existing), not \(type)"))
                }
                return .success(UInt64(index + 1))
            }
            guard mayMake else { return .failure(.notFound("there is no column '\(identity.field)' of '\(identity.measurement)'")) }
            state.columns.append(MemoryColumn(identity, type: type))
            state.columnsByName[identity] = state.columns.count - 1
            return .success(UInt64(state.columns.count))
        }
    }

    /// Writes all points or none.
    func write(_ points: dsotp_points) throws(ServiceError) {
        let count = Int(clamping: points.count)
        guard count > 0 else { return }
        guard let columns = points.columns, let times = points.times, let values = points.values else {
            throw .invalidArgument("points without columns, times or values")
        }
        let refusal: ServiceError? = withState { state in
            for index in 0..<count {
                if let latest = state.latestPoint, times[index] > latest.nanoseconds {
                    return .invalidArgument("the store takes no points after \(latest), a point is of \(Timestamp(nanoseconds: times[index]))")
                }
                let handle = columns[index]
                guard handle >= 1, handle <= UInt64(state.columns.count) else {
                    return .invalidArgument("there is no column with the handle \(handle)")
                }
                let column = state.columns[Int(handle) - 1]
                guard !column.isDropped else { return .notFound("the database of the column \(handle) was dropped: resolve it again") }
                guard column.type.rawValue == points.value_type else {
                    return .invalidArgument("the column \(handle) holds another type of values than \(points.value_type)")
                }
            }
            return nil
        }
        if let refusal { throw refusal }
        try checkWritable(UnsafeBufferPointer(start: columns, count: count))
        withState { state in
            for index in 0..<count {
                let column = state.columns[Int(columns[index]) - 1]
                let time = Timestamp(nanoseconds: times[index])
                let quality = Quality(rawValue: points.qualities?[index] ?? 0)
                if state.keepsEvents {
                    state.events.append(.wrote(WrittenPoint(column, time, values, index, quality: quality, at: state.now)))
                }
                if column.type == .float,
                    column.append(time, float: values.assumingMemoryBound(to: Double.self)[index], quality: quality)
                {
                    continue
                }
                column.put(time, values, index, quality: quality)
            }
        }
    }

    private func checkWritable(_ handles: UnsafeBufferPointer<UInt64>) throws(ServiceError) {
        guard permissions.write != nil else { return }
        let forbidden = withState { state in
            handles.first { !permissions.mayWrite(state.columns[Int($0) - 1].identity.measurement) }
                .map { state.columns[Int($0) - 1].identity.measurement }
        }
        if let forbidden { throw notPermitted(forbidden) }
    }

    /// Shows the columns that fit, in the order in which they were made.
    func find(_ search: dsotp_column_search, visit: (UnsafePointer<dsotp_found_column>) -> Bool) throws(ServiceError) {
        let database = String(search.database)
        let measurement = String(search.measurement)
        let field = String(search.field)
        var tags: [String: String] = [:]
        for pair in UnsafeBufferPointer(start: search.tags, count: search.tags == nil ? 0 : Int(search.tag_count)) {
            tags[String(pair.name)] = String(pair.value)
        }
        guard permissions.mayRead(measurement) else { throw notPermitted(measurement) }
        let found: [(UInt64, ColumnIdentity, ValueType)] = withState { state in
            state.columns.enumerated().filter { !$1.isDropped }.map { (UInt64($0 + 1), $1.identity, $1.type) }
        }
        for (handle, identity, type) in found {
            guard
                identity.database == database, identity.measurement == measurement, field.isEmpty || identity.field == field,
                tags.allSatisfy({ identity.tags[$0.key] == $0.value })
            else { continue }
            guard show(handle, identity, type, visit) else { return }
        }
    }

    private func show(
        _ handle: UInt64, _ identity: ColumnIdentity, _ type: ValueType, _ visit: (UnsafePointer<dsotp_found_column>) -> Bool
    ) -> Bool {
        var texts = TextArena()
        defer { texts.release() }
        let tags = identity.tags.sorted { $0.key < $1.key }.map { pair in
            dsotp_host_pair(
                name: dsotp_host_bytes(texts.copy(pair.key).buffer), value: dsotp_host_bytes(texts.copy(pair.value).buffer))
        }
        return tags.withUnsafeBufferPointer { tags in
            var column = dsotp_found_column(
                size: UInt32(MemoryLayout<dsotp_found_column>.size), value_type: type.rawValue, column: handle,
                tags: tags.baseAddress,
                tag_count: UInt64(tags.count), field: dsotp_host_bytes(texts.copy(identity.field).buffer))
            return visit(&column)
        }
    }

    func notPermitted(_ measurement: String) -> ServiceError {
        .notPermitted("the service may not use the measurement '\(measurement)': add it to `timeseries` in the manifest")
    }
}
