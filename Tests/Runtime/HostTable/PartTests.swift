import Testing

@testable import Runtime

@Suite("Parts of the host tables")
struct PartTests {
    @Test(
        "A path of the configuration splits at dots that are not escaped",
        arguments: [("", []), ("a", ["a"]), ("a.0.b", ["a", "0", "b"]), (#"a\.b.c\\"#, ["a.b", #"c\"#]), ("a..b", ["a", "", "b"])])
    func configPaths(_ path: String, _ parts: [String]) {
        #expect(ConfigStore.parts(of: path) == parts)
    }

    @Test("JSON that is written is read back the same, and what is not JSON is refused", arguments: [
        (#"{"a":[1,-2.5,true,null,"\"\\\n\u0001é"],"b":{}}"#, true), ("[1e400]", false), ("{\"a\":1,}", false), ("01", false), ("[1] 2", false),
        ("\"\u{1}\"", false), (#""\ud83d\ude00""#, true), (#""\ud83d""#, false), ("", false), (String(repeating: "[", count: 100), false),
    ])
    func json(_ text: String, isJSON: Bool) throws {
        let value = try? JSONReader.parse(Array(text.utf8))
        #expect((value != nil) == isJSON)
        if let value { #expect(try JSONReader.parse(Array(value.json.utf8)) == value) }
    }

    @Test("A timer comes once for all multiples that were missed, then at the next multiple")
    func missedMultiples() {
        let timers = TimerSet()
        #expect(timers.set(1, first: 100, period: 10) && timers.set(2, first: 105, period: 0))
        #expect(timers.takeDue(at: 99) == nil)
        #expect(timers.takeDue(at: 137) == 1 && timers.earliest == 105)
        #expect(timers.takeDue(at: 137) == 2 && timers.takeDue(at: 137) == nil && timers.earliest == 140)
        timers.cancel(1)
        #expect(timers.earliest == nil)
        for timer in 0..<UInt64(TimerSet.limit) { #expect(timers.set(timer, first: 0, period: 0)) }
        #expect(!timers.set(5_000, first: 0, period: 0) && timers.set(5, first: 1, period: 1))
    }

    @Test("A clock that goes faster than the machine's gives durations of either side, without overflow")
    func acceleratedClock() {
        let clock = AcceleratedServiceClock(begin: 1_000, origin: MachineClock.monotonic() - 1_000_000_000, speed: 1_000)
        #expect(clock.now() >= 1_000 + 1_000_000_000_000 && clock.monotonic() >= 1_000_000_000_000)
        #expect(clock.machineTime(for: 10_000) == 10 && clock.machineTime(for: 1) == 1 && clock.machineTime(for: 0) == 0)
        #expect(clock.serviceTime(for: 10) == 10_000 && clock.serviceTime(for: .max) == .max)
        #expect(AcceleratedServiceClock(begin: .max, speed: 2).now() == .max)
        #expect(SystemServiceClock().machineTime(for: 7) == 7 && SystemServiceClock().speed == 1)
    }

    @Test("A histogram counts each observation in its bucket and in all above")
    func histogram() throws {
        let registry = MetricsRegistry()
        let metric = try registry.metric(.histogram, "dsotp_x_seconds", help: "x\ny", labels: [("a", "b\n")])
        for value in [0.0000005, 0.0015, 0.002, 500] { metric.observe(value) }
        let text = registry.render()
        #expect(text.hasPrefix("# HELP dsotp_x_seconds x\\ny\n# TYPE dsotp_x_seconds histogram\n"))
        #expect(text.contains("dsotp_x_seconds_bucket{a=\"b\\n\",le=\"1e-06\"} 1\n"))
        #expect(text.contains("le=\"0.001\"} 1\n") && text.contains("le=\"0.002\"} 3\n") && text.contains("le=\"100\"} 3\n"))
        #expect(text.contains("le=\"+Inf\"} 4\n") && text.contains("_count{a=\"b\\n\"} 4\n"))
        #expect(Metric.bounds.count == 25)
    }

    @Test("Counters don't go down, and gauges do")
    func counters() throws {
        let registry = MetricsRegistry()
        let counter = try registry.metric(.counter, "c_total", help: ""), gauge = try registry.metric(.gauge, "g", help: "")
        counter.add(2.5)
        counter.add(-1)
        counter.set(9)
        gauge.add(1)
        gauge.add(-3)
        #expect(counter.value == 2.5 && gauge.value == -2)
        #expect(throws: MetricsError.self) { try registry.metric(.gauge, "c_total", help: "") }
    }

    @Test("Of several routes that fit a path the most literal one is meant")
    func routes() throws {
        let table = RouteTable()
        let general = try #require(Route(number: 1, method: "GET", path: "/a/{x}", leastRole: .viewer, operation: nil))
        let literal = try #require(Route(number: 2, method: "GET", path: "/a/b", leastRole: .viewer, operation: nil))
        #expect(table.add(general) && table.add(literal))
        guard case .found(let route, _) = table.match(method: "GET", path: "/a/b") else { Issue.record("no route"); return }
        #expect(route.number == 2)
        for path in ["a", "/a//b", "/{}", "/{a}/{a}", "/a{b}", "/a?b", "/a/"] {
            #expect(Route(number: 1, method: "GET", path: path, leastRole: .viewer, operation: nil) == nil, "\(path)")
        }
        #expect(Route(number: 1, method: "get", path: "/", leastRole: .viewer, operation: nil) == nil)
    }

    @Test("Waits grow from attempt to attempt up to the longest, with jitter below")
    func backoff() {
        for (attempt, seconds) in [(1, 1.0), (2, 2), (3, 4), (10, 60), (1_000, 60)] {
            let delay = Backoff.delay(attempt: attempt, first: .seconds(1), longest: .seconds(60))
            #expect(delay >= .seconds(seconds / 2) && delay <= .seconds(seconds))
        }
    }
}
