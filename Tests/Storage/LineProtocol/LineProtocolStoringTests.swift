import Storage
import Testing

@Suite("Lines are stored as InfluxDB 1.x understands them")
struct LineProtocolStoringTests {
    static let stored: [(text: String, points: [String])] = [
        ("pmu,device=a,phase=A value=1.5,ok=true,n=3i,s=\"x\\\"y\" 7", [
            "pmu|device=a,phase=A|n|7|integer(3)", "pmu|device=a,phase=A|ok|7|boolean(true)",
            "pmu|device=a,phase=A|s|7|text(\"x\\\"y\")", "pmu|device=a,phase=A|value|7|float(1.5)",
        ]),
        ("m,b=2,a=1 v=1 1\nm,a=1,b=2 v=2 2", ["m|a=1,b=2|v|1|float(1.0)", "m|a=1,b=2|v|2|float(2.0)"]),
        ("# c\n\n  \t\nm v=1 1\n#m v=2 2\n  # m v=\"\nm v=3 3", ["m||v|1|float(1.0)", "m||v|3|float(3.0)"]),
        ("m v=1 1\r\nm s=\"a\" 2\r\n\r\n# c\r\nm b=t 3\r\n", ["m||b|3|boolean(true)", "m||s|2|text(\"a\")", "m||v|1|float(1.0)"]),
        ("  m   v=1   1   ", ["m||v|1|float(1.0)"]),
        ("m v=1 1\nm v=2 1", ["m||v|1|float(2.0)"]),
        ("m v=1,v=2 1", ["m||v|1|float(2.0)"]),
        ("m,t= v=1 1\nm,t=,u=a v=2 2", ["m|u=a|v|2|float(2.0)", "m||v|1|float(1.0)"]),
        ("m s=\"a\nb, c=1 5\" 1\nm v=1 1", ["m||s|1|text(\"a\\nb, c=1 5\")", "m||v|1|float(1.0)"]),
        ("m s=\"\" 1", ["m||s|1|text(\"\")"]),
        (#"m s="a\\" 1"#, [#"m||s|1|text("a\\")"#]),
        (#"m s="C:\dir\n" 1"#, [#"m||s|1|text("C:\\dir\\n")"#]),
        (#"a\ b\,c=d,k\ \,\==v\ \,\= f\ \,\=\"=1 1"#, [#"a b,c=d|k ,==v ,=|f ,="|1|float(1.0)"#]),
        (#"m\x,t\y=v\z f\w=1 1"#, [#"m\x|t\y=v\z|f\w|1|float(1.0)"#]),
        (#""m",t="a f="b" 1"#, [#""m"|t="a|f|1|text("b")"#]),
        ("Größe,Ort=Köln wärme=1,s=\"日本 🙂\" 1", ["Größe|Ort=Köln|s|1|text(\"日本 🙂\")", "Größe|Ort=Köln|wärme|1|float(1.0)"]),
        ("m v=1 -5", ["m||v|-5|float(1.0)"]),
        ("m\\\nm v=1 1", ["m||v|1|float(1.0)"]),
        ("m v=1 9223372036854775806\nm v=2 -9223372036854775806", [
            "m||v|-9223372036854775806|float(2.0)", "m||v|9223372036854775806|float(1.0)",
        ]),
        ("", []), ("\n\n", []), ("#", []), ("\r\n", []),
    ]

    @Test("a write stores these points", arguments: stored)
    func stores(text: String, points: [String]) throws {
        let driver = LineProtocolMemoryDriver()
        let writer = LineProtocolWriter(driver: driver)
        let outcome = try writer.write(text)
        #expect(driver.dump == points.sorted())
        #expect((outcome.ticket == nil) == points.isEmpty)
        let again = try writer.write(text)
        #expect(driver.dump == points.sorted(), "known columns must give the same")
        #expect(again.stored == outcome.stored && again.firstError == outcome.firstError)
    }

    static let floats = [
        "0", "-0", "1", "-1", "1.", ".5", "-.5", "007", "230.123", "-3e-2", "1e5", "1E+5", "1e-400", "0.1", "123456789012345678",
        "1234567890123456789012345", "9007199254740993", "9007199254740992", "0.30000000000000004", "1.7976931348623157e308",
        "4.9406564584124654e-324", "2.2250738585072011e-308", "8.442911973260991817129021e+18", "0.000000000000000000000000001",
        "100000000000000000000000000000000000.5", "6.02214076e23", "179769313486231570000000000000000000000",
    ]

    @Test("a float is rounded correctly", arguments: floats)
    func float(text: String) throws {
        let driver = LineProtocolMemoryDriver()
        let outcome = try LineProtocolWriter(driver: driver).write("m v=\(text) 1")
        // Swift's own parser takes neither "1." nor ".5".
        let padded = text.replacing("-.", with: "-0.").replacing(/^\./, with: "0.").replacing(/\.$/, with: ".0")
        let expected = try #require(Double(padded))
        #expect(outcome.firstError == nil)
        #expect(driver.snapshot.points[ColumnHandle(rawValue: 1)]?[1] == .float(expected))
    }

    @Test("random floats come back bit by bit", arguments: [1, 2, 3] as [UInt64])
    func randomFloats(seed: UInt64) throws {
        var random = LineProtocolRandom(state: seed)
        let values = (0..<2_000).map { index in
            index.isMultiple(of: 2) ? Double(bitPattern: random.next()) : Double(Int64.random(in: -1_000_000_000...1_000_000_000, using: &random)) / 1_000
        }.filter(\.isFinite)
        let driver = LineProtocolMemoryDriver()
        let text = values.enumerated().map { "m v=\($1) \($0)" }.joined(separator: "\n")
        #expect(try LineProtocolWriter(driver: driver).write(text).firstError == nil)
        let stored = driver.snapshot.points[ColumnHandle(rawValue: 1)] ?? [:]
        for (index, value) in values.enumerated() {
            guard case .float(let found) = stored[Int64(index)] else {
                Issue.record("no float at \(index)")
                continue
            }
            #expect(found.bitPattern == value.bitPattern)
        }
    }

    @Test("integers reach both ends of Int64", arguments: [Int64.min, -1, 0, 7, 999_999_999_999_999_999, 1_000_000_000_000_000_000, .max])
    func integer(value: Int64) throws {
        let driver = LineProtocolMemoryDriver()
        #expect(try LineProtocolWriter(driver: driver).write("m v=\(value)i 1").stored == 1)
        #expect(driver.dump == ["m||v|1|integer(\(value))"])
    }

    @Test("booleans have five spellings each", arguments: ["t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"])
    func boolean(word: String) throws {
        let driver = LineProtocolMemoryDriver()
        #expect(try LineProtocolWriter(driver: driver).write("m v=\(word),w=1 1").stored == 1)
        #expect(driver.dump.first == "m||v|1|boolean(\(word.lowercased().hasPrefix("t")))")
    }

    static let precisions: [(name: String, precision: LineProtocolPrecision, time: Int64, floor: Int64)] = [
        ("n", .nanoseconds, 3, 5_400_123_456_789), ("ns", .nanoseconds, 3, 5_400_123_456_789), ("", .nanoseconds, 3, 5_400_123_456_789),
        ("xx", .nanoseconds, 3, 5_400_123_456_789), ("u", .microseconds, 3_000, 5_400_123_456_000),
        ("µ", .microseconds, 3_000, 5_400_123_456_000), ("ms", .milliseconds, 3_000_000, 5_400_123_000_000),
        ("s", .seconds, 3_000_000_000, 5_400_000_000_000), ("m", .minutes, 180_000_000_000, 5_400_000_000_000),
        ("h", .hours, 10_800_000_000_000, 3_600_000_000_000),
    ]

    @Test("a timestamp is in the unit of the precision, and a missing one is now rounded down to it", arguments: precisions)
    func precision(name: String, precision: LineProtocolPrecision, time: Int64, floor: Int64) throws {
        #expect(LineProtocolPrecision(parameter: name) == precision)
        let driver = LineProtocolMemoryDriver()
        _ = try LineProtocolWriter(driver: driver).write("m a=1 3\nm b=1", precision: precision, now: 5_400_123_456_789)
        #expect(driver.dump == ["m||a|\(time)|float(1.0)", "m||b|\(floor)|float(1.0)"])
    }

    @Test("a time before 1970 is rounded down, too")
    func roundsDownBefore1970() throws {
        let driver = LineProtocolMemoryDriver()
        _ = try LineProtocolWriter(driver: driver).write("m v=1", precision: .seconds, now: -1)
        #expect(driver.dump == ["m||v|-1000000000|float(1.0)"])
    }

    @Test("a time that does not fit into nanoseconds is refused", arguments: LineProtocolPrecision.allCases)
    func overflow(precision: LineProtocolPrecision) throws {
        let greatest = (Int64.max - 1) / precision.nanosecondsPerUnit
        let writer = LineProtocolWriter(driver: LineProtocolMemoryDriver())
        for time in [greatest, -greatest] {
            #expect(try writer.write("m v=1 \(time)", precision: precision).firstError == nil)
        }
        for time in [greatest + 1, -greatest - 1, .max, .min] {
            #expect(
                try writer.write("m v=1 \(time)", precision: precision).firstError
                    == "unable to parse 'm v=1 \(time)': time outside range -9223372036854775806 - 9223372036854775806")
        }
    }

    static let notUTF8: [[UInt8]] = [
        [0xFF], [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
        [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x99],
    ]

    @Test("bytes that are not UTF-8 drop their line only", arguments: notUTF8)
    func refusesInvalidUTF8(bytes: [UInt8]) throws {
        let driver = LineProtocolMemoryDriver()
        let text = Array("é v=1 1\nm s=\"".utf8) + bytes + Array("\" 1\nm,t=".utf8) + bytes + Array(" v=1 1\nm v=2 2".utf8)
        let outcome = try LineProtocolWriter(driver: driver).write(text)
        #expect(outcome.stored == 2 && outcome.dropped == 2)
        #expect(outcome.firstError?.hasPrefix("partial write: unable to parse 'm s=\"") == true)
        #expect(outcome.firstError?.hasSuffix("\" 1': invalid UTF-8 dropped=0") == true)
    }

    @Test("names and values come back through their escapes", arguments: [11, 12, 13, 14] as [UInt64])
    func escapes(seed: UInt64) throws {
        var random = LineProtocolRandom(state: seed)
        // A backslash in front of a delimiter cannot be written in names, so names have none; texts may have any character.
        let nameAlphabet = Array("ab ,=\"#'üß日🙂.")
        let textAlphabet = nameAlphabet + ["\\", "\n", "\t"]
        func word(_ alphabet: [Character]) -> String { "x" + String((0..<6).map { _ in alphabet.randomElement(using: &random) ?? "a" }) }
        func escaped(_ text: String, _ characters: String) -> String {
            text.map { characters.contains($0) ? "\\\($0)" : "\($0)" }.joined()
        }
        for _ in 0..<200 {
            let (measurement, key, value, field, text) = (word(nameAlphabet), word(nameAlphabet), word(nameAlphabet), word(nameAlphabet), word(textAlphabet))
            let driver = LineProtocolMemoryDriver()
            let line = "\(escaped(measurement, ", ")),\(escaped(key, ", ="))=\(escaped(value, ", =")) "
                + "\(escaped(field, ", ="))=\"\(escaped(text, "\"\\"))\" 1\nnext v=1 1"
            #expect(try LineProtocolWriter(driver: driver).write(line).firstError == nil, "\(line)")
            let column = try #require(driver.describe(ColumnHandle(rawValue: 1)))
            #expect(column.identity == ColumnIdentity(database: "grid", measurement: measurement, tags: [Tag(key, value)], field: field))
            #expect(try driver.last(column.handle)?.value == .text(text))
        }
    }
}
