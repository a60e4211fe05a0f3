/// One tag of a series.
public struct Tag: Hashable, Sendable, Comparable {
    public var key: String
    public var value: String

    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    /// Tags are ordered by key, then value, comparing UTF-8 bytes.
    public static func < (left: Tag, right: Tag) -> Bool {
        left.key == right.key
            ? left.value.utf8.lexicographicallyPrecedes(right.value.utf8) : left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
    }
}

/// The identity of a column: where its values belong. `tags` are kept sorted by key.
public struct ColumnIdentity: Hashable, Sendable {
    public let database: String
    public let measurement: String
    /// Sorted by key, each key once.
    public let tags: [Tag]
    public let field: String

    public init(database: String, measurement: String, tags: [Tag], field: String) {
        self.database = database
        self.measurement = measurement
        self.tags = tags.sorted()
        self.field = field
    }
}

/// A column resolved by ``StorageDriver/resolve(_:type:)``; valid until the process ends or its database is dropped.
public struct ColumnHandle: Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// The type of the values of a field; one field of a measurement has the same type in all its series.
public enum FieldType: UInt8, Sendable, Hashable {
    case float = 1
    case integer = 2
    case boolean = 3
    case text = 4

    /// The name of the type in InfluxDB's answers and sentences.
    var influxName: String {
        switch self {
        case .float: "float"
        case .integer: "integer"
        case .boolean: "boolean"
        case .text: "string"
        }
    }
}

/// A column as the catalogue knows it.
public struct ColumnDescription: Sendable, Hashable {
    public let handle: ColumnHandle
    public let identity: ColumnIdentity
    public let type: FieldType

    public init(handle: ColumnHandle, identity: ColumnIdentity, type: FieldType) {
        self.handle = handle
        self.identity = identity
        self.type = type
    }
}
