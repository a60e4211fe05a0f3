import Testing

@testable import Storage

@Suite("InfluxQL answers")
struct OutcomeTests {
    @Test("numbers are written as InfluxDB writes them", arguments: [
        (1.0, "1"), (-0.03, "-0.03"), (0.0, "0"), (1e20, "100000000000000000000"), (1e21, "1e+21"), (1.5e300, "1.5e+300"),
        (1e-6, "0.000001"), (1e-7, "1e-7"), (1.25e-9, "1.25e-9"), (1e-10, "1e-10"), (123456.789, "123456.789"),
        (9007199254740993.0, "9007199254740992"), (6.083333333333333, "6.083333333333333"), (.infinity, "null"),
    ])
    func numbers(value: Double, text: String) { #expect(JSONText.number(value) == text) }

    @Test("times are RFC 3339 with as many decimals as needed", arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (1_700_000_000_500_000_000, "2023-11-14T22:13:20.5Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
        (Int64.max, "2262-04-11T23:47:16.854775807Z"), (Int64.min, "1677-09-21T00:12:43.145224192Z"),
    ])
    func times(time: Int64, text: String) {
        var bytes: [UInt8] = []
        CalendarTime.append(time, zone: nil, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
        #expect(CalendarTime.parse(text, zone: nil) == time)
    }

    @Test("what is no time is not read as one", arguments: [
        "2023-02-30", "2023-13-01", "2023-1-1", "2023-01-01T25:00:00Z", "2023-01-01 00:00:00 x", "", "now", "9999-01-01",
    ])
    func noTimes(text: String) { #expect(CalendarTime.parse(text, zone: nil) == nil) }

    @Test("a parse error is a 400 with one sentence")
    func parseError() throws {
        let outcome = try QueryFixture().engine.execute("SELEC", now: 0)
        #expect(outcome.httpStatus == 400)
        #expect(
            String(decoding: outcome.json(), as: UTF8.self)
                == #"{"error":"error parsing query: found SELEC, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, SET, KILL at line 1, char 1"}"#
                + "\n")
    }

    @Test("pretty is indented by four spaces")
    func pretty() throws {
        let outcome = try QueryFixture().engine.execute("SELECT value FROM pmu LIMIT 1", database: "telegraf", now: 0)
        #expect(
            String(decoding: outcome.json(pretty: true), as: UTF8.self) == """
                {
                    "results": [
                        {
                            "statement_id": 0,
                            "series": [
                                {
                                    "name": "pmu",
                                    "columns": [
                                        "time",
                                        "value"
                                    ],
                                    "values": [
                                        [
                                            "2023-11-14T22:13:20Z",
                                            1.5
                                        ]
                                    ]
                                }
                            ]
                        }
                    ]
                }

                """)
    }

    @Test("chunks are JSON texts of their own, partial while more follows")
    func chunks() throws {
        let outcome = try QueryFixture().engine.execute(
            "SELECT value FROM pmu WHERE device = 'a'; SHOW DATABASES", database: "telegraf", epoch: .seconds, now: 0)
        var texts: [String] = []
        outcome.writeChunks(size: 2) { bytes in
            texts.append(String(decoding: bytes, as: UTF8.self))
            return true
        }
        #expect(
            texts == [
                #"{"results":[{"statement_id":0,"series":[{"name":"pmu","columns":["time","value"],"values":[[1700000000,1.5],[1700000001,7.75]],"partial":true}],"partial":true}]}"#
                    + "\n",
                #"{"results":[{"statement_id":0,"series":[{"name":"pmu","columns":["time","value"],"values":[[1700000002,9]]}]}]}"#
                    + "\n",
                #"{"results":[{"statement_id":1,"series":[{"name":"databases","columns":["name"],"values":[["telegraf"]]}]}]}"#
                    + "\n",
            ])
    }

    @Test("CSV has name and tags before the columns, and quotes what needs it")
    func csv() throws {
        let outcome = try QueryFixture().engine.execute(
            "SELECT value, s FROM pmu GROUP BY device, phase LIMIT 1", database: "telegraf", epoch: .milliseconds, now: 0)
        #expect(
            String(decoding: outcome.csv(), as: UTF8.self) == """
                name,tags,time,value,s
                pmu,"device=a,phase=A",1700000000000,1.5,"x""y"
                pmu,"device=b,phase=A",1700000000500,-0.03,
                pmu,"device=c,phase=",1700000000000,1,

                """)
    }

    @Test("bound parameters take the place of one token each")
    func parameters() throws {
        let fixture = try QueryFixture()
        let rows = fixture.answer(
            "SELECT value FROM pmu WHERE device = $d AND value > $v AND phase =~ $p", epoch: .seconds,
            parameters: #"{"d": "a", "v": 2, "p": {"regex": "^A$"}}"#)
        #expect(rows == #"{"statement_id":0,"series":[{"name":"pmu","columns":["time","value"],"values":[[1700000001,7.75],[1700000002,9]]}]}"#)
        let injected = fixture.answer("SELECT value FROM pmu WHERE device = $d", parameters: #"{"d": "x' OR device = 'a"}"#)
        #expect(injected == #"{"statement_id":0}"#)
        #expect(fixture.answer("SHOW DATABASES", parameters: "[1]").hasPrefix(#"{"error":"error parsing query parameters"#))
    }

    @Test("what is not allowed is not run, statement by statement")
    func authorisation() throws {
        let fixture = try QueryFixture()
        let outcome = fixture.engine.execute(
            "DROP DATABASE telegraf; SHOW DATABASES", now: 0,
            authorise: { statement in
                statement.requiredRight == .administer ? "\(statement.name) on \(statement.databases[0]) is not allowed" : nil
            })
        #expect(outcome.statementErrors.first??.description == "DROP DATABASE on telegraf is not allowed")
        #expect(fixture.driver.databases() == ["telegraf"])
    }

    @Test("a GET that changes something is answered with a warning")
    func readOnly() throws {
        let outcome = try QueryFixture().engine.execute("CREATE DATABASE viaget", now: 0, isReadOnly: true)
        #expect(
            String(decoding: outcome.json(), as: UTF8.self)
                == #"{"results":[{"statement_id":0,"messages":[{"level":"warning","text":"deprecated use of 'CREATE DATABASE' in a read only context, please use a POST request instead"}]}]}"#
                + "\n")
    }

    @Test("limits and cancellation end a query with a sentence")
    func limits() throws {
        var options = InfluxQLOptions()
        options.maximumPoints = 4
        #expect(try QueryFixture(options: options).answer("SELECT mean(value) FROM pmu").contains("max-select-point limit exceeded: (5/4)"))
        options = InfluxQLOptions()
        options.maximumRows = 2
        #expect(try QueryFixture(options: options).answer("SELECT value FROM pmu").contains("max-row-limit exceeded"))
        options = InfluxQLOptions()
        options.maximumSeries = 2
        #expect(try QueryFixture(options: options).answer("SELECT value FROM pmu").contains("max-select-series limit exceeded: (3/2)"))
        options = InfluxQLOptions()
        options.maximumWindows = 10
        let windows = try QueryFixture(options: options).answer(
            "SELECT mean(value) FROM pmu WHERE time >= 1700000000s AND time < 1700000011s GROUP BY time(1s)")
        #expect(windows == #"{"statement_id":0,"error":"max-select-buckets limit exceeded: (11/10)"}"#)
        let cancelled = try QueryFixture().engine.execute(
            "SELECT value FROM pmu", database: "telegraf", now: 0, isCancelled: { true })
        #expect(cancelled.statementErrors.first??.code == .cancelled)
    }
}
