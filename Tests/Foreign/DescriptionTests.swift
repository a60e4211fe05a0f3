import Testing

@testable import Foreign

@Suite("What is wrong with a foreign section")
struct DescriptionTests {
    /// A section in order, of which each case replaces one line.
    private static let sound = """
        structs: {pair: {a: double, b: int}}
        callbacks: {curve: {parameters: {x: double}, returns: double, context: [k], value: k * x}}
        functions:
          sum: {parameters: {values: 'in double[n]', n: int}, returns: double}
          integrate: {parameters: {f: callback curve, from: double, to: double}, returns: double}
          open: {parameters: {start: uint8, out: out handle counter}, returns: int, error: negative}
          next: {parameters: {c: handle counter}, returns: int}
        series: {load: {database: dsotp, measurement: pmu, field: p, window: 1h}}
        start: [{call: open, arguments: {start: 1}}]
        stop: [{call: next, arguments: {c: $result.open.out}}]
        golden:
          - {call: sum, arguments: {values: [1, 2]}, expect: {return: 3}}
        messages:
          - calls: [{call: sum, as: total, arguments: {values: $message.v}}]
            publish: [{topic: out, payload: $result.total}]
            write: [{database: dsotp, measurement: m, fields: {v: $result.total}}]
        timers: [{every: 10s, calls: [{call: sum, arguments: {values: $series.load}}], publish: [{topic: out, payload: $result.sum}]}]
        """

