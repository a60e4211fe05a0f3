import PluginAPI
import PluginTestKit
import Testing

@Suite("The service")
struct ServiceTests {
    @Test(
        "wrong configurations are refused with the place and what was expected",
        arguments: [
            ("[]", "config is a list, expected an object"), ("{}", "config.mappings is missing"),
            (#"{"mappings": []}"#, "config.mappings is missing"),
            (#"{"mapping": []}"#, "config has the unknown key 'mapping'"),
            (#"{"mappings": [1]}"#, "config.mappings.0 is a number, expected an object"),
            (#"{"mappings": [{"measurement": "m"}]}"#, "config.mappings.0.topics is missing"),
            (#"{"mappings": [{"topics": ["a"]}]}"#, "config.mappings.0.measurement is missing"),
            (#"{"mappings": [{"topics": ["a#"], "measurement": "m"}]}"#, "has 'a#', which is no topic filter"),
            (
                #"{"mappings": [{"topics": [1], "measurement": "m"}]}"#,
                "config.mappings.0.topics is a list, expected a list of texts"
            ),
            (
                #"{"mappings": [{"topics": ["a"], "measurement": "m", "format": "xml"}]}"#,
                "config.mappings.0.format is 'xml', expected one of pmu, sogno-component, mac, villas"
            ),
            (#"{"mappings": [{"topics": ["a"], "measurement": "m", "tags": ["device", "device"]}]}"#, "at most once"),
            (#"{"mappings": [{"topics": ["a"], "measurement": "m", "time_zone_offset": "CET"}]}"#, "time_zone_offset is 'CET'"),
            (#"{"mappings": [{"topics": ["a"], "measurement": "m", "format": "villas"}]}"#, "config.mappings.0.columns says"),
            (#"{"mappings": [{"topics": ["a"], "measurement": "m", "columns": [null]}]}"#, "config.mappings.0.columns says"),
            (
                #"{"mappings": [{"topics": ["a"], "measurement": "m", "format": "villas", "columns": [{}]}]}"#,
                "config.mappings.0.columns.0.measurand is missing"
            ),
            (
                #"{"mappings": [{"topics": ["a"], "measurement": ""}]}"#,
                "config.mappings.0.measurement is '', expected a text that is not empty"
            ),
            (
                #"{"mappings": [{"topics": ["a"], "measurement": "m"}], "limits": {"columns": 0}}"#,
                "config.limits.columns is 0, expected a whole number from 1"
            ),
            (
                #"{"mappings": [{"topics": ["a"], "measurement": "m"}], "accepted_age": 400}"#,
                "config.accepted_age is 400, expected a duration such as 90s, 12h or 400d"
            ),
            (#"{"mappings": [{"topics": ["a"], "measurement": "m"}], "accepted_lead": "36526d"}"#, "config.accepted_lead is '36526d'"),
            (#"{"mappings": [{"topics": ["a"], "measurement": "m"}], "accepted_lead": "-1d"}"#, "config.accepted_lead is '-1d'"),
            (#"{"mappings": [{"topics": ["a"], "measurement": "m"}], "dead_letter": "a/#"}"#, "config.dead_letter is 'a/#'"),
        ])
    func configurations(config: String, sentence: String) throws {
        let harness = try Adapter.harness()
        try harness.stop()
        for attempt in [harness.validate, harness.configure] {
            let error = #expect(throws: ServiceError.self) { try attempt(config) }
            #expect(
                error?.status == .invalidConfiguration && error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
        }
    }

    @Test("a new configuration takes the place of the old, a refused or only validated one does not") func reconfigure() throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message()).stop()
        try harness.validate(Adapter.config("pmu", #""database": "other""#))
        #expect(throws: ServiceError.self) { try harness.configure("{}") }
        try harness.start().publish("/pmu/1", Adapter.message(timestamp: "1714564801")).stop()
        #expect(harness.points("voltmagnitude", of: "pmu", tags: Adapter.tags).count == 2)
        try harness.configure(Adapter.config("pmu", #""database": "other""#)).start()
        try harness.publish("t/1", Adapter.message()).publish("/pmu/1", Adapter.message())
        #expect(harness.points("voltmagnitude", of: "pmu", in: "other", tags: Adapter.tags).count == 1)
        #expect(harness.published.map(\.topic) == ["deadletter//pmu/1"])
        try harness.stop()
    }

    @Test("mappings are tried in their order; each has its own measurement, tags and columns") func mappings() throws {
        let harness = try Adapter.harness(
            ##"{"mappings": [{"topics": ["a/+"], "measurement": "pmu", "tags": ["phase"]}, {"topics": ["#"], "measurement": "meter", "tags": []}]}"##
        )
        try harness.publish("a/b", Adapter.message(data: "1")).publish("a/b/c", Adapter.message(data: "2"))
        #expect(harness.points("voltmagnitude", of: "pmu", tags: ["phase": "A"]).map(\.value) == [1])
        #expect(harness.points("voltmagnitude", of: "meter").map(\.value) == [2])
    }

    @Test("columns are limited; those that are known go on") func limit() throws {
        let harness = try Adapter.harness(##"{"mappings": [{"topics": ["#"], "measurement": "pmu"}], "limits": {"columns": 2}}"##)
        for device in ["a", "b", "c", "a"] { try harness.publish("x", Adapter.message(device: #""\#(device)""#)) }
        #expect(harness.columnCount == 2 && harness.published.count == 1 && harness.metric("columns") == 2)
        #expect(try harness.published.first?.json()["reason"]?.text?.contains("raise limits.columns") == true)
        guard case .degraded = try harness.health() else { return #expect(Bool(false), "the service says that all is well") }
    }

    @Test("ten thousand series keep their values apart") func manyColumns() throws {
        let harness = try Adapter.harness()
        for round in 0..<2 {
            for group in 0..<100 {
                let readings = (0..<100).map { #"{"component": "\#($0)", "measurand": "frequency", "data": \#(group * 100 + $0)}"# }
                try harness.publish(
                    "/pmu/x",
                    #"{"device": "d\#(group)", "timestamp": \#(1_714_564_800 + round), "readings": [\#(readings.joined(separator: ","))]}"#
                )
            }
        }
        #expect(harness.columnCount == 10_000 && harness.pointCount == 20_000 && harness.published.isEmpty)
        for (group, index) in [(0, 0), (17, 3), (99, 99)] {
            let points = harness.points("frequency", of: "pmu", tags: ["device": "d\(group)", "component": "\(index)"])
            #expect(points.map(\.value) == [Double(group * 100 + index), Double(group * 100 + index)])
        }
    }

    @Test("a store that fails for now fails the batch as a whole; delivered again, it is stored once, with one letter") func retry()
        throws
    {
        let harness = try Adapter.harness()
        let batch = [TestMessage("/pmu/1", Adapter.message()), TestMessage("/pmu/1", "nonsense")]
        harness.fail(.timeseries, with: .inputOutput("the disk is full", isRetryable: true))
        let error = #expect(throws: ServiceError.self) { try harness.deliver(batch) }
        #expect(error?.isRetryable == true && harness.published.isEmpty && harness.metric("readings_total") == 0)
        try harness.fail(.timeseries, with: nil).deliver(batch)
        #expect(harness.pointCount == 1 && harness.published.count == 1 && harness.metric("readings_total") == 1)
        harness.fail(.databus, with: .tryAgain("the databus is full"))
        #expect(throws: ServiceError.self) { try harness.deliver(batch) }
        try harness.fail(.databus, with: nil).deliver(batch)
        #expect(harness.pointCount == 1 && harness.published.count == 2)
    }

    @Test(
        "a measurement or database that the host refuses is a letter with the host's reason",
        arguments: [#""database": "missing""#, #""measurement": "forbidden""#])
    func refusedByHost(more: String) throws {
        let names = more.contains("measurement") ? more : more + #", "measurement": "pmu""#
        let harness = try Adapter.harness(##"{"mappings": [{"topics": ["#"], \##(names)}]}"##)
        try harness.publish("x", Adapter.message())
        #expect(harness.published.count == 1 && harness.pointCount == 0)
        #expect(try harness.published.first?.json()["reason"]?.text?.contains("cannot be stored: ") == true)
    }

    @Test("a store that refuses for good makes every message of the batch a letter") func refusedForGood() throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message())
        harness.fail(.timeseries, with: .inputOutput("the medium is read-only"))
        try harness.deliver([TestMessage("/pmu/1", Adapter.message(data: "1")), TestMessage("/pmu/2", "nonsense")])
        #expect(harness.published.map(\.topic) == ["deadletter//pmu/1", "deadletter//pmu/2"])
        #expect(try harness.published.first?.json()["reason"]?.text == "cannot be stored: the medium is read-only")
        #expect(harness.metric("readings_total") == 1 && harness.metric("dead_letters_total") == 2)
    }

    @Test("of a batch that the store refuses for one message that message alone becomes a letter", arguments: [0, 1, 500, 999])
    func refusedForOne(place: Int) throws {
        let harness = try Adapter.harness()
        harness.refusePoints(after: Adapter.noon + .seconds(3_600))
        var batch = (0..<1_000).map { TestMessage("/pmu/\($0)", Adapter.message(device: #""pmu-\#($0)""#)) }
        batch[place] = TestMessage("/pmu/ahead", Adapter.message(timestamp: #""2031-05-01T12:00:00Z""#))
        batch[700] = TestMessage("/pmu/700", "nonsense")
        try harness.deliver(batch)
        #expect(harness.pointCount == 998 && harness.metric("readings_total") == 998 && harness.metric("dead_letters_total") == 2)
        #expect(Set(harness.published.map(\.topic)) == ["deadletter//pmu/ahead", "deadletter//pmu/700"])
        let reasons = try harness.published.map { try $0.json()["reason"]?.text ?? "" }
        #expect(reasons.contains { $0.hasPrefix("cannot be stored: ") && $0.contains("takes no points after") }, "\(reasons)")
        harness.refusePoints(after: Timestamp(seconds: 0))
        try harness.deliver(batch)
        #expect(harness.published.count == 1_002, "what never succeeds is a letter each, however many")
    }

    @Test("after its database was dropped and made anew, the next batch is stored as ever, without a letter for what is good")
    func renewedDatabase() throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message()).renew(database: "dsotp")
        #expect(harness.pointCount == 0)
        try harness.deliver([TestMessage("/pmu/1", Adapter.message(data: "231")), TestMessage("/pmu/2", "nonsense")])
        #expect(harness.points("voltmagnitude", of: "pmu", tags: Adapter.tags) == [StoredPoint(Adapter.noon, 231)])
        #expect(harness.published.map(\.topic) == ["deadletter//pmu/2"])
        #expect(harness.metric("readings_total") == 2 && harness.metric("columns") == 1)
    }

    @Test("columns that are not found even when made again are letters, and the service goes on") func missingColumns() throws {
        let harness = try Adapter.harness()
        try harness.publish("/pmu/1", Adapter.message())
        harness.fail(.timeseries, with: .notFound("the column was dropped"))
        try harness.publish("/pmu/1", Adapter.message())
        #expect(harness.published.map(\.topic) == ["deadletter//pmu/1"])
        try harness.fail(.timeseries, with: nil).publish("/pmu/1", Adapter.message(data: "232"))
        #expect(harness.points("voltmagnitude", of: "pmu", tags: Adapter.tags) == [StoredPoint(Adapter.noon, 232)])
    }

    @Test("its status says what it did") func status() throws {
        let harness = try Adapter.harness()
        try harness.deliver([
            TestMessage("/pmu/1", Adapter.message()), TestMessage("/pmu/1", "x"),
            TestMessage("/pmu/1", Adapter.message(phase: #""B""#)),
        ])
        let answer = try harness.request("GET", "/status", role: .viewer)
        let status = try answer.body.withUnsafeBytes { try JSONValue($0) }
        #expect(answer.contentType == "application/json")
        #expect(status["messages"]?.integer == 3 && status["readings"]?.integer == 2 && status["dead_letters"]?.integer == 1)
        #expect(status["columns"]?.integer == 2 && status["columns_limit"]?.integer == 100_000)
        #expect(
            status["mappings"]?[0]?["topics"]?[1]?.text == "measurements/pmu/+" && status["mappings"]?[0]?["format"]?.text == "pmu")
        #expect(try harness.health() == .well)
        try harness.stop()
    }
}
