import Testing

@testable import Storage

/// The queries that Grafana's InfluxDB data source sends, as it writes them.
@Suite("InfluxQL of Grafana")
struct GrafanaQueryTests {
    @Test("the panel query")
    func panel() throws {
        let answer = try QueryFixture().answer(
            #"SELECT mean("value") FROM "pmu" WHERE ("device"::tag = 'a' AND "phase" =~ /^A$/) AND time >= 1700000000000ms and time <= 1700000003000ms GROUP BY time(1s), "phase"::tag fill(null) ORDER BY time ASC limit 100 slimit 10 tz('Europe/Rome')"#)
        #expect(
            answer
                == #"{"statement_id":0,"series":[{"name":"pmu","tags":{"phase":"A"},"columns":["time","mean"],"values":[[1700000000000,1.5],[1700000001000,7.75],[1700000002000,9],[1700000003000,null]]}]}"#)
    }

    @Test("the panel query with a retention policy, mathematics and an alias")
    func alias() throws {
        let rows = try QueryFixture().rows(
            #"SELECT max("value") * 100 AS "percent" FROM "autogen"."pmu" WHERE time >= 1700000000000ms and time <= 1700000002999ms GROUP BY time(1s) fill(none)"#)
        #expect(rows == "[[1700000000000,150],[1700000001000,775],[1700000002000,900]]")
    }

    @Test("every function of the query builder answers or says that it is not available", arguments: [
        "count(\"value\")", "distinct(\"value\")", "integral(\"value\")", "mean(\"value\")", "median(\"value\")",
        "mode(\"value\")", "sum(\"value\")", "bottom(\"value\", 3)", "first(\"value\")", "last(\"value\")", "max(\"value\")",
        "min(\"value\")", "percentile(\"value\", 95)", "top(\"value\", 3)", "derivative(mean(\"value\"), 10s)",
        "spread(\"value\")", "non_negative_derivative(mean(\"value\"), 10s)", "difference(mean(\"value\"))",
        "non_negative_difference(mean(\"value\"))", "moving_average(mean(\"value\"), 2)", "cumulative_sum(mean(\"value\"))",
        "stddev(\"value\")", "elapsed(mean(\"value\"), 10s)",
    ])
    func builder(call: String) throws {
        let answer = try QueryFixture().answer(
            "SELECT \(call) FROM \"pmu\" WHERE \"device\" = 'a' AND time >= 1700000000000ms and time <= 1700000002000ms GROUP BY time(1s) fill(none)")
        #expect(answer.hasPrefix(#"{"statement_id":0,"series":[{"name":"pmu","columns":["time",""#))
    }

    @Test("several statements of the old browser mode")
    func browser() throws {
        let answer = try QueryFixture().answer(
            #"SELECT last("value") FROM "pmu" WHERE time > now() - 6h;SELECT mean("value") FROM "pmu" WHERE time > 1700000000s and time < 1700000002s GROUP BY time(1m) fill(null)"#)
        #expect(
            answer
                == #"{"statement_id":0,"series":[{"name":"pmu","columns":["time","last"],"values":[[1700000002000,9]]}]},"#
                + #"{"statement_id":1,"series":[{"name":"pmu","columns":["time","mean"],"values":[[1699999980000,3.86]]}]}"#)
    }
}
