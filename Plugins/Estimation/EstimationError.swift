/// Why there is no estimate; `description` is a sentence for a person.
public struct EstimationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
