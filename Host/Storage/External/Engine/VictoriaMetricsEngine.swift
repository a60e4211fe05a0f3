internal import HTTPClient

/// VictoriaMetrics, a single node or a cluster, by `/write` (line protocol), `/api/v1/export` and `/api/v1/series`.
///
/// A column is the metric `measurement_field` with the labels `db`, `_field` (which makes the split of the name exact), `_type` unless it is a float,
/// and the tags.
final class VictoriaMetricsEngine: TimeSeriesEngine {
    let traits: EngineTraits
    private let writing: HTTPClient
    let reading: HTTPClient

    static let databaseLabel = "db"
    static let fieldLabel = "_field"
    static let typeLabel = "_type"
    /// Asks for series of all times. For 0 the product takes its default, the last five minutes.
    static let sinceEver = ("start", "1")

    /// - Parameters:
    ///   - writing: of the single node, or of `vminsert` with the path of the tenant, `/insert/0/influx`.
    ///   - reading: of the single node, or of `vmselect`, `/select/0/prometheus`.
    init(writing: HTTPClient, reading: HTTPClient) {
        self.writing = writing
        self.reading = reading
        // 30 labels a series, of which four are the platform's; two days into the future; up to 5 s in memory before a flush to disk: the
        // product's flags -maxLabelsPerTimeseries and -inmemoryDataFlushInterval and lib/storage. A whole number is exact up to 2^53.
        traits = EngineTraits(
            product: "VictoriaMetrics", address: "\(writing.address)", nanosecondsPerTick: 1_000_000, types: [.float, .integer, .boolean],
            tagsFields: true, reservedTags: [Self.databaseLabel, Self.fieldLabel, Self.typeLabel, "__name__"], mostTags: 26, largestInteger: 1 << 53, earliestTime: 0,
            latestTime: .max, furthestAhead: 2 * 86_400 * 1_000_000_000, settling: 15_000_000_000)
    }

    var lostConnections: UInt64 { writing.lostConnections }

    func close() {
        writing.close()
        reading.close()
    }

    func probe() throws(EngineFailure) {
        _ = try read("/api/v1/series", [("match[]", #"{__name__="dsotp"}"#)], what: "show series")
        // A write of nothing tells whether writes are taken.
        try write([], database: "dsotp")
    }

    func databases() throws(EngineFailure) -> [String] {
        let reply = try read("/api/v1/label/\(Self.databaseLabel)/values", [Self.sinceEver], what: "show databases")
        guard case .object(let answer)? = JSONValue(String(decoding: reply, as: UTF8.self)), case .array(let names)? = answer["data"] else {
            throw EngineFailure(.unexpected, "\(place): the answer about the values of a label has no \"data\"")
        }
        return names.compactMap(\.text)
    }

    /// A database is a label: there is nothing to make.
    func createDatabase(_ name: String) {}

    func dropDatabase(_ name: String) throws(EngineFailure) {
        let selector = VictoriaSelector.text([(Self.databaseLabel, name)])
        var request = HTTPExchangeRequest.form("/api/v1/admin/tsdb/delete_series", [("match[]", selector)])
        // In a cluster vmselect has it beside the tenant's /select/….
        if let place = reading.address.path.firstRange(of: "/select/") {
            request.path = reading.address.path.replacingCharacters(place, with: "/delete/") + request.path
            request.isFromRoot = true
        }
        let reply: HTTPReply
        do { reply = try reading.exchange(request) } catch { throw EngineFailure(error) }
        guard (200...299).contains(reply.status) else {
            throw .refusal(reply, of: traits, sentence: Self.sentence(of: reply), doing: "drop the database \"\(name)\"")
        }
    }

    func write(_ lines: [UInt8], database: String) throws(EngineFailure) {
        let request = LineRequest.make(lines, query: [(Self.databaseLabel, database), ("precision", "ms")])
        let reply: HTTPReply
        do { reply = try writing.exchange(request) } catch { throw EngineFailure(error) }
        if reply.status == 204 || reply.status == 200 { return }
        let sentence = Self.sentence(of: reply)
        if reply.status == 400 { throw EngineFailure(.refusedPoints, sentence) }
        throw .refusal(reply, of: traits, sentence: sentence, doing: "write points")
    }

    func reading(
        of column: ColumnIdentity, type: FieldType, otherTags: [String], hasQuality: Bool, span: ReadingSpan, limit: Int
    ) -> any EngineReading {
        VictoriaReading(engine: self, column: column, type: type, otherTags: otherTags, hasQuality: hasQuality, span: span)
    }

    /// The answer to a request for data; its status is 200.
    func read(
        _ path: String, _ fields: [(name: String, value: String)], what: String, largestBytes: Int = 64 << 20
    ) throws(EngineFailure) -> [UInt8] {
        let reply: HTTPReply
        do {
            reply = try reading.exchange(.form(path, fields, largestReplyBytes: largestBytes))
        } catch {
            throw EngineFailure(error)
        }
        guard reply.status == 200 else { throw .refusal(reply, of: traits, sentence: Self.sentence(of: reply), doing: what) }
        return reply.body
    }

    var place: String { "\(traits.product) at \(reading.address)" }

    static func metric(_ column: ColumnIdentity) -> String { column.measurement + "_" + column.field }

    private static func sentence(of reply: HTTPReply) -> String {
        String(decoding: reply.body.prefix(2_048), as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
    }
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
