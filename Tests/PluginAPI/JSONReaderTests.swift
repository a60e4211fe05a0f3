import PluginAPI
import Testing

/// The tokens of a text in a line, or the error.
private func tokens(_ bytes: [UInt8], depthLimit: Int = 64) -> String {
    bytes.withUnsafeBytes { bytes in
        var reader = JSONReader(bytes, depthLimit: depthLimit)
        var words: [String] = []
        do throws(JSONError) {
            while true {
                switch try reader.next() {
                case .beginObject: words.append("{")
                case .endObject: words.append("}")
                case .beginArray: words.append("[")
                case .endArray: words.append("]")
                case .key(let key): words.append("\(key.string):")
                case .text(let text): words.append("'\(text.string)'")
                case .number(let number): words.append(number.double.map { "\($0)" } ?? "too large")
                case .boolean(let truth): words.append("\(truth)")
                case .null: words.append("null")
                case .end: return words.joined(separator: " ")
                }
            }
        } catch {
            return "\(error)"
        }
    }
}

@Suite("The JSON reader")
struct JSONReaderTests {
    @Test(
        "what RFC 8259 allows is read",
        arguments: [
            ("{}", "{ }"), ("[]", "[ ]"), (" [ ] ", "[ ]"), ("null", "null"), ("true", "true"), ("\"\"", "''"), ("0", "0.0"),
            ("{\"a\":1,\"b\":[true,null,\"x\"],\"c\":{}}", "{ a: 1.0 b: [ true null 'x' ] c: { } }"),
            ("\t\r\n{ \"a\" : 1 }\n", "{ a: 1.0 }"), ("[[[]]]", "[ [ [ ] ] ]"), ("{\"\":0}", "{ : 0.0 }"),
            ("{\"a\":1,\"a\":2}", "{ a: 1.0 a: 2.0 }"),
            ("\"\\u00e9\\u20AC\\uD834\\udd1e\"", "'é€𝄞'"),
            ("\"gr\u{fc}n 12345678 \u{20ac}\"", "'grün 12345678 €'"), ("\"\u{7f}\"", "'\u{7f}'"),
            ("[1,-0,1.5,2e3,3E-2,1e+2]", "[ 1.0 -0.0 1.5 2000.0 0.03 100.0 ]"),
            ("1e400", "too large"), ("\"12345678\\u0041\"", "'12345678A'"), ("\"1234567\\\"\"", "'1234567\"'"),
        ])
    func accepted(text: String, expected: String) {
        #expect(tokens(Array(text.utf8)) == expected)
    }

    @Test("every escape becomes its character") func escapes() {
        #expect(tokens(Array(#""\"\\\/\b\f\n\r\t\u0000""#.utf8)) == "'\"\\/\u{8}\u{c}\n\r\t\0'")
    }

    @Test(
        "what it forbids is refused at the byte where it goes wrong",
        arguments: [
            ("", "at byte 0: the JSON text ends early"), ("  ", "at byte 2: the JSON text ends early"),
            ("[1,]", "at byte 3: expected a value, got ']'"), ("{\"a\":1,}", "at byte 7: expected a key in quotes, got '}'"),
            ("{a:1}", "at byte 1: expected a key in quotes, got 'a'"), ("{\"a\" 1}", "at byte 5: expected ':', got '1'"),
            ("{\"a\":}", "at byte 5: expected a value, got '}'"), ("[1 2]", "at byte 3: expected ',' or ']', got '2'"),
            ("{\"a\":1]", "at byte 6: expected ',' or '}', got ']'"), ("[1}", "at byte 2: expected ',' or ']', got '}'"),
            ("[", "at byte 1: the JSON text ends early"), ("{\"a\":1", "at byte 6: the JSON text ends early"),
            ("{} {}", "at byte 3: there is more after the end of the JSON value"),
            ("1 x", "at byte 2: there is more after the end of the JSON value"),
            ("01", "at byte 0: the number is malformed"), ("-", "at byte 0: the number is malformed"),
            ("1.", "at byte 0: the number is malformed"),
            ("1e", "at byte 0: the number is malformed"), ("-01", "at byte 0: the number is malformed"),
            (".5", "at byte 0: expected a value, got '.'"),
            ("+1", "at byte 0: expected a value, got '+'"), ("0x10", "at byte 1: there is more after the end of the JSON value"),
            ("NaN", "at byte 0: expected a value, got 'N'"), ("Infinity", "at byte 0: expected a value, got 'I'"),
            ("tru", "at byte 0: expected true, false or null"), ("nulL", "at byte 0: expected true, false or null"),
            ("True", "at byte 0: expected a value, got 'T'"), ("'a'", "at byte 0: expected a value, got '''"),
            ("\"a", "at byte 2: the JSON text ends early"), ("\"a\\", "at byte 3: the JSON text ends early"),
            ("\"a\nb\"", "at byte 2: a control character in a text must be escaped"),
            ("\"\\x41\"", "at byte 1: the escape sequence is malformed"),
            ("\"\\u12G4\"", "at byte 1: the escape sequence is malformed"),
            ("\"\\u12", "at byte 1: the escape sequence is malformed"),
            ("\"\\ud800\"", "at byte 1: the escape \\u names half of a surrogate pair"),
            ("\"\\udc00\\ud800\"", "at byte 1: the escape \\u names half of a surrogate pair"),
            ("\"\\ud800\\u0041\"", "at byte 1: the escape \\u names half of a surrogate pair"),
            ("/* c */ {}", "at byte 0: expected a value, got '/'"), ("# c\n{}", "at byte 0: expected a value, got '#'"),
            ("\u{feff}{}", "at byte 0: expected a value, got the byte 239"), ("]", "at byte 0: expected a value, got ']'"),
        ])
    func refused(text: String, expected: String) {
        #expect(tokens(Array(text.utf8)) == expected)
    }

