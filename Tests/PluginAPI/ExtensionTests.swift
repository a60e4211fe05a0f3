import CPluginAPI
import PluginAPI
import PluginTestKit
import Testing

@Suite("The host's extensions, through the C tables")
struct ExtensionTests {
    @Test("log lines arrive with level and details") func log() throws {
        let harness = try Probe.run { host in
            host.log.info("hello", ["a": "1", "b": "zwei"])
            host.log.error("")
            #expect(host.log.isEnabled(.trace))
        }
        #expect(harness.log.map(\.text) == ["hello", ""])
        #expect(harness.log.map(\.level) == [.info, .error])
        #expect(harness.log[0].details == ["a": "1", "b": "zwei"])
    }

    @Test("the clock stands still in a callback and advances with the test") func clock() throws {
        let work = Probe.Work()
        nonisolated(unsafe) var times: [Timestamp] = []
        work.run = { times += [$0.clock.now, $0.clock.now, $0.clock.monotonic] }
        try Probe.harness(work).publish("run", "").advance(by: .milliseconds(1500)).publish("run", "")
        #expect(times[0] == times[1])
        #expect(times[3] - times[0] == .milliseconds(1500) && times[5] - times[2] == .milliseconds(1500))
    }

    @Test("timers fire in their order at their times, repeat, are replaced and cancelled") func timers() throws {
        let work = Probe.Work()
        nonisolated(unsafe) var fired: [String] = []
        work.start = { host in
            let now = host.clock.now
            try host.timers.set(1, first: now + .seconds(2), every: .seconds(2))
            try host.timers.set(2, first: now + .seconds(3))
            try host.timers.set(3, first: now + .seconds(1))
            try host.timers.set(3, first: now + .seconds(5))
            try host.timers.set(4, first: now + .seconds(4))
            host.timers.cancel(4)
            host.timers.cancel(99)
            #expect(throws: ServiceError.self) { try host.timers.set(5, first: now, every: .seconds(-1)) }
        }
        let begin = Timestamp(seconds: 1_717_243_200)
        work.timer = { host, timer, now in
            #expect(host.clock.now == now)
            fired.append("\(timer)@\((now - begin).components.seconds)")
        }
        try Probe.harness(work).advance(by: .seconds(6)).stop()
        #expect(fired == ["1@2", "2@3", "1@4", "3@5", "1@6"])
    }

    @Test("publications arrive whole; what the manifest forbids or is malformed is refused") func databus() throws {
        let permissions = Permissions(publish: ["out/#"])
        let harness = try Probe.run(permissions: permissions) { host in
            try host.databus.publish("out/a", "1", qos: 1, retain: true)
            #expect(throws: ServiceError.notPermitted("the service may not publish to 'in/a': add it to `publish` in the manifest"))
            {
                try host.databus.publish("in/a", "")
            }
            for topic in ["", "out/+", "out/#", "out/\0"] {
                let error = #expect(throws: ServiceError.self) { try host.databus.publish(topic, "") }
                #expect(error?.status == .invalidArgument)
            }
            #expect(throws: ServiceError.self) { try host.databus.publish("out/q", "", qos: 3) }
        }
        #expect(harness.published.count == 1)
        #expect(harness.published[0].topic == "out/a" && harness.published[0].text == "1")
        #expect(harness.published[0].qos == 1 && harness.published[0].retain)
    }

