public import NIOCore

/// The store behind the InfluxDB v1 API; what the gateway needs of the storage.
public protocol TimeSeriesGateway: Sendable {
    /// Stores lines of line protocol; returns when they are durable.
    func write(_ request: TimeSeriesWrite) async -> TimeSeriesWriteOutcome
    /// Answers InfluxQL.
    func query(_ request: TimeSeriesQuery) async -> TimeSeriesAnswer
}

/// A `POST /write`, with the parameters of InfluxDB 1.x.
public struct TimeSeriesWrite: Sendable {
    /// Line protocol, already decompressed.
    public let lines: ByteBuffer
    /// `db`; never empty.
    public let database: String
    /// `rp`, if given.
    public let retentionPolicy: String?
    /// `precision`: n, ns, u, µ, ms, s, m or h as given; nil and empty mean nanoseconds.
    public let precision: String?
    /// Who writes.
    public let caller: Caller
}

/// What came of a write.
public enum TimeSeriesWriteOutcome: Sendable {
    /// All points are durable.
    case written
    /// Some or all were not: the status and the error text exactly as InfluxDB 1.x has them. Transient faults must be 5xx, since
    /// clients drop a batch on 4xx.
    case failed(status: Int, error: String)
}

/// A `/query`, with the parameters of InfluxDB 1.x.
public struct TimeSeriesQuery: Sendable {
    /// `q`: one or several statements.
    public let text: String
    /// `db`, if given.
    public let database: String?
    /// `rp`, if given.
    public let retentionPolicy: String?
    /// `epoch`: ns, u, µ, ms, s, m or h, if given; nil means RFC 3339 times.
    public let epoch: String?
    /// `params`: a JSON object of bind parameters, if given.
    public let parameters: String?
    /// `pretty=true`.
    public let isPretty: Bool
    /// `chunked=true`.
    public let isChunked: Bool
    /// `chunk_size`; nil means InfluxDB's 10 000.
    public let chunkSize: Int?
    /// `Accept: application/csv` or `text/csv`.
    public let acceptsCSV: Bool
    /// Whether the request was a GET: statements that change something then carry InfluxDB's warning.
    public let isGet: Bool
    /// Who asks. Statements that change something come only from operators and above.
    public let caller: Caller
}

/// An answer to a query.
public struct TimeSeriesAnswer: Sendable {
    /// The HTTP status: 200, or 400 when the text cannot be parsed.
    public let status: Int
    /// `application/json` or `text/csv`.
    public let contentType: String
    /// The body, as InfluxDB 1.x writes it.
    public let body: ByteBuffer

    /// An answer.
    public init(status: Int, contentType: String, body: ByteBuffer) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}
