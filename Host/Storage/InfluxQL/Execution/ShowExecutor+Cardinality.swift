extension ShowExecutor {
    /// `SHOW … CARDINALITY`. Estimates are exact here; they differ from EXACT in the form of the answer only.
    func count(_ cardinality: ShowKind.Cardinality, exact: Bool) throws(InfluxQLError) -> [ResultSeries] {
        if let condition = clauses.condition, condition.mentionsTime {
            throw .statement("\(kind.name) doesn't support time in WHERE clause")
        }
        let found = try found()
        let isPlain = clauses.sources.isEmpty && clauses.condition == nil && clauses.dimensions.isEmpty
            && clauses.limit == 0 && clauses.offset == 0
        switch cardinality {
        case .series where !exact && isPlain:
            return [total("cardinality estimation", found.reduce(0) { $0 + $1.series.count })]
        case .measurement where !exact && isPlain: return [total("cardinality estimation", found.count)]
        case .measurement: return found.isEmpty ? [] : [total("count", found.count)]
        case .series: return table(found) { $0.count }
        case .tagKey: return table(found) { SourceSchema($0).tags.count }
        case .tagValues: return table(found) { pairs($0).count }
        case .fieldKey: return table(found) { SourceSchema($0).fields.count }
        }
    }

    private func total(_ column: String, _ count: Int) -> ResultSeries {
        ResultSeries(name: nil, columns: [column], rows: [[.integer(Int64(count))]])
    }

    private func table(
        _ found: [(name: String, series: [SourceSeries])], _ count: ([SourceSeries]) -> Int
    ) -> [ResultSeries] {
        found.compactMap { name, series in
            let rows = limited([[QueryValue.integer(Int64(count(series)))]])
            guard count(series) > 0, !rows.isEmpty else { return nil }
            return ResultSeries(name: name, columns: ["count"], rows: rows)
        }
    }
}
