import Testing

@testable import Trust

@Suite("Reading a library without running it")
struct ELFFileTests {
    @Test("Identity, exported symbols, needed libraries and names are read from a library whose initialiser would trap")
    func contents() throws {
        let file = try ELFFile(try CLibrary.noted.get(), name: "libnoted.so")
        #expect(file.note == (try IdentityNote(identifier: "org.example.noted", version: "1.2.3", summary: "A note = and more.")))
        #expect(file.exportedSymbols.filter { !$0.hasPrefix("_") } == ["dsotp_plugin_entry", "other_function", "other_variable", "pointer"])
        #expect(file.needed.contains { $0.hasPrefix("libm.so") } && file.needed.contains { $0.hasPrefix("libc.so") })
        #expect(file.sharedObjectName == "libnoted.so.1" && file.runPath == "/opt/example")
    }

    @Test("A library without a note says nothing about itself")
    func withoutNote() throws {
        #expect(try ELFFile(try CLibrary.compile("int f(void) { return 1; }\n"), name: "x").note == nil)
    }

    @Test(
        "What is not a shared library is refused with a sentence",
        arguments: [
            ([], "is not a shared library (expected an ELF file"), (Array("#!/bin/sh\n".utf8), "is not a shared library (expected an ELF file"),
            ([0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 0, count: 60), "is for another architecture"),
            ([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 57), "expected ELF type DYN; got type 0"),
        ])
    func refusals(bytes: [UInt8], sentence: String) {
        let error = #expect(throws: TrustError.self) { try ELFFile(bytes, name: "libx.so") }
        #expect(error?.description.contains(sentence) == true && error?.description.hasPrefix("libx.so") == true)
    }

    @Test("A file cut off anywhere is refused or read, never a trap")
    func truncation() throws {
        let bytes = try CLibrary.noted.get()
        var refused = 0
        for count in stride(from: 0, to: bytes.count, by: 37) {
            do throws(TrustError) { _ = try ELFFile(Array(bytes[..<count]), name: "x") } catch { refused += 1 }
        }
        // The table of section headers stands at the end, so that no shorter file is whole.
        #expect(refused == stride(from: 0, to: bytes.count, by: 37).reduce(0) { count, _ in count + 1 })
    }

    @Test("Bytes changed at random, and tables set to extreme values, are refused or read, never a trap", arguments: 0..<8)
    func corruption(seed: UInt64) throws {
        let original = try CLibrary.noted.get()
        var generator = SplitMix(state: seed)
        let headers = Array(0..<64) + Array(64..<1_000)
        var refused = 0
        for _ in 0..<400 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Bool.random(using: &generator) ? headers.randomElement(using: &generator)! : Int.random(in: 0..<bytes.count, using: &generator)
                for offset in place..<min(place + [1, 4, 8].randomElement(using: &generator)!, bytes.count) {
                    bytes[offset] = [0, 0xFF, 0x7F, UInt8.random(in: 0...255, using: &generator)].randomElement(using: &generator)!
                }
            }
            do throws(TrustError) { _ = try ELFFile(bytes, name: "x") } catch { refused += 1 }
        }
        #expect(refused > 50)
    }

    @Test("A note of another form, a damaged one and one that says a thing twice are refused")
    func notes() throws {
        let bytes = try CLibrary.noted.get()
        let note = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("abi=1.0\n".utf8)) })
        func refusal(_ change: (inout [UInt8]) -> Void) -> String {
            var changed = bytes
            change(&changed)
            do throws(TrustError) { return "\(try ELFFile(changed, name: "x").note.debugDescription)" } catch { return error.description }
        }
        #expect(refusal { $0[note - 12] = 2 }.contains("identity note of form 2 (expected form 1"))
        #expect(refusal { $0[note - 16] = 0xFF; $0[note - 15] = 0xFF }.contains("its identity note is malformed"))
        #expect(refusal { $0.replaceSubrange(note..<(note + 3), with: Array("xyz".utf8)) }.contains("lacks 'abi'"))
        #expect(refusal { $0[note + 3] = 0x20 }.contains("has no '='"))
        #expect(refusal { $0[note + 9] = 0xFF }.contains("not lines of UTF-8"))
    }

    @Test("The Swift source of a note holds the words of its section, and its texts for a reader")
    func swiftSource() throws {
        let note = try IdentityNote(identifier: "org.example.a", version: "1.0.0", summary: "S")
        let source = note.swiftSource
        let words = source.split(whereSeparator: { !$0.isHexDigit && $0 != "x" }).filter { $0.hasPrefix("0x") }
            .compactMap { UInt32($0.dropFirst(2), radix: 16) }
        #expect(words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } } == note.section)
        #expect(source.contains("InlineArray<\(words.count), UInt32>") && source.contains("// identifier org.example.a\n"))
        #expect(throws: TrustError.self) { try IdentityNote(identifier: "", version: "1", summary: "") }
        #expect(throws: TrustError.self) { try IdentityNote(identifier: "a", version: "1", summary: "two\nlines") }
    }
}

/// A small reproducible generator (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
