import Testing

@testable import Storage

@Suite("InfluxQL parser")
struct ParserTests {
    @Test(
        "what cannot be parsed is refused with InfluxDB's sentence",
        arguments: [
            ("SELEC", "found SELEC, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, SET, KILL at line 1, char 1"),
            ("SELECT", "found EOF, expected identifier, string, number, bool at line 1, char 8"),
            ("SELECT value FRM m", "found FRM, expected FROM at line 1, char 14"),
            ("SELECT value FROM m WHERE \"a\" == 'b'", "found =, expected identifier, string, number, bool at line 1, char 32"),
            ("SELECT value FROM m LIMIT x", "found x, expected integer at line 1, char 27"),
            ("SELECT value FROM m; FOO", "found FOO, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, SET, KILL at line 1, char 22"),
            ("SHOW DATABASES SHOW DATABASES", "found SHOW, expected ; at line 1, char 16"),
            ("SHOW TAG", "found EOF, expected KEY, KEYS, VALUES at line 1, char 10"),
            ("SHOW TAG VALUES", "found EOF, expected WITH at line 1, char 17"),
            ("SELECT mean(v) FROM m fill(x)", "expected number argument in fill()"),
            ("SELECT v FROM m tz('Nowhere/Else')", "unable to find time zone Nowhere/Else"),
            ("SELECT v FROM m WHERE a =~ /(/", "error parsing regexp: `(` is not a valid regular expression at line 1, char 28"),
            ("SELECT v FROM m WHERE a = $x", "missing parameter: x"),
            ("SELECT a.b.c.d FROM m", "too many segments in a.b.c.d at line 1, char 1"),
        ])
    func refusals(text: String, sentence: String) throws {
        let error = #expect(throws: InfluxQLError.self) { try InfluxQLEngine.parse(text) }
        #expect(error?.description == "error parsing query: " + sentence)
        #expect(error?.code == .syntax)
    }

    @Test("operators bind as in InfluxQL", arguments: [
        ("1 + 2 * 3", "1 + 2 * 3"), ("(1 + 2) * 3", "(1 + 2) * 3"), ("a = 1 AND b = 2 OR c = 3", "a = 1 AND b = 2 OR c = 3"),
        ("-value", "-1 * value"), ("-5", "-5"), ("time > now() - 1h", "time > now() - 1h"),
        ("\"my host\" =~ /^a/", "\"my host\" =~ /^a/"), ("f::integer + t::tag", "f::integer + t::tag"),
    ])
    func expressions(text: String, description: String) throws {
        var parser = Parser(text)
        #expect(try parser.parseExpression().description == description)
    }

    @Test("AND binds tighter than OR, and equal operators group to the left")
    func precedence() throws {
        var parser = Parser("a OR b AND c")
        guard case .binary(.or, _, .binary(.and, _, _)) = try parser.parseExpression() else {
            Issue.record("AND does not bind tighter")
            return
        }
        var minus = Parser("1 - 2 - 3")
        guard case .binary(.subtract, .binary(.subtract, _, _), .integer(3)) = try minus.parseExpression() else {
            Issue.record("does not group to the left")
            return
        }
    }

    @Test("deep nesting and long chains are refused instead of exhausting the stack")
    func limits() {
        let nested = String(repeating: "(", count: 5000) + "1"
        #expect(throws: InfluxQLError.self) { try InfluxQLEngine.parse("SELECT \(nested) FROM m") }
        let chain = Array(repeating: "a", count: 3000).joined(separator: "+")
        #expect(throws: InfluxQLError.self) { try InfluxQLEngine.parse("SELECT \(chain) FROM m") }
        let queries = String(repeating: "SELECT a FROM (", count: 500)
        #expect(throws: InfluxQLError.self) { try InfluxQLEngine.parse(queries) }
    }

    @Test(
        "a statement says which right it needs and which databases it touches",
        arguments: [
            ("SELECT v FROM m", InfluxQLStatement.RequiredRight.read, ["own"], "SELECT"),
            ("SELECT v FROM other..m, third.autogen.n", .read, ["other", "third"], "SELECT"),
            ("SELECT a FROM (SELECT v AS a FROM other..m)", .read, ["other"], "SELECT"),
            ("SELECT v INTO other..x FROM m", .write, ["own", "other"], "SELECT"),
            ("SHOW DATABASES", .none, [], "SHOW DATABASES"),
            ("SHOW MEASUREMENTS ON other", .read, ["other"], "SHOW MEASUREMENTS"),
            ("SHOW TAG VALUES FROM third..m WITH KEY = k", .read, ["own", "third"], "SHOW TAG VALUES"),
            ("SHOW USERS", .administer, [], "SHOW USERS"),
            ("CREATE DATABASE x", .administer, ["x"], "CREATE DATABASE"),
            ("DROP DATABASE x", .administer, ["x"], "DROP DATABASE"),
            ("DELETE FROM m", .write, ["own"], "DELETE"),
            ("GRANT ALL ON telegraf TO telegraf", .administer, ["telegraf"], "GRANT"),
        ] as [(String, InfluxQLStatement.RequiredRight, [String], String)])
    func rights(text: String, right: InfluxQLStatement.RequiredRight, databases: [String], name: String) throws {
        let statement = try #require(try InfluxQLEngine.parse(text, database: "own").first)
        #expect(statement.requiredRight == right)
        #expect(statement.databases == databases)
        #expect(statement.name == name)
    }

    @Test("durations are read and written with InfluxDB's units", arguments: [
        ("10ns", Int64(10), "10ns"), ("15ms", 15_000_000, "15ms"), ("90m", 5_400_000_000_000, "90m"),
        ("1h30m", 5_400_000_000_000, "90m"), ("2w", 1_209_600_000_000_000, "2w"), ("5µ", 5_000, "5u"),
    ])
    func durations(text: String, nanoseconds: Int64, format: String) {
        #expect(DurationText.parse(text) == nanoseconds)
        #expect(DurationText.format(nanoseconds) == format)
    }
}
