/// Sends lines, and finds those that the engine refuses among those that it takes.
struct LineSender {
    let engine: any TimeSeriesEngine
    let batchPoints: Int
    /// Called with lines that the engine refuses, how many points they have, the database and the engine's sentence.
    let rejected: ([UInt8], Int, String, String) -> Void
    /// Writes to the engine that one batch may cost beyond the first, while it is searched for the lines that are refused.
    private static let mostSearches = 200

    /// Sends all lines, in writes of at most so many points.
    ///
    /// - Throws: what may be tried again; lines that are refused are passed to `rejected` instead.
    func send(_ batch: LineBatch) throws(EngineFailure) {
        var start = 0
        while start < batch.lineCount {
            var end = start + 1
            while end < batch.lineCount, batch.points(of: start..<end + 1) <= batchPoints { end += 1 }
            var searches = Self.mostSearches
            try send(batch, start..<end, &searches)
            start = end
        }
    }

    private func send(_ batch: LineBatch, _ lines: Range<Int>, _ searches: inout Int) throws(EngineFailure) {
        let bytes = batch.bytes(of: lines)
        do throws(EngineFailure) {
            try write(bytes, batch.database)
        } catch where !error.isRetryable {
            // A refused write may have been taken in part; what is sent twice replaces itself.
            guard lines.count > 1, searches > 0 else {
                return rejected(bytes, batch.points(of: lines), batch.database, error.description)
            }
            let middle = lines.lowerBound + lines.count / 2
            for half in [lines.lowerBound..<middle, middle..<lines.upperBound] {
                searches -= 1
                try send(batch, half, &searches)
            }
        }
    }

    private func write(_ bytes: [UInt8], _ database: String) throws(EngineFailure) {
        do throws(EngineFailure) {
            try engine.write(bytes, database: database)
        } catch where error.kind == .noDatabase {
            try engine.createDatabase(database)
            try engine.write(bytes, database: database)
        }
    }
}
