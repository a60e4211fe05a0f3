import Testing

@testable import Access

@Suite struct PasswordHashTests {
    @Test("a hash matches its own password and no other, also after a round trip through text")
    func roundTrip() throws {
        let hash = try PasswordHash(of: "Grüße, Netz 7", parameters: .fastForTests)
        let read = try PasswordHash(parsing: hash.description)
        #expect(read == hash)
        #expect(read.matches("Grüße, Netz 7"))
        #expect(!read.matches("Grüße, Netz 8"))
        #expect(!read.matches(""))
    }

    @Test("two hashes of the same password differ")
    func salted() throws {
        #expect(try PasswordHash(of: "a", parameters: .fastForTests) != PasswordHash(of: "a", parameters: .fastForTests))
    }

    @Test("the standard parameters stand in the text")
    func standardParameters() throws {
        #expect(try PasswordHash(of: "secret").description.hasPrefix("$scrypt$ln=14,r=8,p=5$"))
    }

    @Test("the test vector of RFC 7914, section 12, verifies")
    func publishedVector() throws {
        // scrypt("pleaseletmein", "SodiumChloride", N=16384, r=8, p=1, 64)
        let text =
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
            + "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"
        let hash = try PasswordHash(parsing: text)
        #expect(!hash.matches("pleaseletmeout"))
        #expect(hash.matches("pleaseletmein"))
    }

    @Test(
        "a malformed hash is refused with a sentence",
        arguments: [
            "", "plain", "$scrypt$", "$scrypt$ln=14,r=8,p=5$AAAA", "$scrypt$ln=14,r=8$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
            "$scrypt$ln=14,r=8,p=5$c2FsdHNhbHQ$aGFzaA", "$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
            "$scrypt$ln=30,r=8,p=5$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "$scrypt$ln=-1,r=8,p=5$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
            "$scrypt$ln=14,r=8,p=5$c2Fs!HNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "$scrypt$ln=14,ln=14,p=5$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        ])
    func malformed(text: String) {
        #expect(throws: AccessError.self) { try PasswordHash(parsing: text) }
    }
}
