/// A series that SELECT reads: stored, or the result of a subquery.
struct SourceSeries: Sendable {
    var measurement: String
    /// Sorted by key.
    var tags: [Tag]
    var fields: [String: SourceColumn] = [:]

    /// The value of a tag; `nil` if the series does not have it.
    func tag(_ key: String) -> String? { tags.first { $0.key == key }?.value }
}

/// Where the points of a field come from.
enum SourceColumn: Sendable {
    case stored(ColumnHandle, FieldType)
    case computed(ComputedColumn)

    var type: FieldType {
        switch self {
        case .stored(_, let type): type
        case .computed(let column): column.values.type
        }
    }
}

/// A column of the result of a subquery, without its empty rows.
struct ComputedColumn: Sendable {
    /// Ascending; equal times may follow each other.
    var times: [Int64]
    var values: ValueColumn

    /// The columns that `values` make; `nil` if all are empty. A column takes the type of its first value.
    init?(times: [Int64], values: [QueryValue]) {
        let filled = zip(times, values).filter { !$0.1.isNull }
        guard let first = filled.first?.1 else { return nil }
        self.times = filled.map(\.0)
        switch first {
        case .float, .null: self.values = .float(filled.map { $0.1.number ?? 0 })
        case .integer:
            if filled.contains(where: { if case .float = $0.1 { true } else { false } }) {
                self.values = .float(filled.map { $0.1.number ?? 0 })
            } else {
                self.values = .integer(filled.map { if case .integer(let value) = $0.1 { value } else { 0 } })
            }
        case .boolean: self.values = .boolean(filled.map { $0.1.isTrue })
        case .text, .time: self.values = .text(filled.map { if case .text(let value) = $0.1 { value } else { "" } })
        }
    }

    func scan(_ range: TimeRange, descending: Bool, _ body: (borrowing PointRun) -> Bool) {
        let indices = times.indices.filter { times[$0] >= range.lower && times[$0] <= range.upper }
        let order = descending ? indices.reversed() : indices
        guard !order.isEmpty else { return }
        _ = body(PointRun(times: order.map { times[$0] }, values: values.picking(order), qualities: []))
    }
}

extension ValueColumn {
    /// The values at these indices.
    func picking(_ indices: [Int]) -> ValueColumn {
        switch self {
        case .float(let values): .float(indices.map { values[$0] })
        case .integer(let values): .integer(indices.map { values[$0] })
        case .boolean(let values): .boolean(indices.map { values[$0] })
        case .text(let values): .text(indices.map { values[$0] })
        }
    }

    /// No values, of the same type.
    var emptied: ValueColumn {
        switch self {
        case .float: .float([])
        case .integer: .integer([])
        case .boolean: .boolean([])
        case .text: .text([])
        }
    }

    mutating func append(contentsOf other: ValueColumn, from start: Int) {
        switch (self, other) {
        case (.float(var own), .float(let values)):
            self = .float([])
            own.append(contentsOf: values[start...])
            self = .float(own)
        case (.integer(var own), .integer(let values)):
            self = .integer([])
            own.append(contentsOf: values[start...])
            self = .integer(own)
        case (.boolean(var own), .boolean(let values)):
            self = .boolean([])
            own.append(contentsOf: values[start...])
            self = .boolean(own)
        case (.text(var own), .text(let values)):
            self = .text([])
            own.append(contentsOf: values[start...])
            self = .text(own)
        default: break
        }
    }
}
