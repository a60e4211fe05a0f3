/// Why users, passwords, tokens or the audit trail could not be used; `description` is a sentence for a person.
public struct AccessError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of refusal this is, so that a caller can choose a status code.
    public enum Kind: Hashable, Sendable {
        /// A name, role, password, hash or filter is not acceptable.
        case invalid
        /// There is no such user.
        case notFound
        /// The change contradicts what is there.
        case conflict
        /// A file could not be read or written.
        case file
    }

    /// What kind of refusal this is.
    public let kind: Kind
    public let description: String

    static func invalid(_ sentence: String) -> AccessError { AccessError(kind: .invalid, description: sentence) }
    static func notFound(_ sentence: String) -> AccessError { AccessError(kind: .notFound, description: sentence) }
    static func conflict(_ sentence: String) -> AccessError { AccessError(kind: .conflict, description: sentence) }
    static func file(_ sentence: String) -> AccessError { AccessError(kind: .file, description: sentence) }
}