    @Test(
        "texts that are not UTF-8 are refused",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0x80],
            [0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x28, 0xA1],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        #expect(tokens([0x22, 0x61] + bytes + [0x22]) == "at byte 2: the text is not UTF-8")
        #expect(tokens([0x22] + Array("12345678".utf8) + bytes + [0x22]) == "at byte 9: the text is not UTF-8")
    }

    @Test("nesting is limited, exactly") func depth() {
        let nested = { (depth: Int) in
            Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth)
        }
        #expect(!tokens(nested(64)).contains("at byte"))
        #expect(tokens(nested(65)) == "at byte 64: objects and lists are nested deeper than 64 levels")
        #expect(tokens(nested(3), depthLimit: 2) == "at byte 2: objects and lists are nested deeper than 2 levels")
        #expect(tokens(Array(repeating: UInt8(ascii: "["), count: 1_000_000)).hasPrefix("at byte 64"))
    }

    @Test("typed reading says what it expected and what it got") func typed() {
        Array(#"{"a": [1, "x", true, {"deep": [null]}], "b": 2}"#.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            #expect(throws: Never.self) {
                try reader.beginObject()
                #expect(try reader.nextKey()?.string == "a")
                try reader.skipValue()
                #expect(try reader.nextKey()?.string == "b")
            }
            let error = #expect(throws: JSONError.self) { _ = try reader.text() }
            #expect(error?.description == "at byte 44: expected a text, got a number")
        }
    }

    @Test("a tree gives members, elements and numbers, and refuses a key that comes twice") func tree() throws {
        let parse = { (text: String) in try Array(text.utf8).withUnsafeBytes { try JSONValue($0) } }
        let tree = try parse(#"{"a": [1, 2.5, "x", true, null], "big": 9223372036854775807}"#)
        #expect(tree["a"]?[0]?.integer == 1 && tree["a"]?[1]?.number == 2.5 && tree["a"]?[1]?.integer == nil)
        #expect(
            tree["a"]?[2]?.text == "x" && tree["a"]?[3]?.boolean == true && tree["a"]?[4]?.kind == "null" && tree["a"]?[5] == nil)
        #expect(tree["big"]?.integer == .max && tree["c"] == nil && tree.members?.count == 2 && tree["a"]?.elements?.count == 5)
        #expect(throws: JSONError.self) { _ = try parse(#"{"a": 1, "a": 2}"#) }
        #expect(throws: JSONError.self) { _ = try parse("1e999") }
    }

    @Test("keys compare with words, escaped or not") func comparison() throws {
        try Array(#"{"data": 1, "d\u0061ta": 2, "datb": 3, "dat": 4}"#.utf8).withUnsafeBytes { bytes throws in
            var reader = JSONReader(bytes)
            try reader.beginObject()
            var equal: [Bool] = []
            while let key = try reader.nextKey() {
                equal.append(key == "data")
                try reader.skipValue()
            }
            #expect(equal == [true, true, false, false])
        }
    }
}