    static let cases: [(line: Int, text: String, sentence: String)] = [
        (1, "struct: {}", "unknown key 'struct' in foreign (expected encoding, dead_letter, structs"),
        (1, "structs: {pair: {a: decimal}}", "the type 'decimal' is not known (expected int8 … uint64"),
        (1, "structs: {pair: []}", "the struct 'pair' has the wrong type (expected a mapping of names; got a list)"),
        (1, "structs: {pair: {a: 'double[x]'}}", "the length in 'double[x]' is not acceptable (expected a number, 1 … 4096; got 'x')"),
        (1, "encoding: ebcdic", "'encoding' of foreign has an unknown value (expected utf-8 or latin-1; got 'ebcdic')"),
        (2, "callbacks: {curve: {parameters: {x: double}, returns: double, context: [k], value: k * y}}", "names 'y', which is not known here"),
        (2, "callbacks: {curve: {parameters: {x: double}, returns: double, context: [k], value: 'k * (x'}}", "is malformed at character 7 (expected ')'; got the end)"),
        (2, "callbacks: {curve: {parameters: {x: double}, returns: double, context: [k]}}", "does not say what it does (expected value or log; got neither)"),
        (2, "callbacks: {curve: {parameters: {x: out double}, returns: double, context: [k], value: k}}", "the type 'out double' is not known in a callback"),
        (2, "callbacks: {curve: {parameters: {x: double}, returns: double, context: [k], log: loud}}", "'log' of the callback 'curve' is not acceptable"),
        (2, "callbacks: {curve: {parameters: {x: double}, returns: double, context: [k], value: 'sin(x, k)'}}", "calls sin wrongly (expected 1 arguments; got 2)"),
        (2, "callbacks: {curve: {parameters: {x: double}, returns: double, context: [k], value: 'sum(x)'}}", "calls 'sum' (expected sin, cos"),
        (4, "  sum: {parameters: {values: 'double[n]', n: int}, returns: double}", "does not say which way it goes (expected in, out or inout in front"),
        (4, "  sum: {parameters: {values: 'in double[m]', n: int}, returns: double}", "the length 'm' in 'in double[m]' is not known (expected a number or one of the parameters values or n)"),
        (4, "  sum: {parameters: {values: 'in double[n]', n: double}, returns: double}", "the length 'n' of 'values' of 'sum' is not a whole number that goes in"),
        (4, "  sum: {parameters: {values: 'in double[n]', n: int}}", "lacks the key 'returns'"),
        (4, "  sum: {parameters: {values: 'in double[n]', n: int}, returns: in double}", "the result 'in double' is not known"),
        (4, "  sum: {parameters: {values: 'in double[n]', n: int}, returns: double, language: pascal}", "'language' of the function 'sum' has an unknown value (expected c or fortran"),
        (4, "  sum: {parameters: {values: 'in double[n]', n: int}, returns: double, throws: yes}", "unknown key 'throws' in the function 'sum'"),
        (4, "  sum: {parameters: {values: 'in double[n]', n: int}, returns: double, error: null}", "'error' of the function 'sum' has the wrong type (expected nonzero, zero, negative or errno; got nothing)"),
        (4, "  sum: {parameters: {values: 'in double[n]', n: int, s: out string}, returns: double}", "has no room (expected the bytes that the function may fill"),
        (5, "  integrate: {parameters: {f: callback line, from: double, to: double}, returns: double}", "the callback 'line' is not described (expected one of those under callbacks: curve"),
        (6, "  open: {parameters: {start: uint8, out: out handle counter}, returns: int, error: {when: sometimes}}", "'when' of error of 'open' has an unknown value"),
        (6, "  open: {parameters: {start: uint8, out: out handle counter}, returns: int, error: {when: negative, text: sum}}", "'text' of error of 'open' is not acceptable"),
        (6, "  open: {parameters: {start: uint8, out: out handle counter}, returns: void, error: negative}", "the error 'negative' can't be seen in 'open'"),
        (8, "series: {load: {database: dsotp, measurement: pmu, field: p, window: 60}}", "'window' of the series 'load' is malformed (expected a duration such as"),
        (8, "series: {load: {database: dsotp, measurement: pmu, window: 1h}}", "the series 'load' lacks the key 'field'"),
        (9, "start: [{call: open, arguments: {start: 300}}]", "the argument 'start' of 'open' does not fit (expected 0 … 255, the range of uint8; got 300)"),
        (9, "start: [{call: open}]", "the call of 'open' lacks the argument 'start'"),
        (9, "start: [{call: opne, arguments: {start: 1}}]", "the function 'opne' is not described (expected sum, integrate, open or next; got 'opne')"),
        (9, "start: [{call: open, arguments: {start: 1, out: 2}}]", "'out' is no argument of 'open' (expected a parameter that goes in: start; got 'out')"),
        (9, "start: [{call: open, arguments: {start: $message.x}}]", "'$message.x' names nothing here"),
        (9, "start: {call: open}", "'start' of foreign has the wrong type (expected a list of calls; got a mapping)"),
        (10, "stop: [{call: next, arguments: {c: 1}}]", "the argument 'c' of 'next' is no handle"),
        (10, "stop: [{call: next, arguments: {c: $result.open}}]", "the argument 'c' of 'next' does not fit (expected 'handle counter'; got no handle)"),
        (10, "stop: [{call: next, arguments: {c: $result.shut.out}}]", "'$result.shut.out' names nothing here"),
        (12, "  - {call: sum, arguments: {values: [1, 2]}, expect: {result: 3}}", "'result' does not come out of 'sum' (expected return; got 'result')"),
        (12, "  - {call: sum, arguments: {values: [1, 2]}}", "the golden vector of 'sum' expects nothing"),
        (12, "  - {call: sum, arguments: {values: [1, 2]}, fails: true}", "a golden vector of 'sum' can't fail (expected a function with the key 'error'; got none)"),
        (12, "  - {call: integrate, arguments: {from: 0, to: 1}, context: {k: 1}, expect: {return: 0.5}}", "'sum' has no golden vector"),
        (12, "  - {call: integrate, arguments: {from: 0, to: 1}, expect: {return: 0.5}}", "lacks 'k' in its context (expected what the callback 'curve' needs"),
        (14, "  - calls: [{call: sum, as: total, arguments: {values: $mesage.v}}]", "'$mesage.v' names nothing here (expected $message.FIELD, $payload"),
        (14, "  - calls: [{call: sum, as: total, arguments: {values: '$message.v[x]'}}]", "'$message.v[x]' names nothing here"),
        (14, "  - topic: elsewhere\n    calls: [{call: sum, as: total, arguments: {values: [1]}}]", "nothing subscribes to 'elsewhere' (expected a topic as it stands under subscribe: in/#"),
        (15, "    publish: [{topic: a/#, payload: $result.total}]", "'topic' of an item of publish is no topic"),
        (15, "    publish: [{topic: a, payload: $result.total, qos: 2}]", "'qos' of an item of publish is not acceptable (expected a whole number 0 … 1; got '2')"),
        (15, "    publish: [{topic: 'a/{$topic.x}', payload: 1}]", "'$topic.x' names nothing here (expected the number of a level, from 0"),
        (16, "    write: [{database: dsotp, measurement: m, fields: {v: $result.total}, quality: superb}]", "'quality' of an item of write is not known (expected good, invalid"),
        (16, "    write: [{database: dsotp, measurement: m}]", "an item of write lacks the key 'fields'"),
        (17, "timers: [{every: soon, calls: [{call: sum, arguments: {values: $series.load}}], publish: [{topic: out, payload: $result.sum}]}]", "'every' of an item of timers is malformed"),
        (17, "timers: [{every: 10s, calls: [{call: sum, arguments: {values: $series.lode}}], publish: [{topic: out, payload: 1}]}]", "'$series.lode' names nothing here (expected one of those under series, in work: load"),
        (17, "timers: [{every: 10s, calls: [{call: sum, arguments: {values: $message.v}}], publish: [{topic: out, payload: 1}]}]", "'$message.v' names nothing here"),
        (17, "timers: [{every: 10s, calls: [], publish: [{topic: out, payload: 1}]}]", "an item of timers calls nothing"),
        (17, "timers: [{every: 10s, calls: [{call: sum, arguments: {values: [1]}}]}]", "does nothing with what it computes"),
    ]

