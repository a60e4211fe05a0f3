internal import PluginAPI

/// Collects the points of a batch and writes them in as few calls as there are types of values.
struct PointWriter {
    private var numbers = Points<Double>()
    private var truths = Points<Bool>()
    private var texts: [(column: Column<String>, time: Timestamp, text: String)] = []
    private var numberColumns: [String: Column<Double>] = [:]
    private var truthColumns: [String: Column<Bool>] = [:]
    private var textColumns: [String: Column<String>] = [:]
    private let host: Host

    init(host: Host) { self.host = host }

    /// A point that was computed and is not yet among those to be written.
    struct Pending {
        let output: Int
        let database: String
        let measurement: String
        let tags: [(key: String, value: String)]
        let field: String
        let value: Value
        let time: Timestamp
        let quality: Quality
    }

    /// Adds a point. What is not a number, such as NaN, is no point.
    mutating func append(_ point: Pending) throws(ServiceError) {
        let key = point.tags.reduce(into: "\(point.output)\u{1}\(point.field)") { $0 += "\u{1}\($1.value)" }
        switch point.value {
        case .number, .integer:
            guard let number = point.value.number, number.isFinite else { return }
            let column = try Self.column(point, key, among: &numberColumns, host)
            numbers.append(column, point.time, number, quality: point.quality)
        case .boolean(let truth):
            truths.append(try Self.column(point, key, among: &truthColumns, host), point.time, truth, quality: point.quality)
        case .text(let text): texts.append((try Self.column(point, key, among: &textColumns, host), point.time, text))
        default: return
        }
    }

    private static func column<Stored: PointValue>(
        _ point: Pending, _ key: String, among known: inout [String: Column<Stored>], _ host: Host
    ) throws(ServiceError) -> Column<Stored> {
        if let column = known[key] { return column }
        let column: Column<Stored> = try host.timeseries.column(
            database: point.database, measurement: point.measurement, tags: point.tags, field: point.field, of: Stored.self)
        known[key] = column
        return column
    }

    /// Writes and forgets all that was added, also if that fails: what fails comes again with its batch.
    mutating func flush() throws(ServiceError) {
        defer { removeAll() }
        try host.timeseries.write(numbers)
        try host.timeseries.write(truths)
        for (column, time, text) in texts { try host.timeseries.write(column: column, points: [(time, text)]) }
    }

    mutating func removeAll() {
        numbers.removeAll()
        truths.removeAll()
        texts.removeAll(keepingCapacity: true)
    }
}
