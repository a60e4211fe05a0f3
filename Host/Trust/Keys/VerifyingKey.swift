internal import Crypto
internal import FoundationEssentials

/// The public half of an Ed25519 key (RFC 8032), written `ed25519:` and base64: what a site lists under `plugins: trust: keys`.
public struct VerifyingKey: Hashable, Sendable, CustomStringConvertible {
    private static let prefix = "ed25519:"
    private let raw: [UInt8]

    /// - Throws: ``TrustError`` if the text is not of the form above.
    public init(parsing text: String) throws(TrustError) {
        guard text.hasPrefix(Self.prefix), let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))), data.count == 32,
            (try? Curve25519.Signing.PublicKey(rawRepresentation: data)) != nil
        else {
            throw .key(
                "'\(text.prefix(80))' is not a public key (expected ed25519: and 32 bytes in base64, the content of a file made by "
                    + "dsotp plugin keygen)")
        }
        raw = Array(data)
    }

    init(_ key: Curve25519.Signing.PublicKey) { raw = Array(key.rawRepresentation) }

    /// Names the key in signatures: the first 16 hexadecimal digits of its SHA-256.
    public var identifier: String { String(Digest(of: raw).hexadecimal.prefix(16)) }

    /// Whether `signature` was made of `message` by the private half.
    func accepts(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw) else { return false }
        return key.isValidSignature(signature, for: message)
    }

    public var description: String { Self.prefix + Data(raw).base64EncodedString() }
}
