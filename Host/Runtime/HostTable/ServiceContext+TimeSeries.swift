internal import CPluginAPI
internal import Synchronization

extension ServiceContext {
    func resolve(_ given: dsotp_column_name) throws(ServiceFault) -> UInt64 {
        guard let type = PointType(rawValue: given.value_type) else {
            throw .invalid("timeseries: the value type is unknown (expected 1 … 4; got \(given.value_type))")
        }
        let database = try HostCall.text(given.database, "timeseries: the database", 1...1_024)
        let measurement = try HostCall.text(given.measurement, "timeseries: the measurement", 1...4_096)
        let tags = try tags(given.tags, count: given.tag_count)
        let field = try HostCall.text(given.field, "timeseries: the field", 1...4_096)
        if let remote {
            return try remote.host.resolve(
                ColumnName(database: database, measurement: measurement, tags: tags, field: field), type: type)
        }
        let rights = rights(database: database, measurement: measurement)
        guard rights.write else {
            guard rights.read else { throw notPermitted("use", database, measurement, remedy: "'timeseries: write' or 'read'") }
            return try existing(ColumnName(database: database, measurement: measurement, tags: tags, field: field), type: type)
        }
        let stored = try store { () throws(ServiceTimeSeriesError) in
            try bridges.timeSeries.resolve(ColumnName(database: database, measurement: measurement, tags: tags, field: field), type: type)
        }
        return columns.handle(for: .init(stored: stored, type: type, mayRead: rights.read, mayWrite: rights.write))
    }

    /// The handle of a column that is there already: who may only read makes none.
    private func existing(_ name: ColumnName, type: PointType) throws(ServiceFault) -> UInt64 {
        let found = try store { () throws(ServiceTimeSeriesError) in
            try bridges.timeSeries.find(database: name.database, measurement: name.measurement, tags: name.tags, field: name.field)
        }
        guard let column = found.first(where: { Set($0.name.tags) == Set(name.tags) }) else {
            throw ServiceFault(
                status: dsotp_status(DSOTP_NOT_FOUND),
                sentence: "timeseries: '\(name.database).\(name.measurement)' has no such column '\(name.field)', and the manifest lets the service only read it")
        }
        guard column.type == type else {
            throw .invalid("timeseries: the field '\(name.field)' holds values of another type (expected \(column.type); got \(type))")
        }
        return columns.handle(for: .init(stored: column.column, type: column.type, mayRead: true, mayWrite: false))
    }

    func write(_ given: dsotp_points) throws(ServiceFault) {
        if given.count == 0 { return }
        guard let type = PointType(rawValue: given.value_type) else {
            throw .invalid("timeseries: the value type is unknown (expected 1 … 4; got \(given.value_type))")
        }
        guard given.count <= 1 << 24, let handles = given.columns, let times = given.times, let values = given.values else {
            throw .invalid(
                "timeseries: the points are malformed (expected three arrays of at most 16777216 elements; got \(given.count) or NULL)")
        }
        guard type == .boolean || UInt(bitPattern: values) % 8 == 0 else {
            throw .invalid("timeseries: the values are not aligned (expected a multiple of 8 bytes)")
        }
        if let remote { return try remote.host.write(given, type: type, values: values) }
        let count = Int(given.count)
        let qualities = given.qualities.map { UnsafeBufferPointer(start: $0, count: count) }
        let ticket = try withTemporary(UInt64.self, count) { stored throws(ServiceFault) in
            try columns.translate(UnsafeBufferPointer(start: handles, count: count), type: type, into: stored)
            return try withValues(type, values, count) { buffers throws(ServiceFault) in
                let points = PointBuffers(
                    columns: UnsafeBufferPointer(stored), times: UnsafeBufferPointer(start: times, count: count), values: buffers,
                    qualities: qualities)
                return try store { () throws(ServiceTimeSeriesError) in try bridges.timeSeries.write(points) }
            }
        }
        counters.points.wrappingAdd(given.count, ordering: .relaxed)
        raiseTicket(to: ticket)
    }

    /// Waits until all that was written is durable.
    func sync(deadline: Int64) throws(ServiceFault) {
        if let remote { return try remote.host.sync(deadline: deadline, clock: bridges.clock) }
        let ticket = latestTicket.load(ordering: .acquiring)
        guard ticket > 0 else { return }
        let (wait, underflows) = deadline.subtractingReportingOverflow(bridges.clock.now())
        let patience = bridges.clock.machineTime(for: underflows ? 0 : max(0, wait))
        let (until, overflows) = MachineClock.monotonic().addingReportingOverflow(patience)
        let outcome = DurabilityOutcome()
        bridges.timeSeries.whenDurable(ticket) { outcome.settle($0) }
        switch outcome.wait(until: overflows ? .max : until) {
        case nil:
            throw ServiceFault(
                status: dsotp_status(DSOTP_TIMED_OUT), isRetryable: true,
                sentence: "timeseries: the points were not durable at the deadline")
        case .some(.some(let error)): throw fault(error)
        case .some(.none): return
        }
    }

