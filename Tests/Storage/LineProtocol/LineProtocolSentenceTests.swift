import Storage
import Testing

@Suite("The sentences for lines that cannot be stored are those of InfluxDB 1.x")
struct LineProtocolSentenceTests {
    static let unparsable: [(line: String, why: String)] = [
        ("m v=", "missing field value"),
        ("m v= 1", "missing field value"),
        ("m v=,w=1", "missing field value"),
        (",t=a v=1", "missing measurement"),
        ("m", "missing fields"),
        ("m,t=a", "missing fields"),
        (#"m\ v=1"#, "missing fields"),
        ("m,t= v", "invalid field format"),
        ("m, v=1", "missing tag key"),
        ("m,=a v=1", "missing tag key"),
        ("m,,t=a v=1", "missing tag key"),
        ("m,t", "missing tag value"),
        ("m,t v=1", "missing tag value"),
        ("m,t,u=a v=1", "missing tag value"),
        ("m,t=", "missing tag value"),
        ("m,t=a=b v=1", "invalid tag format"),
        ("m,t=a,t=b v=1", "duplicate tags"),
        ("m,t=a,s=c,t=b v=1", "duplicate tags"),
        ("m,t=a,t=b v=", "duplicate tags"),
        ("m =1", "missing field key"),
        ("m v=1,=2", "missing field key"),
        ("m ,=2", "missing field key"),
        ("m ", "invalid field format"),
        ("m v", "invalid field format"),
        ("m v=1,", "invalid field format"),
        ("m v=1, 5", "invalid field format"),
        ("m v=1,w", "invalid field format"),
        ("m v=1,,w=1", "invalid field format"),
        (#"m v="a"b"#, "invalid field format"),
        (#"m v="a"#, "unbalanced quotes"),
        (#"m v="a\""#, "unbalanced quotes"),
        (#"m v=""#, "unbalanced quotes"),
        ("m v=-", "invalid number"),
        ("m v=.", "invalid number"),
        ("m v=-.", "invalid number"),
        ("m v=-i", "invalid number"),
        ("m v=1.2.3", "invalid number"),
        ("m v=1.0i", "invalid number"),
        ("m v=1i2", "invalid number"),
        ("m v=1ii", "invalid number"),
        ("m v=1u", "invalid number"),
        ("m v=1-2", "invalid number"),
        ("m v=--1", "invalid number"),
        ("m v=1e5i", "invalid number"),
        ("m v=0x10", "invalid number"),
        ("m v=12abc", "invalid number"),
        ("m v=NaN", "invalid number"),
        ("m v=nan,w=1", "invalid number"),
        ("m v=-Inf", "invalid number"),
        ("m v=1e", "invalid float"),
        ("m v=1e+", "invalid float"),
        ("m v=-e5", "invalid float"),
        ("m v=1e5e5", "invalid float"),
        ("m v=1e5.5", "invalid float"),
        ("m v=1e400", "invalid float"),
        ("m v=-1e400 5", "invalid float"),
        ("m v=+1", "invalid boolean"),
        ("m v=tr", "invalid boolean"),
        ("m v=tRUE", "invalid boolean"),
        ("m v=FALSe", "invalid boolean"),
        ("m v=truefalse", "invalid boolean"),
        ("m v=Inf", "invalid boolean"),
        ("m v=abc", "invalid boolean"),
        ("m v=1 12a", "bad timestamp"),
        ("m v=1 1.5", "bad timestamp"),
        ("m v=1 +5", "bad timestamp"),
        ("m v=1 1 2", "point is invalid"),
        ("m v=1 1 t", "point is invalid"),
        ("m v=1 -", #"strconv.ParseInt: parsing "-": invalid syntax"#),
        ("m v=1 9223372036854775808", #"strconv.ParseInt: parsing "9223372036854775808": value out of range"#),
        ("m v=1 -9223372036854775809", #"strconv.ParseInt: parsing "-9223372036854775809": value out of range"#),
        ("m v=1 99999999999999999999999", #"strconv.ParseInt: parsing "99999999999999999999999": value out of range"#),
        ("m v=1 9223372036854775807", "time outside range -9223372036854775806 - 9223372036854775806"),
        ("m v=1 -9223372036854775807", "time outside range -9223372036854775806 - 9223372036854775806"),
        (
            "m v=9223372036854775808i",
            #"unable to parse integer 9223372036854775808: strconv.ParseInt: parsing "9223372036854775808": value out of range"#
        ),
        (
            "m v=-99999999999999999999i 5",
            #"unable to parse integer -99999999999999999999: strconv.ParseInt: parsing "-99999999999999999999": value out of range"#
        ),
    ]

    @Test("a line that cannot be parsed is quoted, with the reason", arguments: unparsable)
    func unparsableLine(line: String, why: String) throws {
        let driver = LineProtocolMemoryDriver()
        let outcome = try LineProtocolWriter(driver: driver).write(line)
        #expect(outcome.firstError == "unable to parse '\(line)': \(why)")
        #expect(outcome.stored == 0 && outcome.dropped == 1 && outcome.ticket == nil)
        #expect(driver.snapshot.resolveCalls == 0, "a bad line must make no column")
    }

    @Test("a line that cannot be parsed is refused the same when its series and fields are known", arguments: unparsable)
    func unparsableLineOfKnownSeries(line: String, why: String) throws {
        let writer = LineProtocolWriter(driver: LineProtocolMemoryDriver())
        _ = try writer.write("m v=1,w=1\nm,t=a v=1\nm,u=a,t=b v=1")
        #expect(try writer.write(line).firstError == "unable to parse '\(line)': \(why)")
    }

    @Test("an empty tag value is refused when the options ask for the parser of InfluxDB", arguments: ["m,t= v=1", "m,t=,u=a v=1"])
    func emptyTagValueRefused(line: String) throws {
        var options = LineProtocolOptions()
        options.refusesEmptyTagValues = true
        let outcome = try LineProtocolWriter(driver: LineProtocolMemoryDriver(), options: options).write(line)
        #expect(outcome.firstError == "unable to parse '\(line)': missing tag value")
    }

    @Test("good lines are stored when others cannot be parsed, and the sentence counts no refused point")
    func partialParse() throws {
        let driver = LineProtocolMemoryDriver()
        let outcome = try LineProtocolWriter(driver: driver).write("good v=1 1700000000000000000\nbad v=\nbad w=\n")
        #expect(outcome.firstError == "partial write: unable to parse 'bad v=': missing field value dropped=0")
        #expect(outcome.stored == 1 && outcome.dropped == 2 && outcome.ticket != nil)
        #expect(driver.dump == ["good||v|1700000000000000000|float(1.0)"])
    }

    @Test("a field of another type drops its line with both types", arguments: [true, false])
    func typeConflict(isRemembered: Bool) throws {
        let driver = LineProtocolMemoryDriver()
        let writer = LineProtocolWriter(driver: driver)
        _ = try writer.write("pmu,device=a value=1 1")
        if !isRemembered { writer.forgetColumns() }
        let outcome = try writer.write("pmu,device=a value=\"str\" 2\npmu,device=a value=9 2\npmu,device=b value=3i 2\nbad\n")
        #expect(
            outcome.firstError
                == "partial write: field type conflict: input field \"value\" on measurement \"pmu\" is type string, already exists as type float dropped=2"
        )
        #expect(outcome.stored == 1 && outcome.dropped == 3)
        #expect(driver.dump == ["pmu|device=a|value|1|float(1.0)", "pmu|device=a|value|2|float(9.0)"])
    }

    static let types: [(first: String, second: String, names: String)] = [
        ("1", "1i", "is type integer, already exists as type float"),
        ("1i", "1", "is type float, already exists as type integer"),
        ("t", "\"x\"", "is type string, already exists as type boolean"),
        ("\"x\"", "f", "is type boolean, already exists as type string"),
    ]

    @Test("the types are named as InfluxDB names them, also within one write", arguments: types)
    func typeNames(first: String, second: String, names: String) throws {
        let outcome = try LineProtocolWriter(driver: LineProtocolMemoryDriver()).write("m v=\(first) 1\nm,t=x w=1,v=\(second) 2")
        #expect(outcome.firstError == "partial write: field type conflict: input field \"v\" on measurement \"m\" \(names) dropped=1")
    }

    @Test("a tag called time drops the line; a field called time is ignored unless it is the only one")
    func timeNames() throws {
        let driver = LineProtocolMemoryDriver()
        let writer = LineProtocolWriter(driver: driver)
        #expect(
            try writer.write("m,time=x v=1").firstError
                == "partial write: invalid tag key: input tag \"time\" on measurement \"m\" is invalid dropped=1")
        #expect(
            try writer.write("m time=1").firstError
                == "partial write: invalid field name: input field \"time\" on measurement \"m\" is invalid dropped=1")
        let outcome = try writer.write("m time=1,v=2 3")
        #expect(outcome.firstError == nil && outcome.values == 1)
        #expect(driver.dump == ["m||v|3|float(2.0)"])
    }

    @Test("lengths and counts have limits")
    func limits() throws {
        var options = LineProtocolOptions()
        options.maximumTags = 2
        options.maximumFields = 2
        options.maximumTextBytes = 3
        let writer = LineProtocolWriter(driver: LineProtocolMemoryDriver(), options: options)
        let long = String(repeating: "k", count: 65_530)
        #expect(try writer.write("\(long) v=1").firstError == nil)
        #expect(try writer.write("\(long) vv=1").firstError?.hasSuffix("max key length exceeded: 65536 > 65535") == true)
        #expect(try writer.write("\(long),tag=vv v=1").firstError?.hasSuffix("max key length exceeded: 65537 > 65535") == true)
        #expect(try writer.write("m,a=1,b=2 v=1,w=2").firstError == nil)
        #expect(
            try writer.write("m,a=1,b=2,c=3 v=1").firstError
                == "unable to parse 'm,a=1,b=2,c=3 v=1': max tags exceeded: a line may have 2")
        #expect(try writer.write("m a=1,b=2,c=3").firstError == "unable to parse 'm a=1,b=2,c=3': max fields exceeded: a line may have 2")
        #expect(try writer.write("m s=\"abc\"").firstError == nil)
        #expect(
            try writer.write("m s=\"abcd\"").firstError
                == "partial write: input field \"s\" on measurement \"m\" is too long, 4 > 3 dropped=1")
    }

    @Test("a name that the store does not accept drops the line with the words of the store")
    func refusedName() throws {
        let outcome = try LineProtocolWriter(driver: LineProtocolMemoryDriver()).write("refused v=1\nm v=1")
        #expect(outcome.firstError == "partial write: the name is not acceptable dropped=1")
        #expect(outcome.stored == 1)
    }

    @Test("a very long bad line is quoted up to a limit")
    func longQuote() throws {
        let outcome = try LineProtocolWriter(driver: LineProtocolMemoryDriver()).write("m v=" + String(repeating: "x", count: 100_000))
        let sentence = try #require(outcome.firstError)
        #expect(sentence.hasSuffix("x…': invalid boolean"))
        #expect(sentence.utf8.count < 5_000)
    }
}
