import PluginAPI
import PluginTestKit
import Testing

@testable import Foreign

@Suite("Values on their way into functions and out of them")
struct MarshallingTests {
    /// A service that calls one function with fields of the message and publishes all that comes out.
    private func answer(
        _ functions: String, call: String, arguments: String, message: String, publish: String, golden: String, more: String = ""
    ) throws -> Publication? {
        let harness = try Samples.harness(
            """
            \(more)
            functions:
            \(functions)
            golden: [\(golden)]
            messages:
              - calls: [{call: \(call), as: made, arguments: \(arguments)}]
                publish: [{topic: out, payload: \(publish)}]
            """)
        try harness.publish("in/a", message)
        let published = harness.published.last
        try harness.stop()
        return published
    }

    @Test("Each arithmetic type goes in and out by value and by pointer", arguments: [
        ("int8", "-128"), ("uint8", "255"), ("int16", "-32768"), ("uint16", "65535"), ("int32", "-2147483648"), ("uint32", "4294967295"),
        ("int64", "-9223372036854775808"), ("uint64", "18446744073709551615"), ("int", "2147483647"), ("uint", "4294967295"),
        ("long", "9223372036854775807"), ("ulong", "18446744073709551615"), ("size_t", "18446744073709551615"), ("float", "0.5"),
        ("double", "0.1"), ("bool", "true"),
    ])
    func roundTrip(type: String, value: String) throws {
        let one = type == "bool" ? "true" : "1"
        let echoed = try answer(
            """
              echo: {symbol: echo_\(type), parameters: {value: \(type)}, returns: \(type)}
              twice: {symbol: twice_\(type), parameters: {value: in \(type), first: out \(type), second: out \(type)}, returns: void}
            """, call: "twice", arguments: "{value: $message.v}", message: #"{"v": \#(value)}"#,
            publish: "{first: $result.made.first, second: $result.made.second}",
            golden: "{call: echo, arguments: {value: \(value)}, expect: {return: \(value)}}, {call: twice, arguments: {value: \(one)}, expect: {first: \(one)}}")
        #expect(echoed?.text == #"{"first":\#(value),"second":\#(value)}"#)
    }

