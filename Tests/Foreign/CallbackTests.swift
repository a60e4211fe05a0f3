import PluginAPI
import PluginTestKit
import Testing

@testable import Foreign

@Suite("Callbacks and handles")
struct CallbackTests {
    private func harness(_ callbacks: String, _ functions: String, golden: String, calls: String, payload: String, more: String = "") throws -> ServiceHarness {
        try Samples.harness(
            """
            \(more)
            callbacks:
            \(callbacks)
            functions:
            \(functions)
            golden: [\(golden)]
            messages: [{calls: [\(calls)], publish: [{topic: out, payload: \(payload)}]}]
            """)
    }

    @Test("A callback without user data finds the context of the message that it works for")
    func context() throws {
        let harness = try harness(
            "  curve: {parameters: {x: double}, returns: double, context: [a], value: a * x^2}",
            "  integrate: {parameters: {f: callback curve, from: double, to: double}, returns: double}",
            golden: "{call: integrate, arguments: {from: 0, to: 1}, context: {a: 3}, expect: {return: 1}, tolerance: 1e-4}",
            calls: "{call: integrate, arguments: {from: 0, to: 2}, context: {a: $message.a}}", payload: "'= round($result.integrate * 100)'")
        try harness.publish("in/a", #"{"a": 3}"#).publish("in/a", #"{"a": 6}"#)
        #expect(harness.published.map(\.text) == ["800.0", "1600.0"])
        try harness.stop()
    }

    @Test("A callback may call the function that called it: an integral over an integral")
    func nested() throws {
        let harness = try harness(
            """
              inner: {parameters: {y: double}, returns: double, value: y}
              outer: {parameters: {x: double}, returns: double, value: 'x * inside(0, 1)'}
            """,
            """
              inside: {symbol: integrate, parameters: {f: callback inner, from: double, to: double}, returns: double}
              integrate: {parameters: {f: callback outer, from: double, to: double}, returns: double}
            """,
            golden: "{call: integrate, arguments: {from: 0, to: 2}, expect: {return: 1}, tolerance: 1e-4}",
            calls: "{call: integrate, arguments: {from: 0, to: $message.b}}", payload: "'= round($result.integrate * 100)'")
        try harness.publish("in/a", #"{"b": 4}"#)
        #expect(harness.published.map(\.text) == ["400.0"])
        try harness.stop()
    }

    @Test("Callbacks take pointers and small integers, and answer with them")
    func kinds() throws {
        let harness = try harness(
            """
              descending: {parameters: {a: in double, b: in double}, returns: int, value: sign(b - a)}
              positive: {parameters: {v: int8}, returns: bool, value: v > 0}
              next: {parameters: {v: uint8}, returns: uint8, value: v + 1}
            """,
            """
              sort: {parameters: {values: 'inout double[n]', n: size_t, compare: callback descending}, returns: void}
              count: {symbol: count_if, parameters: {values: 'in int8[n]', n: int, test: callback positive}, returns: int}
              small: {parameters: {f: callback next, x: uint8}, returns: uint8}
            """,
            golden: """
                {call: sort, arguments: {values: [1, 3, 2]}, expect: {values: [3, 2, 1]}}, {call: count, arguments: {values: [-1, 5, 0, 7]}, expect: {return: 2}},
                {call: small, arguments: {x: 200}, expect: {return: 201}}
                """,
            calls: "{call: sort, arguments: {values: $message.v}}, {call: small, arguments: {x: $message.x}}", payload: "{v: $result.sort.values, x: $result.small}")
        try harness.publish("in/a", #"{"v": [5, 9, 7], "x": 41}"#).publish("in/a", #"{"v": [], "x": 255}"#)
        #expect(harness.published[0].text == #"{"v":[9.0,7.0,5.0],"x":42}"#)
        #expect(harness.published[1].text.contains("the callback 'next': expected a whole number of the type uint8 as its value; got 256.0"))
        try harness.stop()
    }

    @Test("A struct may hold a callback, as gsl_function does, by value and by pointer")
    func structWithCallback() throws {
        for (name, type) in [("apply", "in struct closure"), ("apply_value", "struct closure")] {
            let harness = try harness(
                "  line: {parameters: {x: double, p: pointer}, returns: double, context: [slope], value: slope * x + 1}",
                "  apply: {symbol: \(name), parameters: {c: \(type), x: double}, returns: double}",
                golden: "{call: apply, arguments: {x: 2}, context: {slope: 5}, expect: {return: 11}}",
                calls: "{call: apply, arguments: {x: 1}, context: {slope: $message.s}}", payload: "$result.apply",
                more: "structs: {closure: {function: callback line, parameters: pointer}}")
            try harness.publish("in/a", #"{"s": 0.5}"#)
            #expect(harness.published.map(\.text) == ["1.5"])
            try harness.stop()
        }
    }

    @Test("What a library says to a callback is logged")
    func log() throws {
        let harness = try harness(
            "  note: {parameters: {text: string, step: int}, returns: void, log: notice}",
            "  talk: {parameters: {log: callback note, times: int}, returns: void}",
            golden: "{call: talk, arguments: {times: 0}, expect: {}}", calls: "{call: talk, arguments: {times: 2}}", payload: "done")
        try harness.publish("in/a", "{}")
        #expect(harness.log.filter { $0.level == .notice }.map(\.text) == ["working step=0", "working step=1"])
        try harness.stop()
    }

    @Test("A handle is made at the start, passed to calls and given back at the end")
    func handles() throws {
        let harness = try Samples.harness(
            """
            functions:
              open: {symbol: counter_open, parameters: {start: int, out: out handle counter}, returns: int, error: negative}
              next: {symbol: counter_next, parameters: {c: handle counter}, returns: int}
              close: {symbol: counter_close, parameters: {c: handle counter}, returns: void}
            start: [{call: open, as: counter, arguments: {start: $config.first}}]
            stop: [{call: close, arguments: {c: $result.counter.out}}]
            golden:
              - {call: next, arguments: {c: $result.counter.out}, expect: {return: 40}}
              - {call: next, arguments: {c: $symbol.shared_counter}, expect: {return: 100}}
            messages: [{calls: [{call: next, arguments: {c: $result.counter.out}}], publish: [{topic: 'out/{$topic.1}', payload: $result.next}]}]
            """, config: #"{"first": 40}"#)
        try harness.publish("in/a", "").publish("in/b", "not JSON, and nobody looks")
        #expect(harness.published.map(\.topic) == ["out/a", "out/b"])
        #expect(harness.published.map(\.text) == ["41", "42"])
        try harness.stop()
    }

    @Test("A start that gives no handle says so")
    func noHandle() throws {
        #expect {
            try Samples.harness(
                """
                functions:
                  new: {symbol: counter_new, parameters: {start: int}, returns: handle counter}
                  next: {symbol: counter_next, parameters: {c: handle counter}, returns: int}
                start: [{call: new, arguments: {start: -1}}]
                golden: [{call: next, arguments: {c: $result.new}, expect: {return: 0}}]
                messages: [{calls: [{call: next, arguments: {c: $result.new}}], publish: [{topic: out, payload: $result.next}]}]
                """)
        } throws: { "\($0)".contains("x.yaml:4: a call at the start: the result of 'new': expected a handle of type counter; got NULL") }
    }
}
