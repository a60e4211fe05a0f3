public import CPluginAPI

/// Types of values that the store keeps.
public enum ValueType: UInt32, Hashable, Sendable {
    case float = 1
    case integer, boolean, text
}

/// A Swift type that a column may hold: `Double`, `Int64`, `Bool` or `String`.
public protocol PointValue: Sendable {
    /// What the host is told that the values are.
    static var valueType: ValueType { get }
}

/// A value whose array is laid out as the C table takes it. `Bool` is one byte, 0 or 1.
public protocol ContiguousPointValue: PointValue, BitwiseCopyable {}

extension Double: ContiguousPointValue {
    public static var valueType: ValueType { .float }
}

extension Int64: ContiguousPointValue {
    public static var valueType: ValueType { .integer }
}

extension Bool: ContiguousPointValue {
    public static var valueType: ValueType { .boolean }
}

extension String: PointValue {
    public static var valueType: ValueType { .text }
}

/// The handle of a column with values of one type; valid until `stop`. Laid out as the handle alone.
@frozen public struct Column<Value: PointValue>: Hashable, Sendable, BitwiseCopyable {
    public let handle: UInt64

    /// Wraps a handle that the host gave.
    @inlinable public init(handle: UInt64) { self.handle = handle }
}

extension dsotp_points {
    /// Points in the caller's memory, lent for one call.
    @usableFromInline init<Value: PointValue>(
        columns: UnsafeBufferPointer<Column<Value>>, times: UnsafeBufferPointer<Timestamp>, values: UnsafeRawPointer?,
        qualities: UnsafeBufferPointer<Quality>?
    ) {
        // `Column`, `Timestamp` and `Quality` are single-member frozen structs: their arrays are those of the member.
        self.init(
            size: UInt32(MemoryLayout<dsotp_points>.size), value_type: Value.valueType.rawValue, count: UInt64(columns.count),
            columns: UnsafeRawPointer(columns.baseAddress)?.assumingMemoryBound(to: UInt64.self),
            times: UnsafeRawPointer(times.baseAddress)?.assumingMemoryBound(to: dsotp_time.self), values: values,
            qualities: UnsafeRawPointer(qualities?.baseAddress)?.assumingMemoryBound(to: dsotp_quality.self))
    }
}
