/// Why a library, a key or a signature is not accepted; `description` says which file, what was expected, what was found and what to do.
public struct TrustError: Error, Hashable, Sendable, CustomStringConvertible {
    private enum Code { case file, format, key, signature, policy }
    private let code: Code
    public let description: String

    static func file(_ sentence: String) -> TrustError { TrustError(code: .file, description: sentence) }
    static func format(_ sentence: String) -> TrustError { TrustError(code: .format, description: sentence) }
    static func key(_ sentence: String) -> TrustError { TrustError(code: .key, description: sentence) }
    static func signature(_ sentence: String) -> TrustError { TrustError(code: .signature, description: sentence) }
    static func policy(_ sentence: String) -> TrustError { TrustError(code: .policy, description: sentence) }
}
