/// Reads a column by SELECT with a LIMIT, each piece from behind the last point of the one before.
struct InfluxReading: EngineReading {
    private let engine: InfluxEngine
    private let column: ColumnIdentity
    private let type: FieldType
    private let statement: String
    private let condition: String
    private let descending: Bool
    private var from: Int64
    private var through: Int64
    private var limit: Int
    private var isAtEnd = false

    /// Points of the largest piece.
    private static let largestLimit = 20_000

    init(
        engine: InfluxEngine, column: ColumnIdentity, type: FieldType, otherTags: [String], hasQuality: Bool, span: ReadingSpan, limit: Int
    ) {
        self.engine = engine
        self.column = column
        self.type = type
        let field = InfluxName.identifier(column.field)
        let quality = hasQuality ? ", \(InfluxName.identifier(QualityField.name(of: column.field)))" : ""
        statement = "SELECT \(field)\(quality) FROM \(InfluxName.identifier(column.measurement))"
        condition = InfluxName.condition(tags: column.tags, without: otherTags)
        descending = span.descending
        from = max(span.from, engine.traits.earliestTime)
        through = min(span.through, engine.traits.latestTime)
        self.limit = min(max(limit, 1), Self.largestLimit)
    }

    mutating func next() throws(EngineFailure) -> ReadingPiece? {
        guard !isAtEnd, from <= through else { return nil }
        let text = "\(statement) WHERE \(condition.isEmpty ? "" : condition + " AND ")time >= \(from) AND time <= \(through) "
            + "GROUP BY * ORDER BY time \(descending ? "DESC" : "ASC") LIMIT \(limit)"
        let reply: [UInt8]
        do throws(EngineFailure) {
            reply = try engine.query(text, database: column.database, what: "read points")
        } catch {
            // Nothing of the database has reached the engine yet.
            if error.kind == .noDatabase { return end(with: PointBlock()) }
            throw error
        }
        let rows = InfluxRows(tags: column.tags, type: type)
        do {
            let (points, count) = try rows.parse(reply)
            guard count >= limit, let last = points.times.last else { return end(with: points) }
            limit = Self.largestLimit
            return advance(to: last, with: points)
        } catch {
            if error.isMissingDatabase { return end(with: PointBlock()) }
            throw EngineFailure(.unexpected, "\(engine.place): \(error)")
        }
    }

    private mutating func end(with points: PointBlock) -> ReadingPiece {
        isAtEnd = true
        return ReadingPiece(from: from, through: through, points: points)
    }

    /// The points of one series are each of another time, so that none is left at `last`.
    private mutating func advance(to last: Int64, with points: PointBlock) -> ReadingPiece {
        defer { if descending { through = last - 1 } else { from = last + 1 } }
        return ReadingPiece(from: descending ? last : from, through: descending ? through : last, points: points)
    }
}

/// Takes the points out of the answer to a SELECT of a field and, perhaps, its quality.
struct InfluxRows {
    /// The tags of the series that is wanted; the points of others are passed over.
    let tags: [Tag]
    let type: FieldType

    /// The points, and how many rows the wanted series has.
    func parse(_ body: [UInt8]) throws(InfluxTable.Fault) -> (PointBlock, Int) {
        var points = PointBlock()
        var rows = 0
        var fault: String?
        do throws(JSONCursor.Malformed) {
            try JSONCursor.over(body) { cursor throws(JSONCursor.Malformed) in
                try cursor.object { key, cursor throws(JSONCursor.Malformed) in
                    switch key {
                    case "error": fault = try cursor.string()
                    case "results":
                        try cursor.array { cursor throws(JSONCursor.Malformed) in
                            try cursor.object { key, cursor throws(JSONCursor.Malformed) in
                                switch key {
                                case "error": fault = try cursor.string()
                                case "series":
                                    try cursor.array { cursor throws(JSONCursor.Malformed) in
                                        rows += try series(&cursor, &points)
                                    }
                                default: try cursor.skip()
                                }
                            }
                        }
                    default: try cursor.skip()
                    }
                }
            }
        } catch {
            throw InfluxTable.Fault(description: error.description)
        }
        if let fault { throw InfluxTable.Fault(description: fault) }
        return (points, rows)
    }

    private func series(_ cursor: inout JSONCursor, _ points: inout PointBlock) throws(JSONCursor.Malformed) -> Int {
        var isWanted = tags.isEmpty
        var rows = 0
        // The tags stand in front of the values.
        try cursor.object { key, cursor throws(JSONCursor.Malformed) in
            switch key {
            case "tags":
                var found: [Tag] = []
                try cursor.object { key, cursor throws(JSONCursor.Malformed) in
                    let value = try cursor.string()
                    if !value.isEmpty { found.append(Tag(key, value)) }
                }
                isWanted = found.sorted() == tags
            case "values" where isWanted:
                try cursor.array { cursor throws(JSONCursor.Malformed) in
                    rows += 1
                    try row(&cursor, &points)
                }
            default: try cursor.skip()
            }
        }
        return rows
    }

    private func row(_ cursor: inout JSONCursor, _ points: inout PointBlock) throws(JSONCursor.Malformed) {
        try cursor.expect("[")
        let time = try cursor.integer()
        try cursor.expect(",")
        guard !cursor.null() else {
            while !cursor.take("]") {
                try cursor.expect(",")
                try cursor.skip()
            }
            return
        }
        var text = ""
        var bits: UInt64 = 0
        switch type {
        case .float: bits = try cursor.double().bitPattern
        case .integer: bits = UInt64(bitPattern: try cursor.integer())
        case .boolean: bits = try cursor.boolean() ? 1 : 0
        case .text: text = try cursor.string()
        }
        var quality: QualityFlags = 0
        if cursor.take(","), !cursor.null() { quality = QualityFlags(truncatingIfNeeded: try cursor.integer()) }
        try cursor.expect("]")
        if type == .text { points.append(time: time, text: text, quality: quality) } else {
            points.append(time: time, bits: bits, quality: quality)
        }
    }
}
