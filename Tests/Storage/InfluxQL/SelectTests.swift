import Testing

@testable import Storage

@Suite("InfluxQL SELECT")
struct SelectTests {
    @Test(
        "raw points come by time, then by tags",
        arguments: [
            ("SELECT value FROM pmu", "[[1700000000000,1.5],[1700000000000,1],[1700000000500,-0.03],[1700000001000,7.75],[1700000002000,9]]"),
            ("SELECT value FROM pmu ORDER BY time DESC LIMIT 2", "[[1700000002000,9],[1700000001000,7.75]]"),
            ("SELECT value FROM pmu LIMIT 2 OFFSET 1", "[[1700000000000,1],[1700000000500,-0.03]]"),
            ("SELECT * FROM pmu LIMIT 1", "[[1700000000000,\"a\",3,true,\"A\",\"x\\\"y\",1.5]]"),
            ("SELECT value, device, phase FROM pmu WHERE device = 'c'", "[[1700000000000,1,\"c\",null]]"),
            ("SELECT \"value\"*2+1 AS x FROM pmu WHERE value > 1 AND value <= 7.75", "[[1700000000000,4],[1700000001000,16.5]]"),
            ("SELECT value FROM pmu WHERE (device = 'a' OR phase != 'A') AND time < '2023-11-14T22:13:21Z'", "[[1700000000000,1.5],[1700000000000,1]]"),
            ("SELECT value FROM pmu WHERE device =~ /^[ab]$/ AND value < 2", "[[1700000000000,1.5],[1700000000500,-0.03]]"),
            ("SELECT value FROM pmu WHERE device !~ /a|c/", "[[1700000000500,-0.03]]"),
            ("SELECT value FROM pmu WHERE ok = true", "[[1700000000000,1.5]]"),
            ("SELECT value FROM pmu WHERE time > now() - 9s", "[[1700000002000,9]]"),
            ("SELECT value FROM pmu WHERE time > 1700000000s AND time < 1700000002000000u - 500ms", "[[1700000000500,-0.03],[1700000001000,7.75]]"),
            ("SELECT n / 2, n * 2, n % 2, abs(value) FROM pmu WHERE device = 'a' LIMIT 1", "[[1700000000000,1.5,6,1,1.5]]"),
            ("SELECT value FROM telegraf.autogen.pmu WHERE device = 'b'", "[[1700000000500,-0.03]]"),
            ("SELECT value FROM \"telegraf\"..pmu WHERE device = 'b'", "[[1700000000500,-0.03]]"),
            ("SELECT value FROM /^pm/ WHERE device = 'b'", "[[1700000000500,-0.03]]"),
        ])
    func raw(query: String, rows: String) throws { #expect(try QueryFixture().rows(query) == rows) }

    @Test(
        "functions give one row a window",
        arguments: [
            ("SELECT count(value), sum(value), min(value), max(value) FROM pmu WHERE device = 'a'", "[[0,3,18.25,1.5,9]]"),
            ("SELECT mean(value) FROM pmu WHERE device = 'a'", "[[0,6.083333333333333]]"),
            ("SELECT max(value) FROM pmu", "[[1700000002000,9]]"),
            ("SELECT max(value), device FROM pmu", "[[1700000002000,9,\"a\"]]"),
            ("SELECT first(value), last(value) FROM pmu WHERE time >= 1700000000s", "[[1700000000000,1.5,9]]"),
            ("SELECT median(value), spread(value), stddev(value), mode(value) FROM pmu WHERE device = 'a'", "[[0,7.75,7.5,4.018187817080398,1.5]]"),
            ("SELECT percentile(value, 50) FROM pmu", "[[1700000000000,1.5]]"),
            ("SELECT top(value, 2) FROM pmu", "[[1700000001000,7.75],[1700000002000,9]]"),
            ("SELECT bottom(value, device, 2) FROM pmu", "[[1700000000000,1,\"c\"],[1700000000500,-0.03,\"b\"]]"),
            ("SELECT distinct(value) FROM pmu WHERE device = 'a'", "[[0,1.5],[0,7.75],[0,9]]"),
            ("SELECT count(distinct(n)) FROM pmu", "[[0,1]]"),
            ("SELECT integral(value) FROM pmu WHERE device = 'a'", "[[0,13]]"),
            ("SELECT derivative(value, 1s) FROM pmu WHERE device = 'a'", "[[1700000001000,6.25],[1700000002000,1.25]]"),
            ("SELECT non_negative_difference(value) FROM pmu WHERE device = 'a'", "[[1700000001000,6.25],[1700000002000,1.25]]"),
            ("SELECT difference(value) FROM pmu WHERE device = 'a' ORDER BY time DESC", "[[1700000001000,-1.25],[1700000000000,-6.25]]"),
            ("SELECT moving_average(value, 2) FROM pmu WHERE device = 'a'", "[[1700000001000,4.625],[1700000002000,8.375]]"),
            ("SELECT cumulative_sum(value) FROM pmu WHERE device = 'a'", "[[1700000000000,1.5],[1700000001000,9.25],[1700000002000,18.25]]"),
            ("SELECT elapsed(value, 1ms) FROM pmu WHERE device = 'a'", "[[1700000001000,1000],[1700000002000,1000]]"),
            ("SELECT mean(value) * 2 AS twice FROM pmu WHERE device = 'a'", "[[0,12.166666666666666]]"),
            ("SELECT mean(value) FROM pmu WHERE value > 1.5 AND device = 'a'", "[[0,8.375]]"),
            ("SELECT mean(m) FROM (SELECT max(value) AS m FROM pmu GROUP BY device)", "[[0,3.3233333333333337]]"),
            ("SELECT count(s), first(ok), last(s) FROM pmu", "[[0,1,true,\"x\\\"y\"]]"),
        ])
    func functions(query: String, rows: String) throws { #expect(try QueryFixture().rows(query) == rows) }

    @Test(
        "empty windows are filled as asked",
        arguments: [
            ("fill(null)", "[[0,1.5],[500,null],[1000,7.75],[1500,null],[2000,9],[2500,null]]"),
            ("", "[[0,1.5],[500,null],[1000,7.75],[1500,null],[2000,9],[2500,null]]"),
            ("fill(none)", "[[0,1.5],[1000,7.75],[2000,9]]"),
            ("fill(previous)", "[[0,1.5],[500,1.5],[1000,7.75],[1500,7.75],[2000,9],[2500,9]]"),
            ("fill(linear)", "[[0,1.5],[500,4.625],[1000,7.75],[1500,8.375],[2000,9],[2500,null]]"),
            ("fill(-1)", "[[0,1.5],[500,-1],[1000,7.75],[1500,-1],[2000,9],[2500,-1]]"),
            ("fill(none) ORDER BY time DESC", "[[2000,9],[1000,7.75],[0,1.5]]"),
        ])
    func fill(clause: String, rows: String) throws {
        let fixture = try QueryFixture()
        try fixture.driver.write("z value=1.5 0\nz value=7.75 1000000000\nz value=9 2000000000", to: "telegraf")
        #expect(fixture.rows("SELECT mean(value) FROM z WHERE time >= 0 AND time < 3s GROUP BY time(500ms) \(clause)") == rows)
    }

    @Test("first and last read one run of each series, not all")
    func ends() throws {
        var options = InfluxQLOptions()
        options.maximumPoints = 30
        let fixture = try QueryFixture(options: options, runLength: 10)
        try fixture.driver.write(
            (0..<1000).map { "long,part=\($0 % 2) v=\($0) \($0)" }.joined(separator: "\n"), to: "telegraf")
        #expect(fixture.rows("SELECT last(v) FROM long", epoch: .nanoseconds) == "[[999,999]]")
        #expect(fixture.rows("SELECT first(v), part FROM long WHERE time > 500", epoch: .nanoseconds) == "[[501,501,\"1\"]]")
    }

    @Test("an empty window counts 0")
    func countFill() throws {
        let rows = try QueryFixture().rows(
            "SELECT count(value) FROM pmu WHERE device = 'a' AND time >= 1700000001s AND time <= 1700000003s GROUP BY time(1s)")
        #expect(rows == "[[1700000001000,1],[1700000002000,1],[1700000003000,0]]")
    }

    @Test("GROUP BY makes a series for each value of the tags, in their order; SLIMIT and SOFFSET choose among them")
    func groups() throws {
        let fixture = try QueryFixture()
        #expect(
            fixture.answer("SELECT last(\"value\") FROM \"pmu\" GROUP BY \"device\"")
                == #"{"statement_id":0,"series":[{"name":"pmu","tags":{"device":"a"},"columns":["time","last"],"values":[[1700000002000,9]]},"#
                + #"{"name":"pmu","tags":{"device":"b"},"columns":["time","last"],"values":[[1700000000500,-0.03]]},"#
                + #"{"name":"pmu","tags":{"device":"c"},"columns":["time","last"],"values":[[1700000000000,1]]}]}"#)
        #expect(
            fixture.answer("SELECT last(value) FROM pmu GROUP BY * SLIMIT 1 SOFFSET 2")
                == #"{"statement_id":0,"series":[{"name":"pmu","tags":{"device":"c","phase":""},"columns":["time","last"],"values":[[1700000000000,1]]}]}"#)
    }

    @Test("windows follow the clocks of tz(), also over a change to summer time")
    func zones() throws {
        let fixture = try QueryFixture()
        // 2024-03-31 is a day of 23 hours in Rome.
        try fixture.driver.write(
            "d v=1 1711839600000000000\nd v=2 1711922399000000000\nd v=4 1711922400000000000", to: "telegraf")
        #expect(
            fixture.rows(
                "SELECT sum(v) FROM d WHERE time >= '2024-03-31' AND time < '2024-04-02' GROUP BY time(1d) tz('Europe/Rome')",
                epoch: nil) == #"[["2024-03-31T00:00:00+01:00",3],["2024-04-01T00:00:00+02:00",4]]"#)
    }

    @Test(
        "a statement that cannot be executed says why, and those after it do not run",
        arguments: [
            ("SELECT * FROM nodb..m", "database not found: nodb"),
            ("SELECT * FROM telegraf.nope.m", "retention policy not found: nope"),
            ("SELECT nope(value) FROM pmu", "undefined function nope()"),
            ("SELECT mean(value), value FROM pmu", "mixing aggregate and non-aggregate queries is not supported"),
            ("SELECT value FROM pmu GROUP BY time(1s)", "GROUP BY requires at least one aggregate function"),
            ("SELECT mean(value) FROM pmu GROUP BY time(0s)", "time dimension must be greater than 0, got 0ns"),
            ("SELECT derivative(mean(value)) FROM pmu", "derivative aggregate requires a GROUP BY interval"),
            ("SELECT mean() FROM pmu", "invalid number of arguments for mean, expected 1, got 0"),
            ("SELECT moving_average(value) FROM pmu", "invalid number of arguments for moving_average, expected 2, got 1"),
            ("SELECT top(value, 0) FROM pmu", "limit (0) in top function must be at least 1"),
            ("SELECT sum(s) FROM pmu", "unsupported sum iterator type: *query.stringInterruptIterator"),
            ("SELECT holt_winters(mean(value), 1, 1) FROM pmu GROUP BY time(1s)", "holt_winters() is not available yet; the platform's forecasting services forecast series"),
            ("SELECT value INTO x FROM pmu", "SELECT INTO is not available yet; write the result through /write instead"),
            ("SELECT value FROM pmu WHERE time != 5", "invalid time comparison operator: !="),
            ("SELECT value FROM pmu WHERE time > 'soon'", "invalid timestamp string"),
            ("DROP MEASUREMENT pmu", "DROP MEASUREMENT is not available yet in this engine; nothing has been changed"),
        ])
    func errors(query: String, sentence: String) throws {
        let answer = try QueryFixture().answer(query + "; SHOW DATABASES")
        #expect(
            answer == #"{"statement_id":0,"error":"\#(sentence)"},"#
                + #"{"statement_id":1,"error":"not executed"}"#)
    }

    @Test("numbers that no computer holds are refused or clamped, not fatal", arguments: [
        "SELECT percentile(value, 99999999999999999999999999.5) FROM pmu", "SELECT top(value, 9223372036854775807) FROM pmu",
        "SELECT value FROM pmu LIMIT 9223372036854775807 OFFSET 9223372036854775807",
        "SELECT value FROM pmu WHERE time > 9223372036854775807 + 9223372036854775807",
        "SELECT mean(value) FROM pmu WHERE time > -9223372036854775808 GROUP BY time(106751d)",
        "SELECT sum(n) FROM pmu WHERE time > 0 AND time < 10s GROUP BY time(1s) fill(99999999999999999999999.5)",
        "SELECT n % 0, n / 0, value / 0, value % 0 FROM pmu", "SELECT elapsed(value) FROM pmu",
        "SELECT mean(value) FROM pmu WHERE time > 0 GROUP BY time(1ns)", "SELECT -9223372036854775808 * n FROM pmu",
    ])
    func extremes(query: String) throws {
        #expect(try QueryFixture().answer(query).hasPrefix("{\"statement_id\":0"))
    }
}
