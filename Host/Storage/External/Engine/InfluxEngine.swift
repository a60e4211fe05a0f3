internal import HTTPClient

/// InfluxDB 1.x by its HTTP API: `/write` and `/query` with InfluxQL.
final class InfluxEngine: TimeSeriesEngine {
    let traits: EngineTraits
    let client: HTTPClient

    init(client: HTTPClient) {
        self.client = client
        // The ends of time: InfluxDB, models/time.go. With the default `wal-fsync-delay` of 0 what it has answered is on its disk.
        traits = EngineTraits(
            product: "InfluxDB", address: "\(client.address)", nanosecondsPerTick: 1, types: [.float, .integer, .boolean, .text], tagsFields: false,
            reservedTags: [], mostTags: 200, largestInteger: .max, earliestTime: .min + 2, latestTime: .max - 1, furthestAhead: nil, settling: 1_000_000_000)
    }

    var lostConnections: UInt64 { client.lostConnections }

    func close() { client.close() }

    func probe() throws(EngineFailure) { _ = try databases() }

    func databases() throws(EngineFailure) -> [String] {
        try ask("SHOW DATABASES", database: nil, what: "show the databases").flatMap { $0.rows.compactMap { $0.first?.text } }
            .filter { $0 != "_internal" }
    }

    func createDatabase(_ name: String) throws(EngineFailure) {
        _ = try ask("CREATE DATABASE \(InfluxName.identifier(name))", database: nil, what: "make the database \"\(name)\"")
    }

    func dropDatabase(_ name: String) throws(EngineFailure) {
        _ = try ask("DROP DATABASE \(InfluxName.identifier(name))", database: nil, what: "drop the database \"\(name)\"")
    }

    func write(_ lines: [UInt8], database: String) throws(EngineFailure) {
        let reply = try exchange(LineRequest.make(lines, query: [("db", database), ("precision", "ns")]))
        if reply.status == 204 { return }
        let sentence = Self.sentence(of: reply)
        // 400 comes with `partial write: …` or, for a batch that it cannot read or that conflicts as a whole, with another sentence.
        if reply.status == 400 { throw EngineFailure(.refusedPoints, sentence) }
        throw .refusal(reply, of: traits, sentence: sentence, doing: "write points")
    }

    func reading(
        of column: ColumnIdentity, type: FieldType, otherTags: [String], hasQuality: Bool, span: ReadingSpan, limit: Int
    ) -> any EngineReading {
        InfluxReading(engine: self, column: column, type: type, otherTags: otherTags, hasQuality: hasQuality, span: span, limit: limit)
    }

    /// Runs one statement.
    func ask(_ statement: String, database: String?, what: String) throws(EngineFailure) -> [InfluxTable] {
        let body = try query(statement, database: database, what: what)
        do {
            return try InfluxTable.parse(body)
        } catch {
            throw EngineFailure(error.isMissingDatabase ? .noDatabase : error.isAboutRights ? .forbidden : .unexpected, "\(place): \(error)")
        }
    }

    /// The answer to a statement, in JSON with times in nanoseconds; its status is 200.
    func query(_ statement: String, database: String?, what: String) throws(EngineFailure) -> [UInt8] {
        var fields = [("q", statement), ("epoch", "ns")]
        if let database { fields.append(("db", database)) }
        let reply = try exchange(.form("/query", fields, largestReplyBytes: 64 << 20))
        guard reply.status == 200 else { throw .refusal(reply, of: traits, sentence: Self.sentence(of: reply), doing: what) }
        return reply.body
    }

    var place: String { "\(traits.product) at \(traits.address)" }

    private func exchange(_ request: HTTPExchangeRequest) throws(EngineFailure) -> HTTPReply {
        do { return try client.exchange(request) } catch { throw EngineFailure(error) }
    }

    /// The sentence of `{"error": …}`, or the beginning of whatever came.
    private static func sentence(of reply: HTTPReply) -> String {
        let text = String(decoding: reply.body.prefix(4_096), as: UTF8.self)
        if case .object(let members)? = JSONValue(text), case .string(let sentence)? = members["error"] { return sentence }
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }
}

/// Names and texts in InfluxQL.
enum InfluxName {
    static func identifier(_ name: String) -> String { quoted(name, "\"") }

    static func text(_ text: String) -> String { quoted(text, "'") }

    /// The condition that a series has these tags and none of the others.
    static func condition(tags: [Tag], without otherTags: [String]) -> String {
        (tags.map { "\(identifier($0.key)) = \(text($0.value))" } + otherTags.map { "\(identifier($0)) = ''" }).joined(separator: " AND ")
    }

    private static func quoted(_ text: String, _ quote: Unicode.Scalar) -> String {
        var result = String.UnicodeScalarView()
        result.append(quote)
        // Scalars, not characters: a quote with a combining mark behind it is another character and ends the text all the same.
        for scalar in text.unicodeScalars {
            if scalar == quote || scalar == "\\" { result.append("\\") }
            if scalar == "\n" { result.append(contentsOf: "\\n".unicodeScalars) } else { result.append(scalar) }
        }
        result.append(quote)
        return String(result)
    }
}

/// A write of line protocol, compressed.
enum LineRequest {
    static func make(_ lines: [UInt8], query: [(name: String, value: String)]) -> HTTPExchangeRequest {
        var headers = [(name: "Content-Type", value: "text/plain; charset=utf-8")]
        var body = lines
        if lines.count > 512, let compressed = Gzip.compress(lines) {
            headers.append((name: "Content-Encoding", value: "gzip"))
            body = compressed
        }
        return HTTPExchangeRequest(.post, "/write", query: query, headers: headers, body: body, largestReplyBytes: 1 << 20)
    }
}