    @Test("The sound section has no problems")
    func sound() throws {
        let problems = try Samples.read(Self.sound).problems
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test("Each mistake is told with its line, what was expected and what was found", arguments: cases.indices)
    func mistakes(index: Int) throws {
        let (line, text, sentence) = Self.cases[index]
        var lines = Self.sound.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines[line - 1] = text
        let problems = try Samples.read(lines.joined(separator: "\n")).problems
        let found = problems.first { $0.sentence.contains(sentence) }
        #expect(found != nil, "expected '\(sentence)', got \(problems)")
        // A function without a vector is told where the function stands.
        if let found, !sentence.contains("has no golden vector") { #expect(abs(found.line - line) <= 1, "\(found)") }
    }
}

@Suite("Expressions and paths")
struct ExpressionTests {
    @Test("Expressions follow the rules of arithmetic", arguments: [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("2 ^ 3 ^ 2", 512), ("-2 ^ 2", -4), ("10 - 4 - 3", 3), ("8 / 4 / 2", 1), ("x < 3 ? 1 : x > 5 ? 2 : 3", 2),
        ("1e-3 * 2E2", 0.2), ("min(x, 3) + max(1, 2)", 5), ("!(x == 7) || 0", 0), ("x >= 7 && x <= 7", 1), ("atan2(0, -1) - pi", 0), ("2 - -x", 9),
        ("sign(-3) + abs(-2)", 1), ("sqrt(16) + floor(1.5) + ceil(1.5)", 7),
    ])
    func arithmetic(text: String, value: Double) throws {
        let expression = try ExpressionParser.parse(text, names: .init(variable: { $0 == "x" ? 0 : nil }, function: { _ in nil }))
        let got = try withUnsafePointer(to: 7.0) { try expression.evaluate($0) { _, _ in 0 } }
        #expect(abs(got - value) < 1e-12)
    }

    @Test("What is not an expression is refused", arguments: ["", "1 +", "(1", "1 2", "y", "f(1)", "1..2", "? 1 : 2", "x ? 1", String(repeating: "-", count: 10_000) + "1"])
    func malformed(text: String) {
        #expect(throws: ExpressionParser.Malformed.self) {
            try ExpressionParser.parse(text, names: .init(variable: { $0 == "x" ? 0 : nil }, function: { _ in nil }))
        }
    }

    @Test("Fields are picked out of a document in one pass, whatever else is in it")
    func fields() throws {
        var tree = FieldTree()
        let paths = ["a.b", "a", "list.1.x", "list[k=two].x", "missing.deep", "list[k=3,x=9].y"]
        for path in paths { _ = tree.slot(for: try #require(FieldPath(path))) }
        var values = [Value?](repeating: nil, count: paths.count)
        let text = #"{"skip":{"a":[1,{"b":2}]},"a":{"b":5,"c":[]},"list":[{"k":"one","x":1},{"k":"two","x":2},{"k":3,"x":9,"y":"z"}],"last":null}"#
        try Array(text.utf8).withUnsafeBytes { try tree.read($0, into: &values) }
        #expect(values.map { $0?.shown } == ["5", "an object", "2", "2", nil, "the text 'z'"])
    }

    @Test("What is not a path is refused", arguments: ["a..b", "a.", "[x]", "a[", "a[=1]", "a.[x=1]"])
    func paths(text: String) { #expect(FieldPath(text) == nil) }
}
