/// Why an order to the supervisor is not carried out; `description` is a sentence for a person.
public struct SupervisorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of error it is.
    public enum Kind: Hashable, Sendable {
        /// There is no such service.
        case notFound
        /// The order does not fit the present state.
        case conflict
        /// The decision could not be written to the disk.
        case inputOutput
    }

    public let kind: Kind
    public let description: String

    static func notFound(_ service: String, among names: [String]) -> SupervisorError {
        let question = Suggestion.question(for: service, among: names)
        return SupervisorError(
            kind: .notFound,
            description: "there is no service '\(service)' (\(question)expected \(MappingReader.list(names)); got '\(service)')")
    }

    static func conflict(_ sentence: String) -> SupervisorError { SupervisorError(kind: .conflict, description: sentence) }
    static func inputOutput(_ sentence: String) -> SupervisorError { SupervisorError(kind: .inputOutput, description: sentence) }
}
