import Grid
import Testing

@Suite("Archives and documents that grow")
struct ArchiveBombTests {
    /// A zip archive of one deflated or stored entry; deflated bytes are given as they are.
    static func archive(_ packed: [UInt8], method: UInt16, declared: Int, name: String = "EQ.xml", copies: Int = 1) -> [UInt8] {
        let fields = short(20) + short(0) + short(Int(method)) + short(0) + short(0) + long(0) + long(packed.count) + long(declared)
        let sizes = short(name.utf8.count) + short(0)
        let local = long(0x0403_4b50) + fields + sizes + Array(name.utf8) + packed
        let entry = long(0x0201_4b50) + short(20) + fields + sizes + short(0) + short(0) + short(0) + long(0) + long(0) + Array(name.utf8)
        let directory = [[UInt8]](repeating: entry, count: copies).flatMap { $0 }
        return local + directory + long(0x0605_4b50) + short(0) + short(0) + short(copies) + short(copies) + long(directory.count) + long(local.count) + short(0)
    }

    static func short(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8 & 255)] }
    static func long(_ value: Int) -> [UInt8] { short(value & 65535) + short(value >> 16) }

    /// A deflate stream (RFC 1951) of `count` blocks with fixed codes: a space each, then 258 spaces again and again, each in 13 bits.
    static func spaces(_ repetitions: Int) -> [UInt8] {
        var (bytes, used): ([UInt8], Int) = ([], 8)
        func put(_ bit: Int) {
            if used == 8 { (bytes, used) = (bytes + [0], 0) }
            bytes[bytes.count - 1] |= UInt8(bit << used)
            used += 1
        }
        // Last block, fixed codes; the literal 0x20 is 0x30 + 0x20 in eight bits, most significant first; length 258 is 0b11000101, distance 1 five zeros.
        for bit in [1, 1, 0] { put(bit) }
        for shift in stride(from: 7, through: 0, by: -1) { put(0x50 >> shift & 1) }
        for _ in 0..<repetitions { for bit in [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0] { put(bit) } }
        for _ in 0..<7 { put(0) }
        return bytes
    }

    @Test("An entry that unpacks to hundreds of times its size is stopped there")
    func ratio() {
        let repetitions = 40_000
        let packed = Self.spaces(repetitions)
        let unpacked = 1 + 258 * repetitions
        var reader = CIMReader()
        reader.limits.archiveRatio = 100
        let bomb = reader.read([.bytes(name: "bomb.zip", Self.archive(packed, method: 8, declared: unpacked))])
        #expect(bomb.problems.contains { $0.sentence.contains("more than 100 times its \(packed.count) bytes") })
        #expect(bomb.byteCount <= 102 * packed.count + 65536)
    }

    @Test("An entry that is larger than its directory says is stopped at that size, and told")
    func declaredSize() {
        let text = [UInt8](repeating: 0x20, count: 5000)
        let result = CIMReader().read([.bytes(name: "lie.zip", Self.archive(text, method: 0, declared: 100))])
        #expect(result.problems.contains { $0.sentence.contains("more than the 100 bytes that its directory says") })
    }

    @Test("Entries that share their bytes are refused before one is unpacked")
    func overlap() {
        let text = [UInt8](repeating: 0x20, count: 5000)
        let result = CIMReader().read([.bytes(name: "overlap.zip", Self.archive(text, method: 0, declared: 5000, copies: 50))])
        #expect(result.problems.contains { $0.sentence.contains("they overlap") })
        #expect(result.byteCount == 0)
    }

    @Test("An archive within an archive is not unpacked")
    func nested() {
        let inner = Self.archive([UInt8](repeating: 0x20, count: 100), method: 0, declared: 100)
        let result = CIMReader().read([.bytes(name: "outer.zip", Self.archive(inner, method: 0, declared: inner.count, name: "inner.zip"))])
        #expect(result.byteCount == 0)
        #expect(result.hasErrors)
    }

    @Test("Neither nested entities nor one that is repeated grow a document", arguments: [
        "<!ENTITY a \"aaaaaaaaaa\">" + (1...9).map { "<!ENTITY a\($0) \"" + String(repeating: "&a\($0 == 1 ? "" : "\($0 - 1)");", count: 10) + "\">" }.joined(),
        "<!ENTITY a9 \"" + String(repeating: "a", count: 10_000) + "\">",
        "<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;", "<!ENTITY a9 \"&a9;\">",
    ])
    func entities(declarations: String) {
        let document = "<?xml version=\"1.0\"?><!DOCTYPE x [\(declarations)]><x>\(String(repeating: "&a9;", count: 1000))</x>"
        let result = CIMReader().read([.bytes(name: "bomb.xml", Array(document.utf8))])
        #expect(result.hasErrors && result.objectCount == 0)
        #expect(result.network.nodes.isEmpty)
    }
}