    func find(_ given: dsotp_column_search, _ visit: (UnsafePointer<dsotp_found_column>) -> Bool) throws(ServiceFault) {
        let database = try HostCall.text(given.database, "timeseries: the database", 1...1_024)
        let measurement = try HostCall.text(given.measurement, "timeseries: the measurement", 1...4_096)
        let tags = try tags(given.tags, count: given.tag_count)
        let field = try HostCall.text(given.field, "timeseries: the field", 0...4_096)
        if let remote {
            for (column, handle) in try remote.host.find(database: database, measurement: measurement, tags: tags, field: field) {
                guard LentColumn.lend(column, handle: handle, visit) else { return }
            }
            return
        }
        let rights = rights(database: database, measurement: measurement)
        guard rights.read else { throw notPermitted("read", database, measurement, remedy: "'timeseries: read'") }
        let found = try store { () throws(ServiceTimeSeriesError) in
            try bridges.timeSeries.find(database: database, measurement: measurement, tags: tags, field: field.isEmpty ? nil : field)
        }
        for column in found {
            let handle = columns.handle(
                for: .init(stored: column.column, type: column.type, mayRead: true, mayWrite: rights.write))
            guard LentColumn.lend(column, handle: handle, visit) else { return }
        }
    }

    func read(_ given: dsotp_read, _ visit: (UnsafePointer<dsotp_run>) -> Bool) throws(ServiceFault) {
        if let remote { return try remote.host.read(given, visit) }
        guard let column = columns.column(given.column) else {
            throw .invalid("timeseries: \(given.column) is not a column (expected a handle from resolve or find)")
        }
        guard column.mayRead else {
            throw notPermitted("read column \(given.column) of", "a measurement", "it may only write", remedy: "'timeseries: read'")
        }
        var remaining = given.limit == 0 ? UInt64.max : given.limit
        try store { () throws(ServiceTimeSeriesError) in
            try bridges.timeSeries.read(
                column: column.stored, from: given.from, through: given.through, descending: given.descending == 1
            ) { run in
                let count = min(UInt64(run.times.count), remaining)
                remaining -= count
                return (count == 0 || LentRun.lend(run, count: Int(count), visit)) && remaining > 0
            }
        }
    }

    private func rights(database: String, measurement: String) -> (read: Bool, write: Bool) {
        (
            manifest.timeSeries.mayRead(database: database, measurement: measurement),
            manifest.timeSeries.mayWrite(database: database, measurement: measurement)
        )
    }

    private func notPermitted(_ verb: String, _ database: String, _ measurement: String, remedy: String) -> ServiceFault {
        notPermitted("\(verb) '\(database).\(measurement)'", remedy: "add the measurement to \(remedy) in the manifest")
    }

    private func tags(_ pairs: UnsafePointer<dsotp_plugin_pair>?, count: UInt64) throws(ServiceFault) -> [ColumnTag] {
        try HostCall.pairs(pairs, count: count, "timeseries: the tags").map { ColumnTag(key: $0.name, value: $0.value) }
    }

    private func raiseTicket(to ticket: UInt64) {
        var old = latestTicket.load(ordering: .relaxed)
        while old < ticket {
            let (exchanged, original) = latestTicket.weakCompareExchange(expected: old, desired: ticket, ordering: .acquiringAndReleasing)
            if exchanged { return }
            old = original
        }
    }

    private func store<Result>(_ body: () throws(ServiceTimeSeriesError) -> Result) throws(ServiceFault) -> Result {
        do throws(ServiceTimeSeriesError) { return try body() } catch { throw fault(error) }
    }

    private func fault(_ error: ServiceTimeSeriesError) -> ServiceFault {
        let status =
            switch error.code {
            case .invalid: DSOTP_INVALID_ARGUMENT
            case .notFound: DSOTP_NOT_FOUND
            case .inputOutput: DSOTP_INPUT_OUTPUT
            }
        return ServiceFault(status: dsotp_status(status), isRetryable: error.code == .inputOutput, sentence: "timeseries: \(error)")
    }

    private func withTemporary<Element, Value>(
        _ type: Element.Type, _ count: Int, _ body: (UnsafeMutableBufferPointer<Element>) throws(ServiceFault) -> Value
    ) throws(ServiceFault) -> Value {
        let result: Result<Value, ServiceFault> = withUnsafeTemporaryAllocation(of: Element.self, capacity: count) { buffer in
            do throws(ServiceFault) { return .success(try body(buffer)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func withValues<Value>(
        _ type: PointType, _ values: UnsafeRawPointer, _ count: Int, _ body: (ValueBuffers) throws(ServiceFault) -> Value
    ) throws(ServiceFault) -> Value {
        switch type {
        case .float: return try body(.float(UnsafeBufferPointer(start: values.assumingMemoryBound(to: Double.self), count: count)))
        case .integer: return try body(.integer(UnsafeBufferPointer(start: values.assumingMemoryBound(to: Int64.self), count: count)))
        case .boolean: return try body(.boolean(UnsafeBufferPointer(start: values.assumingMemoryBound(to: UInt8.self), count: count)))
        case .text:
            let texts = values.assumingMemoryBound(to: dsotp_plugin_bytes.self)
            return try withTemporary(UnsafeRawBufferPointer.self, count) { buffers throws(ServiceFault) in
                for index in 0..<count {
                    guard let text = UnsafeRawBufferPointer(texts[index]), text.isUTF8 else {
                        throw .invalid("timeseries: the text \(index) is not well-formed (expected UTF-8)")
                    }
                    buffers.initializeElement(at: index, to: text)
                }
                return try body(.text(UnsafeBufferPointer(buffers)))
            }
        }
    }
}
