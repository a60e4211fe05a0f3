import Synchronization
import Testing

@testable import Storage

/// Replays recorded statements and queries of InfluxDB's own tests. The counts are floors: what has passed must pass again.
@Suite("ReferenceInfluxQL")
struct ReferenceInfluxQLTests {
    static let parserCases = "influxql_parser_cases.json"
    static let queryCases = "influxql_cases.json"

    @Test(
        "the parser accepts and refuses what InfluxDB's does, with its wording",
        .enabled(
            if: ReferenceData.has(parserCases), "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
    func parser() throws {
        let cases = try #require(ReferenceData.load(Self.parserCases)).elements
        var failures: [String] = []
        var total = 0
        // Cases that InfluxDB's own test leaves out are left out here.
        for entry in cases where entry["skip"]?.isTrue != true {
            guard let statement = entry["statement"]?.text, let test = entry["test"]?.text else { continue }
            total += 1
            let expected = entry["valid"]?.isTrue == true ? nil : entry["error"]?.text ?? "?"
            let got = try Self.parse(statement, test, hasParameters: expected == nil)
            if expected != got { failures.append("\(statement)\n    expected \(expected ?? "-")\n    got      \(got ?? "-")") }
        }
        print("ReferenceInfluxQL parser: \(total - failures.count)/\(total)")
        for failure in failures { print("  " + failure) }
        #expect(total - failures.count >= 388)
    }

    /// What the test's code binds to the names in the statements.
    private static let parameters = """
        {"value": 2, "multi-word value": 2, "field": {"identifier": "usage"}, "host": {"regex": "^server.*"}, "f": 2.0,
         "type": {"identifier": "float"}, "i": 2, "interval": {"duration": "10s"}, "db": {"identifier": "mydb"},
         "m": {"identifier": "m0"}, "limit": 1}
        """

    private static func parse(_ text: String, _ test: String, hasParameters: Bool) throws -> String? {
        var parser = Parser(text, parameters: hasParameters ? try BoundParameter.parse(parameters) : [:])
        do throws(InfluxQLError) {
            switch test {
            case "TestParser_ParseExpr": _ = try parser.parseExpression()
            case "TestParseDuration", "TestFormatDuration":
                guard DurationText.parse(text) != nil else { throw .syntax("invalid duration") }
            default: _ = try parser.parseStatement()
            }
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        "queries give what InfluxDB gives",
        .enabled(if: ReferenceData.has(queryCases), "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
    func queries() throws {
        let cases = try #require(ReferenceData.load(Self.queryCases)?["cases"]).elements
        var passed: [String: Int] = [:]
        var total: [String: Int] = [:]
        for entry in cases {
            let replay = try Replay(entry)
            for step in replay.outcomes {
                total[step.category, default: 0] += 1
                if let failure = step.failure {
                    print("  [\(entry["test"]?.text ?? "")] \(failure)")
                } else {
                    passed[step.category, default: 0] += 1
                }
            }
        }
        for (category, count) in total.sorted(by: { $0.key < $1.key }) {
            print("ReferenceInfluxQL \(category): \(passed[category] ?? 0)/\(count)")
        }
        let sum = passed.values.reduce(0, +)
        print("ReferenceInfluxQL queries: \(sum)/\(total.values.reduce(0, +))")
        #expect(sum >= 531)
    }

    static let transcripts = "influx_http_golden.json"

    @Test(
        "the answers are those of a real server, byte by byte",
        .enabled(if: ReferenceData.has(transcripts), "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
    func golden() throws {
        let cases = try #require(ReferenceData.load(Self.transcripts)?["cases"]).elements
        let driver = MemoryDriver()
        try driver.createDatabase("viaget")
        try driver.write(
            """
            pmu,device=a,phase=A value=1.5,n=3i,ok=true,s="x\\"y" 1700000000000000000
            pmu,device=a,phase=A value=7.75 1700000001000000000
            pmu,device=a,phase=A value=9 1700000002000000000
            pmu,device=b,phase=A value=-0.03 1700000000500000000
            pmu,device=c value=1 1700000000000000000
            pmu,device=g value=1 1700000000000000000
            good v=1 1700000000000000000
            m v=1 1795000000000000000
            """, to: "telegraf")
        let hour: Int64 = 3_600_000_000_000
        var options = InfluxQLOptions()
        options.retentionPolicies = { _ in
            [.autogen, RetentionPolicyDescription(name: "short", duration: hour, shardDuration: hour, isDefault: false)]
        }
        let engine = InfluxQLEngine(driver: driver, options: options)
        var (passed, total) = (0, 0)
        for entry in cases {
            let parameter = { (name: String) in entry["request"]?["params"]?[name]?.text }
            guard entry["request"]?["path"]?.text == "/query", let query = parameter("q"),
                query.hasPrefix("SELECT") || query.hasPrefix("SHOW"), let body = entry["response"]?["body"]?.text,
                let name = entry["name"]?.text, !name.contains("msgpack")
            else { continue }
            total += 1
            let outcome = engine.execute(
                query, database: parameter("db"), epoch: parameter("epoch").flatMap(EpochPrecision.init(parameter:)),
                parameters: parameter("params"), now: 1_795_000_000_000_000_000)
            var bytes = outcome.json(pretty: parameter("pretty") == "true")
            if parameter("chunked") == "true" {
                bytes = []
                outcome.writeChunks(size: Int(parameter("chunk_size") ?? "") ?? 10_000) { chunk in
                    bytes += chunk
                    return true
                }
            } else if name == "csv" {
                bytes = outcome.csv()
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if text == body { passed += 1 } else { print("  [\(name)]\n    expected \(body)    got      \(text)") }
        }
        print("ReferenceInfluxQL transcripts: \(passed)/\(total)")
        #expect(passed >= 43)
    }
}

/// One recorded case run on a fresh store.
private struct Replay {
    var outcomes: [(category: String, failure: String?)] = []

    init(_ entry: JSONValue) throws {
        let driver = MemoryDriver()
        let policies = Mutex<[String: [RetentionPolicyDescription]]>([:])
        var options = InfluxQLOptions()
        // The cases make policies of their own; the engine takes them from its host.
        options.retentionPolicies = { database in policies.withLock { $0[database] ?? [.autogen] } }
        let engine = InfluxQLEngine(driver: driver, options: options)
        for step in entry["steps"]?.elements ?? [] {
            switch step["op"]?.text {
            case "create_db_rp":
                let (database, name) = (step["db"]?.text ?? "", step["rp"]?.text ?? "")
                try driver.createDatabase(database)
                let isDefault = step["make_default"]?.isTrue == true
                var autogen = RetentionPolicyDescription.autogen
                autogen.isDefault = !isDefault
                let own = RetentionPolicyDescription(
                    name: name, duration: 0, shardDuration: autogen.shardDuration, isDefault: isDefault)
                policies.withLock { $0[database] = [autogen, own] }
            case "create_db": try driver.createDatabase(step["db"]?.text ?? "")
            case "write": try driver.write(step["body"]?.text ?? "", to: step["db"]?.text ?? "")
            case "query": outcomes.append((step["category"]?.text ?? "", try Self.run(step, engine, driver)))
            default: break
            }
        }
    }

    private static func run(_ step: JSONValue, _ engine: InfluxQLEngine, _ driver: MemoryDriver) throws -> String? {
        let query = step["q"]?.text ?? ""
        let parameter = { (name: String) in step["params"]?[name]?.elements.first?.text }
        // The recorded clock of the cases is 2026-11-22.
        let outcome = engine.execute(
            query, database: parameter("db"), epoch: parameter("epoch").flatMap(EpochPrecision.init(parameter:)),
            now: 1_795_370_000_000_000_000)
        let text = String(decoding: outcome.json(), as: UTF8.self)
        if step["expected_is_regex"]?.isTrue == true, let pattern = step["expected"]?.text {
            return try Regex(pattern).firstMatch(in: text) == nil ? "\(query)\n    expected /\(pattern)/\n    got \(text)" : nil
        }
        guard let expected = step["expected"], let got = JSONValue(text) else { return "\(query): no JSON: \(text)" }
        return got.means(expected) ? nil : "\(query)\n    expected \(expected.compact)\n    got      \(text)"
    }
}

extension JSONValue {
    /// The value on one line, for messages.
    fileprivate var compact: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .number(let text): text
        case .string(let text): "\"\(text)\""
        case .array(let elements): "[" + elements.map(\.compact).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value.compact)" }.joined(separator: ",") + "}"
        }
    }
}
