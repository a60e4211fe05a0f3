/// Why the store refused or failed; `description` is a sentence for a person.
public struct StorageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of error it is; cases may be added.
    public struct Code: Sendable, Hashable {
        private enum Value {
            case databaseNotFound, columnNotFound, fieldTypeConflict, invalidName, invalidPoints, inputOutput, closed, quotaExceeded
        }
        private let value: Value

        public static let databaseNotFound = Code(value: .databaseNotFound)
        /// A handle was never given out, or its database was dropped: resolve the column again.
        public static let columnNotFound = Code(value: .columnNotFound)
        public static let fieldTypeConflict = Code(value: .fieldTypeConflict)
        public static let invalidName = Code(value: .invalidName)
        public static let invalidPoints = Code(value: .invalidPoints)
        public static let inputOutput = Code(value: .inputOutput)
        public static let closed = Code(value: .closed)
        public static let quotaExceeded = Code(value: .quotaExceeded)
    }

    public let code: Code
    public let description: String

    public init(code: Code, description: String) {
        self.code = code
        self.description = description
    }
}