@Suite("JSON numbers")
struct JSONNumberTests {
    @Test(
        "decimal texts become the nearest double",
        arguments: [
            "0", "-0", "1", "0.1", "123.456", "19803.353557866976", "-0.033761625538942297", "9007199254740993", "1e22", "1e23",
            "5e-324",
            "2.2250738585072014e-308", "1.7976931348623157e308", "0.30000000000000004", "123456789012345678901234567890", "1e-400",
            "9223372036854775807", "18446744073709551615", "18446744073709551616", "0.000000000000000000123", "72057594037927945",
            "9.007199254740993", "900719925474099.3", "4503599627370497.5", "4503599627370496.5",
            "1.00000000000000011102230246251565",
        ])
    func nearest(text: String) {
        let value = Array(text.utf8).withUnsafeBytes { JSONNumber($0)?.double }
        #expect(value?.bitPattern == Double(text)?.bitPattern)
    }

    @Test("random numbers of many digits agree with the standard library", arguments: [1, 2, 3] as [UInt64])
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var wrong: [String] = []
        for _ in 0..<10_000 {
            let digits = String(UInt64.random(in: 0...UInt64.max, using: &random)).prefix(Int.random(in: 1...20, using: &random))
            let point = Int.random(in: 0...19, using: &random)
            let text =
                point == 0
                ? String(digits)
                : "\(digits).".replacingLeadingZeros
                    + String(String(UInt64.random(in: 0...UInt64.max, using: &random)).prefix(point))
            let value = Array(text.utf8).withUnsafeBytes { JSONNumber($0)?.double }
            if value?.bitPattern != Double(text)?.bitPattern { wrong.append(text) }
        }
        #expect(wrong.isEmpty)
    }

    @Test(
        "integers are exact or nil",
        arguments: [
            ("9223372036854775807", Int64.max), ("-9223372036854775808", .min), ("9223372036854775808", nil),
            ("-9223372036854775809", nil),
            ("1.0", nil), ("1e3", nil), ("-7", -7), ("99999999999999999999", nil),
        ] as [(String, Int64?)])
    func integers(text: String, expected: Int64?) {
        #expect(Array(text.utf8).withUnsafeBytes { JSONNumber($0)?.integer } == expected)
    }

    @Test(
        "a text that is not wholly a number is none",
        arguments: ["", " 1", "1 ", "1x", "0x1", "1,5", "--1", "1e", "inf", "nan", "RANDOM"])
    func none(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { JSONNumber($0) == nil })
    }
}

extension String {
    fileprivate var replacingLeadingZeros: String { self == "0." || !hasPrefix("0") ? self : "1" + self }
}

@Suite("JSON under random damage")
struct JSONFuzzTests {
    private static let document = Array(
        #"{"device":"pmu-0123","timestamp":"2020-05-20T10:27:57.980802+00:00","readings":[{"component":"BÜS1\u00e9","data":-1.5e3},[[]],true,null]}"#
            .utf8)

    @Test("damaged documents are read or refused within their bytes, never more", arguments: 1...8 as ClosedRange<UInt64>)
    func damage(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var beyond = 0
        for _ in 0..<5000 {
            var bytes = JSONFuzzTests.document
            for _ in 0...Int.random(in: 0...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(contentsOf: Array("{}[]\",:\\u0123".utf8).shuffled(using: &random).prefix(3), at: index)
                default: bytes.removeSubrange(index..<min(bytes.count, index + 5))
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            bytes.withUnsafeBytes { bytes in
                var reader = JSONReader(bytes)
                do throws(JSONError) {
                    var count = 0
                    loop: while true {
                        if case .end = try reader.next() { break loop }
                        count += 1
                        if count > bytes.count { beyond += 1 }
                    }
                    if reader.offset != bytes.count { beyond += 1 }
                } catch {
                    if !(0...bytes.count).contains(error.offset) { beyond += 1 }
                }
            }
        }
        #expect(beyond == 0)
    }

    @Test("a cut document is always refused") func cut() {
        for length in 0..<JSONFuzzTests.document.count {
            #expect(tokens(Array(JSONFuzzTests.document.prefix(length))).hasPrefix("at byte"))
        }
        #expect(tokens(JSONFuzzTests.document).hasSuffix("}"))
    }
}

/// Random numbers that are the same in every run: splitmix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
