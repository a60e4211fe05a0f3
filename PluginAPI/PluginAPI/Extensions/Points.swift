import CPluginAPI

/// Points of one value type, collected to be written in one call. Reused, it allocates nothing.
public struct Points<Value: ContiguousPointValue>: Sendable {
    @usableFromInline var columns: [Column<Value>] = []
    @usableFromInline var times: [Timestamp] = []
    @usableFromInline var values: [Value] = []
    @usableFromInline var qualities: [Quality] = []
    @usableFromInline var allGood = true

    /// Holds nothing yet.
    public init() {}

    /// Whether there is nothing to write.
    @inlinable public var isEmpty: Bool { columns.isEmpty }
    /// How many points wait to be written.
    @inlinable public var count: Int { columns.count }

    /// Adds a point.
    @inlinable public mutating func append(
        _ column: Column<Value>, _ time: Timestamp, _ value: Value, quality: Quality = .good
    ) {
        columns.append(column)
        times.append(time)
        values.append(value)
        qualities.append(quality)
        if quality != .good { allGood = false }
    }

    /// Empties it, keeping its memory.
    public mutating func removeAll() {
        columns.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        qualities.removeAll(keepingCapacity: true)
        allGood = true
    }

    /// Lends the points to the C table.
    func withPoints<Result>(_ body: (UnsafePointer<dsotp_points>) -> Result) -> Result {
        columns.withUnsafeBufferPointer { columns in
            times.withUnsafeBufferPointer { times in
                values.withUnsafeBufferPointer { values in
                    qualities.withUnsafeBufferPointer { qualities in
                        var points = dsotp_points(
                            columns: columns, times: times, values: UnsafeRawPointer(values.baseAddress),
                            qualities: allGood ? nil : qualities)
                        return body(&points)
                    }
                }
            }
        }
    }
}