    @Test("of a batch, what stands before a refused message is published, and the rest stays in the batch") func batches() throws {
        let harness = try Probe.run(permissions: Permissions(publish: ["out/#"])) { host in
            var batch = PublicationBatch()
            for topic in ["out/1", "out/2", "bad", "out/3"] { batch.append(topic, Array(topic.utf8)) }
            do throws(ServiceError) {
                try host.databus.publish(&batch)
                Issue.record("the forbidden topic was published")
            } catch { #expect(error.status == .notPermitted) }
            #expect(batch.count == 2)
            batch.removeFirst()
            try host.databus.publish(&batch)
            #expect(batch.isEmpty)
            try host.databus.publish(&batch)
        }
        #expect(harness.published.map(\.text) == ["out/1", "out/2", "out/3"])
    }

    @Test("points of all types are written, replaced, found and read back in runs") func timeseries() throws {
        let harness = try Probe.run { host in
            let series = host.timeseries
            let floats = try series.column(database: "d", measurement: "m", tags: [("t", "1")], field: "f", of: Double.self)
            #expect(try series.column(database: "d", measurement: "m", tags: [("t", "1")], field: "f", of: Double.self) == floats)
            let integers = try series.column(database: "d", measurement: "m", tags: [("t", "2")], field: "i", of: Int64.self)
            let flags = try series.column(database: "d", measurement: "m", tags: [], field: "b", of: Bool.self)
            let texts = try series.column(database: "d", measurement: "m", tags: [], field: "s", of: String.self)
            var points = Points<Double>()
            for second in 0..<250 { points.append(floats, Timestamp(seconds: Int64(second)), Double(second)) }
            points.append(floats, Timestamp(seconds: 7), -7, quality: [.questionable, .oldData])
            try series.write(points)
            var whole = Points<Int64>()
            whole.append(integers, Timestamp(seconds: 1), .max)
            try series.write(whole)
            try series.write(columns: [flags].span, times: [Timestamp(seconds: 1)].span, values: [true].span)
            try series.write(column: texts, points: [(Timestamp(seconds: 1), "öffnen"), (Timestamp(seconds: 2), "")])
            try series.sync(until: host.clock.now + .seconds(1))

            var read: [Double] = []
            var runs = 0
            try series.read(floats, from: Timestamp(seconds: 5), through: Timestamp(seconds: 240)) { (run: Run<Double>) in
                runs += 1
                read += run.values
                #expect(run.times.count == run.values.count)
                return true
            }
            #expect(runs > 1 && read.count == 236 && read[0] == 5 && read[2] == -7 && read.last == 240)
            var newest: [Int64] = []
            try series.read(floats, from: Timestamp(seconds: 0), through: Timestamp(seconds: 900), limit: 2, newestFirst: true) {
                (run: Run<Double>) in
                newest += run.times.map { $0.nanoseconds / 1_000_000_000 }
                return true
            }
            #expect(newest == [249, 248])
            let found = try series.find(database: "d", measurement: "m", tags: [("t", "2")])
            #expect(found.map(\.field) == ["i"] && found[0].type == .integer && found[0].tags == ["t": "2"])
            #expect(try series.find(database: "d", measurement: "m").count == 4)
        }
        #expect(
            harness.points("f", of: "m", in: "d", tags: ["t": "1"])[7]
                == StoredPoint(Timestamp(seconds: 7), -7, quality: [.questionable, .oldData]))
        #expect(harness.points("i", of: "m", in: "d", tags: ["t": "2"]).map(\.value) == [Double(Int64.max)])
        #expect(harness.points("b", of: "m", in: "d").map(\.value) == [1])
        #expect(harness.texts("s", of: "m", in: "d") == ["öffnen", ""])
    }

