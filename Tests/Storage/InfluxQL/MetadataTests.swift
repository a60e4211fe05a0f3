import Testing

@testable import Storage

@Suite("InfluxQL SHOW and databases")
struct MetadataTests {
    @Test(
        "the catalogue is shown as Grafana asks for it",
        arguments: [
            ("SHOW DATABASES", #"{"name":"databases","columns":["name"],"values":[["telegraf"]]}"#),
            ("SHOW MEASUREMENTS", #"{"name":"measurements","columns":["name"],"values":[["meter"],["pmu"]]}"#),
            ("SHOW MEASUREMENTS LIMIT 1", #"{"name":"measurements","columns":["name"],"values":[["meter"]]}"#),
            ("SHOW MEASUREMENTS WITH MEASUREMENT =~ /(?i)PM/ LIMIT 100", #"{"name":"measurements","columns":["name"],"values":[["pmu"]]}"#),
            ("SHOW MEASUREMENTS WHERE \"device\" = 'a' LIMIT 100", #"{"name":"measurements","columns":["name"],"values":[["pmu"]]}"#),
            ("SHOW TAG KEYS FROM \"pmu\"", #"{"name":"pmu","columns":["tagKey"],"values":[["device"],["phase"]]}"#),
            ("SHOW TAG KEYS FROM \"autogen\".\"pmu\" WHERE \"device\" = 'c'", #"{"name":"pmu","columns":["tagKey"],"values":[["device"]]}"#),
            ("SHOW TAG VALUES FROM \"pmu\" WITH KEY = \"device\"", #"{"name":"pmu","columns":["key","value"],"values":[["device","a"],["device","b"],["device","c"]]}"#),
            ("SHOW TAG VALUES WITH KEY = \"device\" WHERE \"phase\" =~ /A/", #"{"name":"pmu","columns":["key","value"],"values":[["device","a"],["device","b"]]}"#),
            ("SHOW TAG VALUES FROM pmu WITH KEY = \"device\" WHERE time > now() - 9s", #"{"name":"pmu","columns":["key","value"],"values":[["device","a"]]}"#),
            ("SHOW TAG VALUES WITH KEY IN (phase, serial)", #"{"name":"meter","columns":["key","value"],"values":[["serial","1 2"]]},{"name":"pmu","columns":["key","value"],"values":[["phase","A"]]}"#),
            ("SHOW TAG VALUES WITH KEY = device WHERE value =~ /[bc]/ AND phase = 'A'", #"{"name":"pmu","columns":["key","value"],"values":[["device","b"]]}"#),
            ("SHOW FIELD KEYS FROM \"pmu\"", #"{"name":"pmu","columns":["fieldKey","fieldType"],"values":[["n","integer"],["ok","boolean"],["s","string"],["value","float"]]}"#),
            ("SHOW SERIES", #"{"columns":["key"],"values":[["meter,serial=1\\ 2"],["pmu,device=a,phase=A"],["pmu,device=b,phase=A"],["pmu,device=c"]]}"#),
            ("SHOW SERIES CARDINALITY", #"{"columns":["cardinality estimation"],"values":[[4]]}"#),
            ("SHOW RETENTION POLICIES on \"telegraf\"", #"{"columns":["name","duration","shardGroupDuration","replicaN","default"],"values":[["autogen","0s","168h0m0s",1,true]]}"#),
            ("SHOW USERS", #"{"columns":["user","admin"]}"#),
        ])
    func show(query: String, series: String) throws {
        #expect(try QueryFixture().answer(query) == #"{"statement_id":0,"series":[\#(series)]}"#)
    }

    @Test("an empty list has no series")
    func empty() throws {
        let fixture = try QueryFixture()
        #expect(fixture.answer("SHOW MEASUREMENTS WITH MEASUREMENT = nope") == #"{"statement_id":0}"#)
        #expect(fixture.answer("SHOW TAG VALUES FROM pmu WITH KEY = device WHERE time > now() - 1s") == #"{"statement_id":0}"#)
        #expect(fixture.answer("SHOW MEASUREMENTS ON nope") == #"{"statement_id":0,"error":"database not found: nope"}"#)
    }

    @Test("databases are made and dropped, twice without an error")
    func databases() throws {
        let fixture = try QueryFixture()
        #expect(fixture.answer("CREATE DATABASE x; CREATE DATABASE x; CREATE DATABASE y WITH NAME \"autogen\"") == #"{"statement_id":0},{"statement_id":1},{"statement_id":2}"#)
        #expect(fixture.driver.databases() == ["telegraf", "x", "y"])
        #expect(fixture.answer("DROP DATABASE x; DROP DATABASE x") == #"{"statement_id":0},{"statement_id":1}"#)
        #expect(fixture.driver.databases() == ["telegraf", "y"])
        #expect(fixture.answer("CREATE DATABASE \".\"") == #"{"statement_id":0,"error":"invalid name"}"#)
        #expect(fixture.answer("CREATE DATABASE z WITH DURATION 7d").contains("not available yet"))
        #expect(!fixture.driver.databases().contains("z"))
    }

    @Test("users, rights and policies are refused with a sentence", arguments: [
        "CREATE USER telegraf WITH PASSWORD 'telegraf'", "GRANT ALL ON \"telegraf\" TO \"telegraf\"", "DROP USER x",
        "SET PASSWORD FOR x = 'y'", "CREATE RETENTION POLICY p ON telegraf DURATION 1d REPLICATION 1",
        "DROP RETENTION POLICY p ON telegraf", "DELETE FROM pmu", "DROP SERIES FROM pmu", "KILL QUERY 1",
    ])
    func refused(query: String) throws {
        let outcome = try QueryFixture().engine.execute(query, database: "telegraf", now: 0)
        #expect(outcome.httpStatus == 200)
        #expect(outcome.statementErrors.first??.code == .unavailable)
    }
}
