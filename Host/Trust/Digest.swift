internal import Crypto

/// The SHA-256 of some bytes (FIPS 180-4), written `sha256:` and 64 lower-case hexadecimal digits.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The digits alone.
    public let hexadecimal: String

    public init(of bytes: [UInt8]) { hexadecimal = Hexadecimal.text(SHA256.hash(data: bytes)) }

    /// - Throws: ``TrustError`` if the text is not of the form above.
    public init(parsing text: String) throws(TrustError) {
        let digits = String(text.dropFirst(7))
        guard text.hasPrefix("sha256:"), digits.utf8.count == 64, Hexadecimal.bytes(digits) != nil else {
            throw .format(
                "'\(text.prefix(80))' is not a digest (expected sha256: and 64 lower-case hexadecimal digits; see dsotp plugin inspect)")
        }
        hexadecimal = digits
    }

    public var description: String { "sha256:" + hexadecimal }
}
