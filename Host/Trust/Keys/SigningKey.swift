internal import Crypto
internal import FoundationEssentials

/// The private half of an Ed25519 key (RFC 8032). Whoever has it can make libraries that a site trusts.
public struct SigningKey: Sendable {
    private static let prefix = "ed25519-private:"
    private let key: Curve25519.Signing.PrivateKey

    /// A new one, from the system's random numbers.
    public init() { key = Curve25519.Signing.PrivateKey() }

    /// - Throws: ``TrustError`` if the text is not what ``text`` gives. The sentence does not repeat it.
    public init(parsing text: String, name: String) throws(TrustError) {
        let line = text.hasSuffix("\n") ? String(text.dropLast()) : text
        guard line.hasPrefix(Self.prefix), let data = Data(base64Encoded: String(line.dropFirst(Self.prefix.count))),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: data)
        else {
            throw .key("\(name) is not a private key (expected a file made by dsotp plugin keygen; give that one)")
        }
        self.key = key
    }

    /// Reads a key from a file that only its owner may read.
    public init(file path: String) throws(TrustError) {
        let file = try FileContents(path, limit: 4_096)
        guard file.mode & 0o077 == 0 else {
            throw .key(
                "\(path) may be read by others (expected mode 600; got \(String(file.mode & 0o777, radix: 8)); use chmod 600 \(path), and a new "
                    + "key if others had access)")
        }
        try self.init(parsing: String(decoding: file.bytes, as: UTF8.self), name: path)
    }

    /// The other half, which sites are given.
    public var verifyingKey: VerifyingKey { VerifyingKey(key.publicKey) }

    /// What is written to the file.
    public var text: String { Self.prefix + key.rawRepresentation.base64EncodedString() + "\n" }

    func sign(_ message: [UInt8]) throws(TrustError) -> [UInt8] {
        do { return Array(try key.signature(for: message)) } catch { throw .key("the key can't sign: \(error)") }
    }

    /// Writes `<path>` (mode 600) and `<path>.pub`; neither may exist.
    public func write(to path: String) throws(TrustError) {
        try FileContents.create(path, Array(text.utf8), mode: 0o600)
        try FileContents.create(path + ".pub", Array("\(verifyingKey)\n".utf8), mode: 0o644)
    }
}