    @Test("What a type can't hold is a dead letter that says so", arguments: [
        ("uint8", "300", "0 … 255"), ("uint8", "-1", "0 … 255"), ("int8", "128", "-128 … 127"), ("int", "2147483648", "-2147483648"),
        ("int", "1.5", "a whole number; got 1.5"), ("int", "\"7\"", "a whole number; got the text '7'"),
        ("uint64", "18446744073709551616", "0 … 18446744073709551615"), ("float", "1e39", "in the range of a float"),
        ("double", "true", "a number; got true"), ("bool", "1", "true or false; got 1"), ("double", "null", "a number; got null"),
    ])
    func range(type: String, value: String, reason: String) throws {
        let one = type == "bool" ? "true" : "1"
        let letter = try answer(
            "  echo: {symbol: echo_\(type), parameters: {value: \(type)}, returns: \(type)}", call: "echo", arguments: "{value: $message.v}",
            message: #"{"v": \#(value)}"#, publish: "$result.made", golden: "{call: echo, arguments: {value: \(one)}, expect: {return: \(one)}}")
        #expect(letter?.topic == "deadletter/in/a")
        #expect(letter?.text.contains(reason) == true, "\(letter?.text ?? "nothing")")
        #expect(letter?.text.contains("the argument 'value' of 'echo'") == true)
    }

    @Test("A whole number may be written as a float where it is one")
    func wholeFloat() throws {
        let echoed = try answer(
            "  echo: {symbol: echo_int, parameters: {value: int}, returns: int}", call: "echo", arguments: "{value: '= $message.v * 1000'}",
            message: #"{"v": 0.25}"#, publish: "$result.made", golden: "{call: echo, arguments: {value: 1.0}, expect: {return: 1}}")
        #expect(echoed?.text == "250")
    }

    @Test("An array tells its length, and a stated length must agree")
    func lengths() throws {
        let function = "  sum: {parameters: {values: 'in double[count]', count: int}, returns: double}"
        let golden = "{call: sum, arguments: {values: [1, 2, 3.5]}, expect: {return: 6.5}}"
        #expect(try answer(function, call: "sum", arguments: "{values: $message.v}", message: #"{"v": [1,2,3]}"#, publish: "$result.made", golden: golden)?.text == "6.0")
        #expect(try answer(function, call: "sum", arguments: "{values: $message.v}", message: #"{"v": []}"#, publish: "$result.made", golden: golden)?.text == "0.0")
        let letter = try answer(
            function, call: "sum", arguments: "{values: $message.v, count: 4}", message: #"{"v": [1,2,3]}"#, publish: "$result.made", golden: golden)
        #expect(letter?.text.contains("expected as many elements as 'count' says, 4; got 3") == true)
    }

    @Test("Two arrays that share a length must be equally long")
    func sharedLength() throws {
        let function = "  weighted: {parameters: {values: 'in double[count]', weights: 'in double[count]', count: int}, returns: double}"
        let golden = "{call: weighted, arguments: {values: [1, 2], weights: [3, 4]}, expect: {return: 11}}"
        let letter = try answer(
            function, call: "weighted", arguments: "{values: $message.v, weights: [1, 1]}", message: #"{"v": [1,2,3]}"#, publish: "$result.made", golden: golden)
        #expect(letter?.text.contains("'count' says, 3; got 2") == true)
    }

    @Test("Arrays go out, and in and out, in their own element type")
    func outputArrays() throws {
        let ramp = try answer(
            "  ramp: {parameters: {count: int, out: 'out int32[count]'}, returns: void}", call: "ramp", arguments: "{count: $message.n}",
            message: #"{"n": 4}"#, publish: "$result.made.out", golden: "{call: ramp, arguments: {count: 3}, expect: {out: [0, 1, 4]}}")
        #expect(ramp?.text == "[0,1,4,9]")
        let scaled = try answer(
            "  scale: {parameters: {values: 'inout float[count]', count: size_t, factor: double}, returns: void}", call: "scale",
            arguments: "{values: $message.v, factor: 2}", message: #"{"v": [1.5, 2]}"#, publish: "{all: $result.made.values, last: $result.made.values.1}",
            golden: "{call: scale, arguments: {values: [1], factor: 3}, expect: {values: [3]}}")
        #expect(scaled?.text == #"{"all":[3.0,4.0],"last":4.0}"#)
    }

    @Test("A length beyond what may be is refused, not allocated")
    func bounds() throws {
        let letter = try answer(
            "  ramp: {parameters: {count: int, out: 'out int32[count]'}, returns: void}", call: "ramp", arguments: "{count: $message.n}",
            message: #"{"n": 2000000000}"#, publish: "$result.made.out", golden: "{call: ramp, arguments: {count: 3}, expect: {out: [0, 1, 4]}}")
        #expect(letter?.text.contains("expected a length of 0 … 1048576 in 'count'; got 2000000000") == true)
    }

    @Test("Matrices are lists of rows, laid out by rows or by columns as the library wants them")
    func matrices() throws {
        for order in ["rows", "columns"] {
            let layout = order == "columns" ? "column-major" : "row-major"
            let product = try answer(
                "  multiply: {symbol: multiply_\(order), parameters: {m: 'in double[rows, columns] \(layout)', v: 'in double[columns]', rows: int, columns: int, out: 'out double[rows]'}, returns: void}",
                call: "multiply", arguments: "{m: $message.m, v: [1, 10, 100]}", message: #"{"m": [[1,2,3],[4,5,6]]}"#, publish: "$result.made.out",
                golden: "{call: multiply, arguments: {m: [[1, 2]], v: [3, 4]}, expect: {out: [11]}}")
            #expect(product?.text == "[321.0,654.0]")
        }
        let transposed = try answer(
            "  transpose: {parameters: {matrix: 'inout double[n,n]', n: int}, returns: void}", call: "transpose", arguments: "{matrix: $message.m}",
            message: #"{"m": [[1,2],[3,4]]}"#, publish: "$result.made.matrix",
            golden: "{call: transpose, arguments: {matrix: [[1, 2], [3, 4]]}, expect: {matrix: [[1, 3], [2, 4]]}}")
        #expect(transposed?.text == "[[1.0,3.0],[2.0,4.0]]")
    }

    @Test("Structs go by value and by pointer, with texts and arrays in them")
    func structs() throws {
        let point = #"{"tag": 3, "x": 1.5, "y": -2, "name": "feeder", "weights": [1, 2, 3]}"#
        let functions = """
              shift: {parameters: {p: struct point, dx: double}, returns: struct point}
              mirror: {parameters: {in: in struct point, out: out struct point}, returns: void}
            """
        let golden = """
            {call: shift, arguments: {p: \(point), dx: 1}, expect: {return: {tag: 4, x: 2.5, y: -2, name: feeder, weights: [1, 2, 3]}}},
            {call: mirror, arguments: {in: \(point)}, expect: {out: {x: -1.5, name: feeder}}}
            """
        let structs = "structs: {point: {tag: int16, x: double, y: double, name: 'string[8]', weights: 'float[3]'}}"
        let shifted = try answer(
            functions, call: "shift", arguments: "{p: $message, dx: 10}", message: point, publish: "{x: $result.made.x, tag: $result.made.tag}",
            golden: golden, more: structs)
        #expect(shifted?.text == #"{"x":11.5,"tag":4}"#)
        let harness = try Samples.harness(
            """
            \(structs)
            functions:
            \(functions)
            golden: [\(golden)]
            messages: [{calls: [{call: shift, arguments: {p: $message, dx: 1}}, {call: shift, as: again, arguments: {p: $result.shift, dx: 1}}], publish: [{topic: out, payload: $result.again}]}]
            """)
        for _ in 1...3 { try harness.publish("in/a", point) }
        let twice = #"{"tag":5,"x":3.5,"y":-2.0,"name":"feeder","weights":[1.0,2.0,3.0]}"#
        #expect(harness.published.map(\.text) == [twice, twice, twice])
        try harness.stop()
        let letter = try answer(
            functions, call: "shift", arguments: "{p: $message, dx: 10}", message: #"{"tag": 40000, "x": 1, "y": 1, "name": "a", "weights": [1,1,1]}"#,
            publish: "$result.made.x", golden: golden, more: structs)
        #expect(letter?.text.contains("the argument 'p' of 'shift': the member 'tag': expected -32768 … 32767") == true)
    }

    @Test("Texts go in and come back, in UTF-8 or ISO 8859-1")
    func texts() throws {
        let greeting = try answer(
            "  greet: {parameters: {name: string, out: 'out string[capacity]', capacity: size_t}, returns: int}", call: "greet",
            arguments: "{name: $message.n, capacity: 32}", message: #"{"n": "Zoë"}"#, publish: "$result.made.out",
            golden: "{call: greet, arguments: {name: you, capacity: 32}, expect: {return: 9, out: hello you}}")
        #expect(greeting?.text == #""hello Zoë""#)
        let constant = "  constant: {symbol: constant_text, parameters: {}, returns: string}\n  length: {parameters: {text: string}, returns: size_t}"
        let latin = try answer(
            constant, call: "constant", arguments: "{}", message: "{}", publish: "$result.made",
            golden: "{call: constant, expect: {return: café}}, {call: length, arguments: {text: café}, expect: {return: 4}}", more: "encoding: latin-1")
        #expect(latin?.text == #""café""#)
        #expect(throws: ServiceError.self) {
            try answer(constant, call: "constant", arguments: "{}", message: "{}", publish: "$result.made", golden: "{call: constant, expect: {return: café}}")
        }
        let letter = try answer(
            constant, call: "length", arguments: "{text: $message.n}", message: #"{"n": "a\u0000b"}"#, publish: "$result.made",
            golden: "{call: length, arguments: {text: abc}, expect: {return: 3}}")
        #expect(letter?.text.contains("without the character NUL") == true)
    }

    @Test("NaN is refused on both ways, or allowed and published as null")
    func notANumber() throws {
        let golden = "{call: root, arguments: {x: 4}, expect: {return: 2}}"
        let refused = try answer(
            "  root: {parameters: {x: double}, returns: double}", call: "root", arguments: "{x: $message.x}", message: #"{"x": -1}"#,
            publish: "$result.made", golden: golden)
        #expect(refused?.text.contains("the result of 'root': expected a finite number; got") == true)
        let allowed = try answer(
            "  root: {parameters: {x: double}, returns: double, nan: allow}", call: "root", arguments: "{x: $message.x}", message: #"{"x": -1}"#,
            publish: "$result.made", golden: golden)
        #expect(allowed?.text == "null")
    }

    @Test("A function's own way to say that it failed becomes a sentence", arguments: [
        ("nonzero", "{call: divide, arguments: {a: 1, b: 0}, fails: true}", "'divide' reported an error: the result is 7, division by zero"),
    ])
    func failures(when: String, failing: String, sentence: String) throws {
        let functions = """
              divide: {parameters: {a: int, b: int, quotient: out int, remainder: out int}, returns: int, error: {when: \(when), text: words}}
              words: {symbol: error_text, parameters: {code: int}, returns: string}
              open: {symbol: open_missing, parameters: {path: string}, returns: int, error: negative}
            """
        let golden = "\(failing), {call: divide, arguments: {a: 7, b: 2}, expect: {quotient: 3, remainder: 1}}, {call: open, arguments: {path: /}, expect: {}}"
        let letter = try answer(
            functions, call: "divide", arguments: "{a: $message.a, b: $message.b}", message: #"{"a": 1, "b": 0}"#, publish: "$result.made.quotient", golden: golden)
        #expect(letter?.text.contains(sentence) == true)
        let missing = try answer(functions, call: "open", arguments: "{path: /nowhere}", message: "{}", publish: "$result.made", golden: golden)
        #expect(missing?.text.contains("'open' reported an error: the result is -1 (errno 2: No such file or directory)") == true)
    }

    @Test("A function that writes beyond what it was lent is found out")
    func overrun() throws {
        #expect {
            try Samples.harness(
                """
                functions: {overrun: {parameters: {out: out double}, returns: void}}
                golden: [{call: overrun, expect: {out: 0}}]
                messages: [{calls: [{call: overrun}], publish: [{topic: out, payload: $result.overrun.out}]}]
                """)
        } throws: { error in
            "\(error)".contains("'overrun' wrote beyond the end of 'out' (expected at most 8 bytes; got more")
        }
    }
}
