/// Reads a column by `/api/v1/export`, which gives raw points of a span of time: spans are fitted to the density of the points, since
/// the engine knows no limit of points.
struct VictoriaReading: EngineReading {
    private let engine: VictoriaMetricsEngine
    private let column: ColumnIdentity
    private let type: FieldType
    private let labels: [Tag]
    private let qualityLabels: [Tag]
    private let matches: [(name: String, value: String)]
    private let descending: Bool
    /// What is left to read, in milliseconds.
    private var first: Int64
    private var last: Int64
    /// Milliseconds of the next piece.
    private var width: Int64

    private static let hour: Int64 = 3_600_000
    private static let largestBytes = 16 << 20
    /// Points of a piece above which the next one is narrower, and below which it is wider.
    private static let aim = 10_000...100_000

    init(engine: VictoriaMetricsEngine, column: ColumnIdentity, type: FieldType, otherTags: [String], hasQuality: Bool, span: ReadingSpan) {
        self.engine = engine
        self.column = column
        self.type = type
        descending = span.descending
        labels = VictoriaSelector.labels(of: column, type: type, isQuality: false)
        qualityLabels = VictoriaSelector.labels(of: column, type: type, isQuality: true)
        matches = (hasQuality ? [false, true] : [false]).map {
            ("match[]", VictoriaSelector.text(column, type: type, otherTags: otherTags, isQuality: $0))
        }
        // The engine drops what is before 1970 or more than two days ahead of its clock, which may be ahead of this one.
        let latest = wallClockNanoseconds() / 1_000_000 + 3 * 24 * Self.hour
        first = max(0, span.from <= 0 ? 0 : (span.from - 1) / 1_000_000 + 1)
        last = min(latest, span.through < 0 ? -1 : span.through / 1_000_000)
        let isBounded = last - first < 10 * 365 * 24 * Self.hour
        width = isBounded ? min(max(last - first + 1, 1), 6 * Self.hour) : Self.hour
        // What ends beyond now is mostly empty there.
        if descending, last == latest { width += 3 * 24 * Self.hour }
    }

    mutating func next() throws(EngineFailure) -> ReadingPiece? {
        while first <= last {
            let (start, end) = descending ? (max(first, last - width + 1), last) : (first, min(last, first + width - 1))
            let points: PointBlock
            do throws(EngineFailure) {
                points = try read(start, end)
            } catch {
                guard error.kind == .tooLarge, width > 1_000 else { throw error }
                width = min(width, end - start + 1) / 8
                continue
            }
            if descending { last = start - 1 } else { first = end + 1 }
            if points.count > Self.aim.upperBound { width = max(1_000, width / 2) }
            if points.count < Self.aim.lowerBound { width *= points.count == 0 ? 8 : 2 }
            return ReadingPiece(from: start * 1_000_000, through: end * 1_000_000 + 999_999, points: points)
        }
        return nil
    }

    private func read(_ start: Int64, _ end: Int64) throws(EngineFailure) -> PointBlock {
        // The engine takes times as seconds with a fraction and cuts them by way of a float, so that an end may be a millisecond short.
        let fields = matches + [("start", Self.seconds(max(0, start - 1))), ("end", Self.seconds(end + 1))]
        let reply = try engine.read("/api/v1/export", fields, what: "read points", largestBytes: Self.largestBytes)
        var values = ExportedSeries(), qualities = ExportedSeries()
        do {
            try JSONCursor.over(reply) { cursor throws(JSONCursor.Malformed) in
                while !cursor.isAtEnd { try line(&cursor, &values, &qualities) }
            }
        } catch {
            throw EngineFailure(.unexpected, "\(engine.place): \(error)")
        }
        return values.points(type: type, qualities: qualities, from: start, through: end)
    }

    private func line(
        _ cursor: inout JSONCursor, _ values: inout ExportedSeries, _ qualities: inout ExportedSeries
    ) throws(JSONCursor.Malformed) {
        var found: [Tag] = []
        var line = ExportedSeries()
        try cursor.object { key, cursor throws(JSONCursor.Malformed) in
            switch key {
            case "metric":
                try cursor.object { key, cursor throws(JSONCursor.Malformed) in
                    let value = try cursor.string()
                    if !value.isEmpty { found.append(Tag(key, value)) }
                }
            case "values":
                try cursor.array { cursor throws(JSONCursor.Malformed) in line.values.append(cursor.null() ? .nan : try cursor.double()) }
            case "timestamps":
                try cursor.array { cursor throws(JSONCursor.Malformed) in line.times.append(try cursor.integer()) }
            default: try cursor.skip()
            }
        }
        guard line.times.count == line.values.count else { throw cursor.malformed }
        found.sort()
        if found == labels { values.append(line) } else if found == qualityLabels { qualities.append(line) }
    }

    /// Milliseconds as seconds with three decimals.
    private static func seconds(_ milliseconds: Int64) -> String {
        let fraction = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}

/// Values with their times in milliseconds, as exported.
struct ExportedSeries {
    var values: [Double] = []
    var times: [Int64] = []

    mutating func append(_ other: ExportedSeries) {
        values += other.values
        times += other.times
    }

    /// The points between two times, with the qualities of the same times.
    func points(type: FieldType, qualities: ExportedSeries, from: Int64, through: Int64) -> PointBlock {
        var flags: [Int64: QualityFlags] = [:]
        for (time, value) in zip(qualities.times, qualities.values) { flags[time] = QualityFlags(exactly: value) ?? 0 }
        var points = PointBlock()
        for (time, value) in zip(times, values) where !value.isNaN && from <= time && time <= through {
            let bits: UInt64 =
                switch type {
                case .integer: UInt64(bitPattern: Int64(exactly: value.rounded()) ?? 0)
                case .boolean: value == 0 ? 0 : 1
                default: value.bitPattern
                }
            points.append(time: time * 1_000_000, bits: bits, quality: flags[time] ?? 0)
        }
        return points
    }
}
