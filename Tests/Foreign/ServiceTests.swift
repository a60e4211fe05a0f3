import PluginAPI
import PluginTestKit
import Testing

@testable import Foreign

@Suite("A service made of a foreign library")
struct ServiceTests {
    private static let doubling = """
        functions: {double: {symbol: crash_below_zero, parameters: {x: double}, returns: double}}
        golden: [{call: double, arguments: {x: 2}, expect: {return: 4}}]
        """

    @Test("A message becomes a publication and points, with tags, a time and the quality of something computed")
    func messages() throws {
        let harness = try Samples.harness(
            Self.doubling + """

            messages:
              - calls: [{call: double, arguments: {x: '$message.readings[phase=B,measurand=voltmagnitude].data'}}]
                publish: [{topic: 'doubled/{$topic.1}', qos: 1, payload: {device: $message.device, value: $result.double, list: [1, $topic]}}]
                write:
                  - database: dsotp
                    measurement: doubled
                    tags: {device: $message.device}
                    fields: {value: $result.double, text: $topic, truth: true}
                    time: $message.timestamp
            """)
        let reading = #"{"component":"BUS1","measurand":"voltmagnitude","phase":"#
        try harness.publish(
            "in/a", #"{"device":"pmu-1","timestamp":"2024-06-01T11:00:00Z","readings":[\#(reading)"A","data":1},\#(reading)"B","data":2.5}]}"#)
        #expect(harness.published.map(\.topic) == ["doubled/a"])
        #expect(harness.published.map(\.text) == [#"{"device":"pmu-1","value":5.0,"list":[1,"in/a"]}"#])
        let stamp = Timestamp(seconds: 1_717_239_600)
        #expect(harness.points("value", of: "doubled", tags: ["device": "pmu-1"]) == [StoredPoint(stamp, 5, quality: .estimated)])
        #expect(harness.points("truth", of: "doubled", tags: ["device": "pmu-1"]) == [StoredPoint(stamp, 1, quality: .estimated)])
        #expect(harness.texts("text", of: "doubled", tags: ["device": "pmu-1"]) == ["in/a"])
        try harness.stop()
    }

    @Test("What does not fit is a dead letter with the reason, and nothing of the message is kept", arguments: [
        ("{}", "the message has no 'x'"), ("nonsense", "the message is no JSON"), (#"{"x": "y"}"#, "expected a number; got the text 'y'"),
        (#"{"x": 1, "t": "yesterday"}"#, "the time of a point: expected ISO 8601"),
    ])
    func deadLetters(payload: String, reason: String) throws {
        let harness = try Samples.harness(
            Self.doubling + """

            messages:
              - calls: [{call: double, arguments: {x: $message.x}}]
                publish: [{topic: out, payload: $result.double}]
                write: [{database: dsotp, measurement: m, fields: {v: $result.double}, time: $message.t}]
            """)
        try harness.deliver([TestMessage("in/a", payload), TestMessage("in/b", #"{"x": 1, "t": 1717239600}"#)])
        #expect(harness.published.map(\.topic) == ["deadletter/in/a", "out"])
        #expect(harness.published[0].text.contains(reason), "\(harness.published[0].text)")
        #expect(harness.pointCount == 1)
        #expect(harness.metric("refused_total") == 1)
        try harness.stop()
    }

    @Test("A timer works on the latest point of a series and on a window of it")
    func series() throws {
        let harness = try Samples.harness(
            Self.doubling + """

            series:
              latest: {database: dsotp, measurement: load, tags: {feeder: $config.feeder}, field: mw}
              recent: {database: dsotp, measurement: load, tags: {feeder: $config.feeder}, field: mw, window: 5s, minimum: 2}
            messages:
              - calls: [{call: double, arguments: {x: $message.mw}}]
                write: [{database: dsotp, measurement: load, tags: {feeder: F1}, fields: {mw: $message.mw}}]
            timers:
              - every: 10s
                calls: [{call: double, arguments: {x: $series.latest}}]
                publish: [{topic: latest, payload: {twice: $result.double, window: $series.recent, times: $series.recent.times, now: $time.seconds}}]
            """, config: #"{"feeder": "F1"}"#)
        for value in 1...4 { try harness.publish("in/a", #"{"mw": \#(value)}"#).advance(by: .seconds(2)) }
        try harness.advance(by: .seconds(1))
        #expect(harness.published.isEmpty)
        try harness.advance(by: .seconds(1))
        #expect(harness.log.last?.text.contains("the series 'recent': expected at least 2 points of load.mw with feeder=F1; got 1") == true)
        for value in 5...9 { try harness.publish("in/a", #"{"mw": \#(value)}"#).advance(by: .seconds(2)) }
        #expect(harness.last(on: "latest")?.text == #"{"twice":18.0,"window":[8.0,9.0],"times":[1717243216.0,1717243218.0],"now":1717243220.0}"#)
        try harness.stop()
    }

    @Test("The tags of a series may name fields of the messages that it is read for, each work its own")
    func seriesOfMessages() throws {
        let harness = try Samples.harness(
            Self.doubling + """

            series: {load: {database: dsotp, measurement: load, tags: {feeder: $message.feeder}, field: mw}}
            messages:
              - topic: write/+
                calls: [{call: double, arguments: {x: $message.mw}}]
                write: [{database: dsotp, measurement: load, tags: {feeder: $message.feeder}, fields: {mw: $message.mw}}]
              - topic: read/+
                calls: [{call: double, arguments: {x: $series.load}}]
                publish: [{topic: out, payload: $result.double}]
              - topic: sum/+
                calls: [{call: double, arguments: {x: '= $series.load + $message.more'}}]
                publish: [{topic: out, payload: $result.double}]
            """, subscriptions: ["write/+", "read/+", "sum/+"])
        try harness.publish("write/a", #"{"feeder": "F1", "mw": 3}"#).publish("write/a", #"{"feeder": "F2", "mw": 5}"#).advance(by: .seconds(1))
        try harness.publish("read/a", #"{"feeder": "F2"}"#).publish("sum/a", #"{"more": 1, "feeder": "F1"}"#).publish("read/a", #"{"feeder": "F3"}"#)
        #expect(harness.published.map(\.text).prefix(2) == ["10.0", "8.0"])
        #expect(harness.published.last?.text.contains("expected one series of load.mw with feeder=F3; got 0") == true)
        try harness.stop()
    }

    @Test("A golden vector that fails refuses the start with function, argument, expected and got", arguments: [
        ("{call: divide, arguments: {a: 7, b: 2}, expect: {quotient: 4, remainder: 1}}", "x.yaml:2: golden vector: 'quotient' of 'divide': expected 4; got 3"),
        ("{call: divide, arguments: {a: 7, b: 2}, expect: {return: 1}}", "the result of 'divide': expected 1; got 0"),
        ("{call: divide, arguments: {a: 7, b: 0}, expect: {quotient: 0}}", "'divide' reported an error: the result is 7"),
        ("{call: divide, arguments: {a: 7, b: 2}, fails: true}", "'divide': expected an error; got none"),
    ])
    func golden(vector: String, sentence: String) throws {
        #expect {
            try Samples.harness(
                """
                functions: {divide: {parameters: {a: int, b: int, quotient: out int, remainder: out int}, returns: int, error: nonzero}}
                golden: [\(vector), {call: divide, arguments: {a: 1, b: 1}, expect: {quotient: 1}}]
                messages: [{calls: [{call: divide, arguments: {a: $message.a, b: $message.b}}], publish: [{topic: out, payload: $result.divide.quotient}]}]
                """)
        } throws: { "\($0)".contains(sentence) }
    }

    @Test("A tolerance is absolute below one and relative above")
    func tolerance() {
        func isSame(_ expected: Double, _ got: Double) -> Bool { GoldenCheck.difference(.number(expected), .number(got), 1e-3) == nil }
        #expect(isSame(0.5, 0.5009) && !isSame(0.5, 0.502) && isSame(1000, 1000.9) && !isSame(1000, 1002) && isSame(.nan, .nan) && !isSame(1, .nan))
        #expect(GoldenCheck.difference(.list([.integer(1), .integer(2)]), .numbers([1, 3]), 0)?.place == ".1")
    }

    @Test("A symbol that the library lacks is told before anything runs")
    func missingSymbol() throws {
        let (description, problems) = try Samples.read(
            """
            functions: {gone: {parameters: {}, returns: int}}
            golden: [{call: gone, expect: {return: 1}}]
            messages: [{calls: [{call: gone}], publish: [{topic: out, payload: $result.gone}]}]
            """)
        #expect(problems.isEmpty)
        let path = try Samples.library.get()
        #expect { try NativeLibrary(image: path, path: "/lib/libgone.so", description: description) } throws: {
            "\($0)".hasPrefix("x.yaml:1: /lib/libgone.so has no function 'gone'")
        }
    }
}
