/// The points of a write, grouped by the type of their values, each group one call of the store.
struct LineProtocolBatch: Sendable {
    private struct Group<Value: Sendable>: Sendable {
        var handles: [ColumnHandle] = []
        var times: [Int64] = []
        var values: [Value] = []

        mutating func append(_ handle: ColumnHandle, _ time: Int64, _ value: Value) {
            handles.append(handle)
            times.append(time)
            values.append(value)
        }
    }

    private var floats = Group<Double>()
    private var integers = Group<Int64>()
    private var booleans = Group<Bool>()
    private var texts = Group<String>()

    /// Adds the value of a field of `line`.
    mutating func append(_ field: LineProtocolField, of line: UnsafeBufferPointer<UInt8>, column: ColumnHandle, time: Int64) {
        switch field.type {
        case .float: floats.append(column, time, Double(bitPattern: field.bits))
        case .integer: integers.append(column, time, Int64(bitPattern: field.bits))
        case .boolean: booleans.append(column, time, field.bits != 0)
        case .text:
            let text = line[field.text]
            texts.append(
                column, time,
                field.isEscaped
                    ? LineProtocolSeriesKey.unescaped(text, escapable: "\"\\") : String(decoding: text, as: UTF8.self))
        }
    }

    /// Writes the groups that are not empty; the ticket of the last of them, or `nil` if all are empty.
    func write(to driver: any StorageDriver) throws(StorageError) -> CommitTicket? {
        var newest: CommitTicket?
        func write(_ handles: [ColumnHandle], _ times: [Int64], _ values: ValueColumn) throws(StorageError) {
            guard !handles.isEmpty else { return }
            let ticket = try driver.write(PointColumns(handles: handles, times: times, values: values))
            newest = max(newest ?? ticket, ticket)
        }
        try write(floats.handles, floats.times, .float(floats.values))
        try write(integers.handles, integers.times, .integer(integers.values))
        try write(booleans.handles, booleans.times, .boolean(booleans.values))
        try write(texts.handles, texts.times, .text(texts.values))
        return newest
    }
}
