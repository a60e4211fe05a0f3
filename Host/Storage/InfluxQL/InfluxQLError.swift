/// Why a query or a statement was refused; `description` is the sentence that InfluxDB's clients see.
public struct InfluxQLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of error it is; cases may be added.
    public struct Code: Sendable, Hashable {
        private enum Value { case syntax, statement, unavailable, limit, cancelled, storage }
        private let value: Value

        /// The text is not InfluxQL; the whole query is refused.
        public static let syntax = Code(value: .syntax)
        /// The statement cannot be executed as it stands.
        public static let statement = Code(value: .statement)
        /// The statement is InfluxQL, but this engine does not do it yet.
        public static let unavailable = Code(value: .unavailable)
        /// A limit of ``InfluxQLOptions`` was reached.
        public static let limit = Code(value: .limit)
        /// The caller asked to stop.
        public static let cancelled = Code(value: .cancelled)
        /// The store failed.
        public static let storage = Code(value: .storage)
    }

    public let code: Code
    public let description: String

    static func syntax(_ text: String) -> InfluxQLError { InfluxQLError(code: .syntax, description: text) }
    static func statement(_ text: String) -> InfluxQLError { InfluxQLError(code: .statement, description: text) }
    static func unavailable(_ text: String) -> InfluxQLError { InfluxQLError(code: .unavailable, description: text) }
    static func limit(_ text: String) -> InfluxQLError { InfluxQLError(code: .limit, description: text) }
    static let cancelled = InfluxQLError(code: .cancelled, description: "query interrupted")
    static func storage(_ error: StorageError) -> InfluxQLError {
        InfluxQLError(code: .storage, description: error.description)
    }

    /// `found X, expected Y, Z at line L, char C`.
    static func found(_ token: Token, expected: [String]) -> InfluxQLError {
        .syntax("found \(token.display), expected \(expected.joined(separator: ", "))\(place(token.position))")
    }

    /// A syntax error with its place.
    static func syntax(_ text: String, at position: TextPosition) -> InfluxQLError { .syntax(text + place(position)) }

    private static func place(_ position: TextPosition) -> String {
        " at line \(position.line + 1), char \(position.character + 1)"
    }
}
