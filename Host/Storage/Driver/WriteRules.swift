/// What every store refuses of a write, in the same words.
enum WriteRules {
    /// - Throws: ``StorageError/Code/invalidPoints`` if there are not as many of each; `qualities` may be left out.
    static func checkLengths(_ handles: Int, _ times: Int, _ values: Int, _ qualities: Int?) throws(StorageError) {
        guard handles == times, handles == values, qualities == nil || qualities == handles else {
            throw StorageError(
                code: .invalidPoints,
                description: "The columns of a write differ in length: \(handles) handles, \(times) times, \(values) values"
                    + (qualities.map { ", \($0) qualities" } ?? "") + ".")
        }
    }

    /// The refusal of points of a type for a handle.
    ///
    /// - Parameter column: what the handle stands for; `nil` if for nothing.
    static func refusal(_ handle: UInt64, _ column: (identity: ColumnIdentity, type: FieldType)?, _ type: FieldType) -> StorageError {
        guard let column else { return .unknownHandle(handle) }
        return StorageError(
            code: .fieldTypeConflict,
            description: "The field \"\(column.identity.field)\" of measurement \"\(column.identity.measurement)\" holds "
                + "\(column.type.name) values, the points hold \(type.name) values; nothing of this call is stored.")
    }
}

extension FieldType {
    /// The type's name as InfluxDB spells it.
    var name: String {
        switch self {
        case .float: "float"
        case .integer: "integer"
        case .boolean: "boolean"
        case .text: "string"
        }
    }
}
