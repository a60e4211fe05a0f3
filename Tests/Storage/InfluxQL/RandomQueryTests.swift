import Testing

@testable import Storage

@Suite("InfluxQL under random input")
struct RandomQueryTests {
    /// Pieces of which most sequences are wrong and some are right.
    private static let pieces = """
        SELECT|SELECT|FROM|FROM pmu|FROM pmu|WHERE|GROUP BY|GROUP BY time(1s)|GROUP BY time(1ns, -5h)|GROUP BY *|fill(previous)|fill(linear)|
        fill(1e9)|fill(-99999999999999999999.0)|ORDER BY time DESC|LIMIT|OFFSET|SLIMIT|SOFFSET|tz('Europe/Rome')|tz('America/New_York')|
        mean(value)|max(value)|count(*)|first(value)|last(n)|top(value, 2)|bottom(value, device, 1)|percentile(value, 50)|distinct(n)|
        derivative(mean(value), 1ns)|difference(n)|moving_average(value, 9223372036854775807)|cumulative_sum(value)|elapsed(value, 1s)|
        integral(value, 1w)|stddev(value)|mode(s)|median(n)|spread(n)|sample(value, 1)|pow(value, 2)|value|n|s|ok|device|*|*::tag|/./|,|,|
        +|-|*|/|%|&|(|)|=|!=|<|>|<=|>=|=~ /a/|!~ /b/|AND|OR|time|time > 0|time < 9223372036854775807|now()|'2023-11-14'|'a'|1|0|
        9223372036854775807|-9223372036854775808|1.5|1h|-3w|true|AS x|(SELECT value FROM pmu)|FROM (SELECT max(value) FROM pmu GROUP BY device)|
        SHOW|SHOW SERIES|SHOW TAG VALUES WITH KEY = device|SHOW FIELD KEYS|SHOW MEASUREMENTS|CARDINALITY|EXACT|;|"|'|$p|\\|DELETE|DROP SERIES|\u{0}|é
        """.split(separator: "|").map { $0.drop { $0.isWhitespace } }

    /// Clauses in the order of SELECT; of each one is taken.
    private static let clauses: [[String]] = [
        [
            "mean(value)", "max(value)", "count(*)", "first(value), device", "last(n)", "top(value, 2)", "*", "value", "n, s, ok",
            "bottom(value, device, 9223372036854775807)", "percentile(value, 99999999999999999999.5)", "distinct(n)",
            "moving_average(mean(value), 9223372036854775807)", "derivative(mean(n), 1ns) / max(n)", "elapsed(value, 1w)",
            "derivative(value)", "cumulative_sum(count(value))", "integral(value, 1w)", "stddev(/v/)", "mode(s)", "spread(n)",
            "sample(value, 1)", "pow(value, n) % 0", "n * 9223372036854775807 / 0", "-n - 9223372036854775807", "mean(*)",
        ],
        ["FROM pmu", "FROM /./", "FROM (SELECT value, n, s FROM pmu)", "FROM (SELECT max(value) AS value FROM pmu GROUP BY device)"],
        [
            "", "WHERE time > 0", "WHERE time < 9223372036854775807", "WHERE time >= -9223372036854775808 AND time < now()",
            "WHERE time >= 1700000000s AND time <= 1700000003s", "WHERE value > 1 OR n = 3", "WHERE device !~ /a/ AND time > 5",
            "WHERE time = '2023-11-14T22:13:20Z'", "WHERE time > 1700000003s AND time < 1700000000s", "WHERE false",
        ],
        [
            "", "GROUP BY *", "GROUP BY time(1s)", "GROUP BY time(1ns)", "GROUP BY time(1w, -5h), device", "GROUP BY time(100000d)",
            "GROUP BY /./", "GROUP BY time(1d)",
        ],
        ["", "fill(previous)", "fill(linear)", "fill(none)", "fill(-99999999999999999999.0)", "fill(0)"],
        ["", "ORDER BY time DESC"],
        ["", "LIMIT 1", "LIMIT 9223372036854775807 OFFSET 9223372036854775807", "OFFSET 2", "SLIMIT 1 SOFFSET 1"],
        ["", "tz('Europe/Rome')", "tz('America/New_York')"],
    ]

    /// SplitMix64, so that a failure can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    @Test("any text is answered with JSON", arguments: [UInt64(1), 2, 3, 4])
    func random(seed: UInt64) throws {
        var options = InfluxQLOptions()
        options.maximumWindows = 1000
        let fixture = try QueryFixture(options: options)
        var generator = Generator(state: seed)
        var executed = 0
        for _ in 0..<1500 {
            // Half of the texts are sequences of pieces, half have the form of a SELECT.
            let count = Int.random(in: 1...9, using: &generator)
            let words = Bool.random(using: &generator)
                ? (0..<count).compactMap { _ in Self.pieces.randomElement(using: &generator).map(String.init) }
                : ["SELECT"] + Self.clauses.compactMap { $0.randomElement(using: &generator) }
            let query = words.joined(separator: " ")
            let outcome = fixture.engine.execute(
                query, database: "telegraf", parameters: #"{"p": 1}"#, now: 1_700_000_010_000_000_000)
            let text = String(decoding: outcome.json(), as: UTF8.self)
            #expect(JSONValue(text) != nil, "\(query) gave \(text)")
            if outcome.queryError == nil { executed += 1 }
        }
        #expect(executed > 50)
    }
}
