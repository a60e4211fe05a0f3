/// Why a test's harness could not do what it was told, or found something else than expected.
public struct HarnessError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence for who writes the test.
    public let description: String

    init(_ sentence: String) { description = sentence }
}
