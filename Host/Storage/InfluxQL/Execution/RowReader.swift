/// Reads several fields of one series as rows: a row for each time at which any of them has a value. Works in batches, so
/// that neither a long range nor an early stop reads more than it needs.
struct RowReader {
    let context: QueryContext
    let columns: [SourceColumn?]
    let descending: Bool

    /// Rows of a batch: `value(row, column)`.
    struct Batch {
        let times: [Int64]
        let columns: [Part]
        /// For each column the index of the row's value, or -1.
        let indices: [[Int32]]

        func value(_ row: Int, _ column: Int) -> QueryValue {
            let index = indices[column][row]
            return index < 0 ? .null : columns[column].values.value(at: Int(index))
        }
    }

    struct Part {
        var times: [Int64] = []
        var values: ValueColumn
        var isComplete = true
    }

    /// Calls `body` with batches in order of time until it returns `false`; `expected` rows are asked for first.
    func read(_ range: TimeRange, expected: Int?, _ body: (Batch) throws(InfluxQLError) -> Bool) throws(InfluxQLError) {
        var rest = range
        var size = min(max(expected ?? 8192, 64), 8192)
        while !rest.isEmpty {
            var parts: [Part] = []
            for column in columns { parts.append(try readPart(column, rest, size)) }
            // Rows are certain up to where the shortest incomplete column ends.
            let ends = parts.filter { !$0.isComplete }.compactMap(\.times.last)
            let horizon = descending ? ends.max() : ends.min()
            if let batch = join(parts, horizon: horizon), try !body(batch) { return }
            guard let horizon else { return }
            if descending { rest.upper = horizon.saturatingAdd(-1) } else { rest.lower = horizon.saturatingAdd(1) }
            if horizon == (descending ? rest.upper : rest.lower) { return }
            size = 8192
        }
    }

    private func readPart(_ column: SourceColumn?, _ range: TimeRange, _ size: Int) throws(InfluxQLError) -> Part {
        guard let column else { return Part(values: .float([])) }
        var part = Part(values: .float([]))
        try context.scan(column, range, descending: descending) { run in
            if part.times.isEmpty { part.values = run.values.emptied }
            part.times.append(contentsOf: run.times)
            part.values.append(contentsOf: run.values, from: 0)
            if case .computed = column { return true }
            guard part.times.count >= size else { return true }
            part.isComplete = false
            return false
        }
        return part
    }

    private func join(_ parts: [Part], horizon: Int64?) -> Batch? {
        var times: [Int64] = []
        var indices = [[Int32]](repeating: [], count: parts.count)
        var heads = [Int](repeating: 0, count: parts.count)
        while true {
            var next: Int64?
            for (part, head) in zip(parts, heads) where head < part.times.count {
                let time = part.times[head]
                if let best = next { next = descending ? max(best, time) : min(best, time) } else { next = time }
            }
            guard let time = next else { break }
            if let horizon, descending ? time < horizon : time > horizon { break }
            times.append(time)
            for index in parts.indices {
                if heads[index] < parts[index].times.count, parts[index].times[heads[index]] == time {
                    indices[index].append(Int32(heads[index]))
                    heads[index] += 1
                } else {
                    indices[index].append(-1)
                }
            }
        }
        return times.isEmpty ? nil : Batch(times: times, columns: parts, indices: indices)
    }
}