    @Test("the store refuses measurements that are not permitted, other types, wrong handles and unequal arrays") func refusals()
        throws
    {
        try Probe.run(permissions: Permissions(read: ["r"], write: ["w"], databases: ["d"])) { host in
            func status(_ body: () throws(ServiceError) -> Void) -> Status? {
                do throws(ServiceError) {
                    try body()
                    return nil
                } catch {
                    return error.status
                }
            }
            let series = host.timeseries
            let column = try series.column(database: "d", measurement: "w", tags: [], field: "f", of: Double.self)
            #expect(
                status { () throws(ServiceError) in _ = try series.column(database: "d", measurement: "x", tags: [], field: "f") }
                    == .notPermitted)
            #expect(
                status { () throws(ServiceError) in _ = try series.column(database: "e", measurement: "w", tags: [], field: "f") }
                    == .notFound)
            #expect(
                status { () throws(ServiceError) in _ = try series.column(database: "d", measurement: "w", tags: [], field: "") }
                    == .invalidArgument)
            #expect(
                status { () throws(ServiceError) in
                    _ = try series.column(database: "d", measurement: "w", tags: [], field: "f", of: Int64.self)
                } == .invalidArgument)
            #expect(status { () throws(ServiceError) in _ = try series.find(database: "d", measurement: "w") } == .notPermitted)
            #expect(
                status { () throws(ServiceError) in
                    try series.write(
                        columns: [Column<Double>(handle: 99)].span, times: [Timestamp(seconds: 0)].span, values: [1.0].span)
                } == .invalidArgument)
            #expect(
                status { () throws(ServiceError) in
                    try series.write(columns: [column].span, times: [Timestamp(seconds: 0)].span, values: [1.0, 2.0].span)
                } == .invalidArgument)
        }
    }

    @Test("routes are called with all of the request, and errors become answers") func http() throws {
        let work = Probe.Work()
        work.start = { host in
            try host.http.add(1, "GET", "/estimates/{grid}/{phase}")
            try host.http.add(2, "POST", "/secret", leastRole: .engineer)
            try host.http.setSchemas("{}")
            #expect(throws: ServiceError.self) { try host.http.add(3, "GET", "/estimates/{grid}/{phase}") }
            #expect(throws: ServiceError.self) { try host.http.add(3, "FETCH", "/x") }
            #expect(throws: ServiceError.self) { try host.http.add(3, "GET", "/x", operation: "no json") }
        }
        work.respond = { host, request in
            guard request.route == 1 else { throw ServiceError.invalidArgument("not like this") }
            #expect(request.body.isEmpty && request.deadline > host.clock.now)
            let text = [
                request.method, request.path, request.pathParameter("grid") ?? "", request.pathParameter("phase") ?? "",
                request.queryItem("from") ?? "", request.queryItem("to") ?? "none", request.user, request.role, request.contentType,
            ].joined(separator: "|")
            try host.http.respond(to: request.number, with: .text(text))
            #expect(throws: ServiceError.self) { try host.http.respond(to: request.number, with: .text("again")) }
        }
        let harness = try Probe.harness(work)
        let answer = try harness.request(
            "GET", "/estimates/mv/A", query: [("from", "1"), ("from", "2")], user: "eva", role: .viewer)
        #expect(answer == .text("GET|/estimates/mv/A|mv|A|1|none|eva|viewer|application/json"))
        #expect(try harness.request("GET", "/estimates/mv").status == 404)
        #expect(try harness.request("POST", "/secret", role: .operator).status == 403)
        let failed = try harness.request("POST", "/secret", role: .engineer)
        #expect(failed.status == 400 && String(decoding: failed.body, as: UTF8.self) == "{\"error\":\"not like this\"}")
        #expect(harness.routes == ["GET /estimates/{grid}/{phase}", "POST /secret"])
    }

    @Test("values of the configuration are read by path") func configuration() throws {
        let config = #"{"a": {"b": [1.5, 2, "drei", true]}, "k.e\\y": "odd", "list": []}"#
        try Probe.run(config: config) { host throws in
            let values = host.configuration
            #expect(try values.number("a.b.0") == 1.5)
            #expect(try values.integer("a.b.1") == 2)
            #expect(try values.number("a.b.1") == 2)
            #expect(try values.text("a.b.2") == "drei")
            #expect(try values.boolean("a.b.3") == true)
            #expect(try values.text("k\\.e\\\\y") == "odd")
            #expect(try values.text("nothing") == nil)
            #expect(try values.integer("a.b.9") == nil)
            #expect(try values.count("x") == nil)
            #expect(try values.count("a.b") == 4)
            #expect(try values.count("list") == 0)
            #expect(try values.count("") == 3)
            #expect(try values.keys("") == ["a", "k.e\\y", "list"])
            let error = #expect(throws: ServiceError.self) { _ = try values.text("a.b.0") }
            #expect(error?.status == .invalidConfiguration)
            #expect(throws: ServiceError.self) { _ = try values.integer("a.b.0") }
        }
    }

    @Test("keys are kept, replaced, listed, removed and limited by the quota") func keyValues() throws {
        let harness = try Probe.run(permissions: Permissions(keyValueQuota: 20)) { host in
            let memory = host.keyValues
            #expect(try memory.get("a") == nil)
            try memory.put("ab", [1])
            try memory.put("aa", [])
            try memory.put("ab", [1, 2, 3])
            #expect(try memory.get("ab") == [1, 2, 3])
            #expect(try memory.get("aa") == [])
            let error = #expect(throws: ServiceError.self) { try memory.put("b", Array(repeating: 0, count: 20)) }
            #expect(error?.status == .limitReached)
            #expect(throws: ServiceError.self) { try memory.put("", []) }
            try memory.put("b", [9])
            #expect(try memory.all(withPrefix: "a").map(\.key) == ["aa", "ab"])
            try memory.remove("b")
            try memory.remove("never")
            #expect(try memory.all().count == 2)
        }
        #expect(harness.keyValue("ab") == [1, 2, 3] && harness.keyValue("b") == nil)
    }

    @Test("metrics count, are the same for the same name and labels, and refuse bad names") func metrics() throws {
        let harness = try Probe.run { host in
            let counter = try host.metrics.counter("events_total", help: "Events.", labels: ["kind": "a"])
            counter.add()
            try host.metrics.counter("events_total", help: "Events.", labels: ["kind": "a"]).add(2.5)
            let gauge = try host.metrics.gauge("level", help: "")
            gauge.set(5)
            gauge.add(-2)
            try host.metrics.histogram("wait_seconds", help: "").observe(0.25)
            for name in ["", "Events", "1st", "a-b"] {
                #expect(throws: ServiceError.self) { try host.metrics.counter(name, help: "") }
            }
            #expect(throws: ServiceError.self) { try host.metrics.gauge("events_total", help: "", labels: ["kind": "a"]) }
        }
        #expect(harness.metric("events_total", labels: ["kind": "a"]) == 3.5)
        #expect(harness.metric("level") == 3 && harness.metric("wait_seconds") == 0.25 && harness.metric("other") == nil)
    }
}
