internal import CPluginAPI

extension CallServer {
    private static let series = TimeSeriesTable.table
    private static let memory = KVTable.table

    func resolve(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let type: UInt32 = try body.number()
        let database = try body.counted().given, measurement = try body.counted().given, field = try body.counted().given
        let tags = try givenPairs(&body)
        var column: UInt64 = 0
        answer(reply) { error in
            tags.withUnsafeBufferPointer { tags in
                var name = dsotp_column_name(
                    size: UInt32(MemoryLayout<dsotp_column_name>.size), value_type: type, database: database, measurement: measurement,
                    tags: tags.baseAddress, tag_count: UInt64(tags.count), field: field)
                return Self.series.resolve?(context.host, &name, &column, error)
            }
        }
        reply.append(column)
    }

    /// `u32` type, `u32` count, `u32` whether there are qualities, `u32` 0, columns, times, values, qualities, each at a multiple of 8.
    func write(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let type: UInt32 = try body.number()
        let count = Int(try body.number(UInt32.self))
        let hasQualities = try body.number(UInt32.self) == 1
        _ = try body.number(UInt32.self)
        let columns = try body.array(of: UInt64.self, count: count), times = try body.array(of: Int64.self, count: count)
        let values = try values(&body, type: type, count: count)
        let qualities = hasQualities ? try body.array(of: UInt32.self, count: count) : nil
        answer(reply) { error in
            texts.withUnsafeBufferPointer { texts in
                var points = dsotp_points(
                    size: UInt32(MemoryLayout<dsotp_points>.size), value_type: type, count: UInt64(count), columns: columns.baseAddress,
                    times: times.baseAddress, values: values ?? UnsafeRawPointer(texts.baseAddress), qualities: qualities?.baseAddress)
                return Self.series.write?(context.host, &points, error)
            }
        }
    }

    /// Where the values are in the frame; `nil` for texts, which are in `texts` then.
    private func values(_ body: inout FrameReader, type: UInt32, count: Int) throws(MalformedFrame) -> UnsafeRawPointer? {
        texts.removeAll(keepingCapacity: true)
        switch PointType(rawValue: type) {
        case .float, .integer: return UnsafeRawPointer(try body.array(of: Int64.self, count: count).baseAddress)
        case .boolean: return UnsafeRawPointer(try body.array(of: UInt8.self, count: count).baseAddress)
        case .text:
            for _ in 0..<count { texts.append(try body.counted().given) }
            return nil
        case nil: throw MalformedFrame("points have the unknown type \(type)")
        }
    }

    func sync(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let deadline: Int64 = try body.number()
        answer(reply) { Self.series.sync?(context.host, deadline, $0) }
    }

    /// Answers `u32` count, `u32` 0; for each `u64` column, `u32` type, tags, field.
    func find(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let database = try body.counted().given, measurement = try body.counted().given, field = try body.counted().given
        let tags = try givenPairs(&body)
        let found = FrameWriter()
        var count: UInt32 = 0
        answer(reply) { error in
            HostCall.run(context.host, error) { context throws(ServiceFault) in
                let failure: ServiceFault? = tags.withUnsafeBufferPointer { tags in
                    let search = dsotp_column_search(
                        size: UInt32(MemoryLayout<dsotp_column_search>.size), reserved: 0, database: database, measurement: measurement,
                        tags: tags.baseAddress, tag_count: UInt64(tags.count), field: field)
                    do throws(ServiceFault) {
                        try context.find(search) { column in
                            found.append(found: column.pointee)
                            count += 1
                            return found.count < Self.limit
                        }
                        return nil
                    } catch { return error }
                }
                if let failure { throw failure }
                guard found.count < Self.limit else { throw Self.tooMuch("columns") }
            }
        }
        reply.append(count)
        reply.append(raw: found.bytes)
    }

    /// Answers one page of points: `u32` type, `u32` count, `u32` whether there are qualities, `u32` 0, arrays as in `write`.
    func read(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let column: UInt64 = try body.number()
        let from: Int64 = try body.number(), through: Int64 = try body.number()
        let limit: UInt64 = try body.number()
        let descending: UInt32 = try body.number()
        let page = PointPage()
        answer(reply) { error in
            HostCall.run(context.host, error) { context throws(ServiceFault) in
                let given = dsotp_read(
                    size: UInt32(MemoryLayout<dsotp_read>.size), descending: descending, column: column, from: from, through: through,
                    limit: min(limit, UInt64(PointPage.limit)))
                try context.read(given) { page.add($0.pointee) }
            }
        }
        page.write(to: reply)
    }

    func memoryGet(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let key = try body.counted().given
        var value = dsotp_owned_bytes()
        answer(reply) { Self.memory.get?(context.host, key, &value, $0) }
        reply.append(counted: UnsafeRawBufferPointer(start: value.data, count: Int(value.count)))
        value.release?(value.owner)
    }

    func memoryPut(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let key = try body.counted().given, value = try body.counted().given
        answer(reply) { Self.memory.put?(context.host, key, value, $0) }
    }

    func memoryRemove(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let key = try body.counted().given
        answer(reply) { Self.memory.remove?(context.host, key, $0) }
    }

    /// Answers `u32` count; for each key and value.
    func memoryVisit(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let prefix = try body.text()
        let found = FrameWriter()
        var count: UInt32 = 0
        answer(reply) { error in
            HostCall.run(context.host, error) { context throws(ServiceFault) in
                do throws(ServiceMemoryError) {
                    try context.bridges.memory.visit(service: context.manifest.service, prefix: prefix) { key, value in
                        found.append(key)
                        value.withUnsafeBytes { found.append(counted: $0) }
                        count += 1
                        return found.count < Self.limit
                    }
                } catch {
                    throw ServiceFault(status: dsotp_status(DSOTP_INPUT_OUTPUT), isRetryable: true, sentence: error.description)
                }
                guard found.count < Self.limit else { throw Self.tooMuch("keys and values") }
            }
        }
        reply.append(count)
        reply.append(raw: found.bytes)
    }

    private static func tooMuch(_ what: String) -> ServiceFault {
        ServiceFault(
            status: dsotp_status(DSOTP_LIMIT_REACHED),
            sentence: "the \(what) take more than \(limit >> 20) MiB, which a service in its own process can't be given at once: ask for fewer")
    }

    private func givenPairs(_ body: inout FrameReader) throws(MalformedFrame) -> [dsotp_plugin_pair] {
        var pairs: [dsotp_plugin_pair] = []
        for _ in 0..<(try body.listCount(ofAtLeast: 8)) {
            pairs.append(dsotp_plugin_pair(name: try body.counted().given, value: try body.counted().given))
        }
        return pairs
    }
}

extension FrameWriter {
    /// `u64` column, `u32` type, tags, field.
    func append(found column: dsotp_found_column) {
        append(column.column)
        append(column.value_type)
        append(UInt32(column.tag_count))
        for tag in UnsafeBufferPointer(start: column.tags, count: Int(column.tag_count)) {
            append(lent: tag.name)
            append(lent: tag.value)
        }
        append(lent: column.field)
    }
}
