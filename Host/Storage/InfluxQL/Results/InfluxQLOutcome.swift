/// The answer to a query, ready to be written in one of InfluxDB's formats.
public struct InfluxQLOutcome: Sendable {
    /// The HTTP status that goes with it: 400 if the text was not InfluxQL (nothing has been executed), else 200, also when
    /// single statements failed.
    public var httpStatus: Int { queryError == nil ? 200 : 400 }

    /// Why the whole query was refused; the sentence of the answer's `error`.
    public let queryError: InfluxQLError?

    /// The error of each statement, `nil` for those that succeeded; statements after a failed one are "not executed".
    public var statementErrors: [InfluxQLError?] { results.map(\.error) }

    let results: [StatementResult]
    let epoch: EpochPrecision?

    init(results: [StatementResult], epoch: EpochPrecision?) {
        queryError = nil
        self.results = results
        self.epoch = epoch
    }

    init(refused error: InfluxQLError) {
        queryError = error
        results = []
        epoch = nil
    }

    /// `application/json`, UTF-8, with a line feed at the end.
    public func json(pretty: Bool = false) -> [UInt8] {
        guard let queryError else {
            let values = results.reduce(0) { $0 + $1.series.reduce(0) { $0 + $1.values.count + $1.rowCount } }
            var text = JSONText(pretty: pretty, capacity: 256 + values * 14)
            ResultEncoder(epoch: epoch).encode(results.enumerated().map { ResultPart($0, $1) }, into: &text)
            return text.bytes
        }
        return Self.json(error: queryError.description, pretty: pretty)
    }

    /// The body of an answer that is nothing but an error: `{"error":"…"}` and a line feed.
    public static func json(error sentence: String, pretty: Bool = false) -> [UInt8] {
        var text = JSONText(pretty: pretty)
        text.begin("{")
        text.key("error")
        text.string(sentence)
        text.end("}")
        text.lineFeed()
        return text.bytes
    }

    /// The answer as `chunked=true` sends it: one JSON text a chunk of at most `size` rows of one series, each with a line
    /// feed; `partial` marks those that more of the same follows. `write` returns `false` to stop.
    public func writeChunks(size: Int = 10_000, pretty: Bool = false, _ write: ([UInt8]) throws -> Bool) rethrows {
        guard queryError == nil else {
            _ = try write(json(pretty: pretty))
            return
        }
        for (identifier, result) in results.enumerated() {
            for part in ResultPart(identifier, result).chunks(of: max(1, size)) {
                var text = JSONText(pretty: pretty)
                ResultEncoder(epoch: epoch).encode([part], into: &text)
                guard try write(text.bytes) else { return }
            }
        }
    }

    /// `text/csv`: for each table a heading of `name,tags,` and the columns. Times are numbers.
    public func csv() -> [UInt8] {
        CSVEncoder(epoch: epoch ?? .nanoseconds).encode(self)
    }
}
