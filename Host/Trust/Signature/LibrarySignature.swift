internal import FoundationEssentials

/// A detached signature over a library, and over its manifest if that was given: the file `<library>.sig`.
///
/// Text, each line ended by a line feed, exactly in this order:
/// ```
/// dsotp-signature 1
/// identifier org.example.voltage-band
/// version 1.4.0
/// library sha256:…
/// manifest sha256:…        (only if the manifest was signed too)
/// key 0123456789abcdef
/// signature <base64>
/// ```
/// The signature is Ed25519 (RFC 8032) over all bytes before the word `signature`. Digests are of the files' bytes. `key` says
/// which of a site's keys to verify with; trust comes from the site's list, never from the file.
public struct LibrarySignature: Hashable, Sendable {
    /// What the library must be: ``IdentityNote/identifier`` and the module's.
    public let identifier: String
    public let version: String
    public let library: Digest
    /// nil if the signature leaves the manifest to the site.
    public let manifest: Digest?
    /// ``VerifyingKey/identifier`` of the key that signed.
    public let key: String
    private let signature: [UInt8]

    /// How the file of a library's signature is called.
    public static func path(for library: String) -> String { library + ".sig" }

    /// Signs.
    public init(
        identifier: String, version: String, library: Digest, manifest: Digest?, with key: SigningKey
    ) throws(TrustError) {
        _ = try IdentityNote(identifier: identifier, version: version, summary: "")
        self.identifier = identifier
        self.version = version
        self.library = library
        self.manifest = manifest
        self.key = key.verifyingKey.identifier
        signature = try key.sign(
            Self.message(identifier: identifier, version: version, library: library, manifest: manifest, key: self.key))
    }

    /// Reads the text of a signature file. Says nothing yet of who made it: see ``isMade(by:)``.
    public init(parsing bytes: [UInt8], name: String) throws(TrustError) {
        guard let text = String(validating: bytes, as: UTF8.self), bytes.count <= 8_192, text.hasSuffix("\n") else {
            throw .format("\(name) is not a signature (expected a file made by dsotp plugin sign; sign the library again)")
        }
        var lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)[...]
        func value(_ word: String) throws(TrustError) -> String {
            guard let line = lines.popFirst(), line.hasPrefix(word + " ") else {
                throw .format("\(name) is not a signature (expected a line that begins with '\(word)'; sign the library again)")
            }
            return String(line.dropFirst(word.utf8.count + 1))
        }
        guard try value("dsotp-signature") == "1" else {
            throw .format("\(name) is a signature of another form (expected dsotp-signature 1; use a newer dsotp, or sign again)")
        }
        identifier = try value("identifier")
        version = try value("version")
        library = try Digest(parsing: try value("library"))
        manifest = lines.first?.hasPrefix("manifest ") == true ? try Digest(parsing: try value("manifest")) : nil
        key = try value("key")
        guard let data = Data(base64Encoded: try value("signature")), data.count == 64, lines.isEmpty else {
            throw .format("\(name) is not a signature (expected 64 bytes in base64 at its end; sign the library again)")
        }
        signature = Array(data)
    }

    /// Whether the private half of a key made this signature.
    public func isMade(by key: VerifyingKey) -> Bool {
        key.identifier == self.key
            && key.accepts(
                signature,
                of: Self.message(identifier: identifier, version: version, library: library, manifest: manifest, key: self.key))
    }

    /// What is written to the file.
    public var text: String {
        let message = Self.message(identifier: identifier, version: version, library: library, manifest: manifest, key: key)
        return String(decoding: message, as: UTF8.self) + "signature \(Data(signature).base64EncodedString())\n"
    }

    private static func message(identifier: String, version: String, library: Digest, manifest: Digest?, key: String) -> [UInt8] {
        let manifestLine = manifest.map { "manifest \($0)\n" } ?? ""
        return Array("dsotp-signature 1\nidentifier \(identifier)\nversion \(version)\nlibrary \(library)\n\(manifestLine)key \(key)\n".utf8)
    }
}
