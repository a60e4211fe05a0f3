/// An engine on the network, as the external store asks it: one implementation a product. Calls block and may be made from any thread but an
/// event loop's.
protocol TimeSeriesEngine: AnyObject, Sendable {
    /// What it keeps, and how.
    var traits: EngineTraits { get }

    /// Asks for the engine and for the user's rights.
    func probe() throws(EngineFailure)

    /// The databases that the engine knows.
    func databases() throws(EngineFailure) -> [String]

    func createDatabase(_ name: String) throws(EngineFailure)

    func dropDatabase(_ name: String) throws(EngineFailure)

    /// Writes lines of the line protocol, with times in the unit of `traits`.
    func write(_ lines: [UInt8], database: String) throws(EngineFailure)

    /// A reading of a column from one end of a span of time to the other.
    ///
    /// - Parameters:
    ///   - otherTags: keys of tags that other series of the measurement have and this one has not.
    ///   - limit: how many points the caller expects to need; fewer or more may come.
    func reading(
        of column: ColumnIdentity, type: FieldType, otherTags: [String], hasQuality: Bool, span: ReadingSpan, limit: Int
    ) -> any EngineReading

    /// The columns of a database that the engine holds and `known` does not contain.
    func discover(in database: String, except known: borrowing KnownColumns) throws(EngineFailure) -> [DiscoveredColumn]

    /// How many connections ended without being announced: the engine may have been restarted.
    var lostConnections: UInt64 { get }

    /// Ends all connections; calls that wait fail.
    func close()
}

/// What an engine keeps of points, and how.
struct EngineTraits: Sendable {
    /// The product, as sentences name it: `InfluxDB`.
    let product: String
    /// Where it is, for sentences.
    let address: String
    /// Nanoseconds of the engine's unit of time: 1, or 1,000,000.
    let nanosecondsPerTick: Int64
    /// Types of fields that it takes.
    let types: Set<FieldType>
    /// Whether the field's name and type are tags, and so each field has a line of its own.
    let tagsFields: Bool
    /// Tag keys that it needs for itself.
    let reservedTags: Set<String>
    let mostTags: Int
    /// The largest magnitude of an integer that it keeps exactly.
    let largestInteger: Int64
    let earliestTime: Int64
    let latestTime: Int64
    /// Nanoseconds beyond now from which on it drops points; `nil`: it takes any.
    let furthestAhead: Int64?
    /// Nanoseconds until what it has taken is on its disk and can be read.
    let settling: UInt64
}

/// A span of time to read, in one direction.
struct ReadingSpan: Sendable {
    let from: Int64
    let through: Int64
    let descending: Bool
}

/// Reads a column piece by piece, so that no more than a piece is in memory.
protocol EngineReading {
    /// The next piece in the direction of the reading; `nil` at its end.
    mutating func next() throws(EngineFailure) -> ReadingPiece?
}

/// All points that the engine has of a column between two times, both included.
struct ReadingPiece {
    let from: Int64
    let through: Int64
    /// In any order; of points of one time the last counts.
    let points: PointBlock
}

/// A column that the engine holds.
struct DiscoveredColumn: Hashable, Sendable {
    let identity: ColumnIdentity
    let type: FieldType
}

/// The columns of a database that the catalogue has.
struct KnownColumns {
    /// By measurement, the field's type and the series that have it; quality fields are among them.
    let fields: [String: [String: Set<[Tag]>]]

    func contains(_ measurement: String, _ field: String, _ tags: [Tag]) -> Bool { fields[measurement]?[field]?.contains(tags) ?? false }
}
