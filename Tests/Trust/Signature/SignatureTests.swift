import Testing

@testable import Trust

@Suite("Keys and signatures")
struct SignatureTests {
    private func signature(_ key: SigningKey, manifest: [UInt8]? = nil) throws -> LibrarySignature {
        try LibrarySignature(
            identifier: "org.example.a", version: "1.0.0", library: Digest(of: [1, 2, 3]), manifest: manifest.map { Digest(of: $0) }, with: key)
    }

    @Test("A signature is what it was after being written and read, and holds for its key alone", arguments: [nil, [UInt8](1...9)])
    func roundTrip(manifest: [UInt8]?) throws {
        let (key, other) = (SigningKey(), SigningKey())
        let made = try signature(key, manifest: manifest)
        let read = try LibrarySignature(parsing: Array(made.text.utf8), name: "a.sig")
        #expect(read == made && read.isMade(by: key.verifyingKey) && !read.isMade(by: other.verifyingKey))
        #expect(read.key == key.verifyingKey.identifier && read.key.count == 16)
    }

    @Test("A change of any byte of a signature file is noticed")
    func everyByteCounts() throws {
        let key = SigningKey()
        let bytes = Array(try signature(key, manifest: [7]).text.utf8)
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1
            let accepted = (try? LibrarySignature(parsing: changed, name: "a.sig"))?.isMade(by: key.verifyingKey) ?? false
            #expect(!accepted, "byte \(place)")
        }
    }

    @Test("A signature by someone who names a trusted key's identifier is not accepted")
    func borrowedIdentifier() throws {
        let (key, attacker) = (SigningKey(), SigningKey())
        let forged = try signature(attacker).text.replacing(attacker.verifyingKey.identifier, with: key.verifyingKey.identifier)
        #expect(!(try LibrarySignature(parsing: Array(forged.utf8), name: "a.sig")).isMade(by: key.verifyingKey))
    }

    @Test(
        "What is no signature file is refused",
        arguments: ["", "\n", "dsotp-signature 2\n", "dsotp-signature 1\nidentifier a\n", String(repeating: "a", count: 9_000) + "\n"])
    func malformed(text: String) {
        #expect(throws: TrustError.self) { try LibrarySignature(parsing: Array(text.utf8), name: "a.sig") }
    }

    @Test("An identifier that would add lines to what is signed is refused")
    func injection() {
        #expect(throws: TrustError.self) {
            try LibrarySignature(identifier: "a\nversion 2", version: "1", library: Digest(of: []), manifest: nil, with: SigningKey())
        }
    }

    @Test("A key is written for its owner alone, never over another, and refused when others may read it")
    func keyFiles() throws {
        let workspace = try Workspace()
        let path = workspace.path + "/site.key"
        let key = SigningKey()
        try key.write(to: path)
        #expect(try FileContents(path).mode == 0o600)
        #expect(try SigningKey(file: path).verifyingKey == key.verifyingKey)
        let published = String(decoding: try FileContents(path + ".pub").bytes, as: UTF8.self)
        #expect(try VerifyingKey(parsing: String(published.dropLast())) == key.verifyingKey)
        #expect(throws: TrustError.self) { try SigningKey().write(to: path) }
        try workspace.setMode(0o640, of: path)
        let error = #expect(throws: TrustError.self) { try SigningKey(file: path) }
        #expect(error?.description.contains("chmod 600") == true)
    }

    @Test("The digest is SHA-256, written in one way only")
    func digests() throws {
        // FIPS 180-4, example "abc".
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(Digest(of: Array("abc".utf8)).description == text)
        #expect(try Digest(parsing: text) == Digest(of: Array("abc".utf8)))
        for wrong in ["", "sha256:", text.uppercased(), String(text.dropLast()), "sha1:00", text + "0"] {
            #expect(throws: TrustError.self) { try Digest(parsing: wrong) }
        }
        for wrong in ["", "ed25519:", "ed25519:AAAA", "rsa:AAAA"] { #expect(throws: TrustError.self) { try VerifyingKey(parsing: wrong) } }
    }
}
