public import PluginAPI

/// A stored point of numbers.
public struct StoredPoint: Hashable, Sendable {
    /// When it was measured.
    public let time: Timestamp
    /// Also of integers and booleans.
    public let value: Double
    /// Good unless the service said otherwise.
    public let quality: Quality

    /// A point to compare with.
    public init(_ time: Timestamp, _ value: Double, quality: Quality = .good) {
        self.time = time
        self.value = value
        self.quality = quality
    }
}

extension ServiceHarness {
    /// The virtual time.
    public var now: Timestamp { memory.withState { $0.now } }
    /// All that the service published, oldest first.
    public var published: [Publication] { memory.withState { $0.published } }
    /// All lines that it logged.
    public var log: [LogLine] { memory.withState { $0.log } }
    /// What it did against the ABI's rules.
    public var violations: [String] { memory.withState { $0.violations } }
    /// How many columns it resolved, those of dropped databases among them.
    public var columnCount: Int { memory.withState { $0.columns.count } }
    /// How many points its columns hold.
    public var pointCount: Int { memory.withState { $0.columns.reduce(0) { $0 + ($1.isDropped ? 0 : $1.times.count) } } }

    /// The last message published to a topic.
    public func last(on topic: String) -> Publication? { published.last { $0.topic == topic } }

    /// Forgets what was published so far.
    @discardableResult public func forgetPublished() -> ServiceHarness {
        memory.withState { $0.published = [] }
        return self
    }

    /// The points of the column with exactly these tags, by time: floats as they are, integers and booleans as numbers. Empty if
    /// there is no such column.
    public func points(
        _ field: String, of measurement: String, in database: String = "dsotp", tags: [String: String] = [:]
    ) -> [StoredPoint] {
        memory.withState { state in
            let identity = ColumnIdentity(database: database, measurement: measurement, tags: tags, field: field)
            guard let index = state.columnsByName[identity] else { return [] }
            let column = state.columns[index]
            return column.times.indices.map { place in
                let value =
                    switch column.type {
                    case .float: column.floats[place]
                    case .integer: Double(column.integers[place])
                    case .boolean: column.booleans[place] ? 1.0 : 0.0
                    case .text: Double.nan
                    }
                return StoredPoint(column.times[place], value, quality: column.qualities[place])
            }
        }
    }

    /// The texts of a column, by time.
    public func texts(_ field: String, of measurement: String, in database: String = "dsotp", tags: [String: String] = [:])
        -> [String]
    {
        memory.withState { state in
            let identity = ColumnIdentity(database: database, measurement: measurement, tags: tags, field: field)
            guard let index = state.columnsByName[identity] else { return [] }
            return state.columns[index].texts.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The value of a counter or gauge, the sum of a histogram; nil if it was not declared.
    public func metric(_ name: String, labels: [String: String] = [:]) -> Double? {
        memory.withState { state in
            state.metricsByName[MetricIdentity(name: name, labels: labels)].map { state.metrics[$0].value }
        }
    }

    /// The stored value of a key.
    public func keyValue(_ key: String) -> [UInt8]? { memory.withState { $0.keyValues[Array(key.utf8)] } }

    /// Methods and paths of the service's routes.
    public var routes: [String] {
        memory.withState { $0.routes.map { $0.method + " " + $0.path.joined(separator: "/") } }
    }

    /// Drops a database and makes it anew: its points are gone, and handles into it are refused with ``Status/notFound``.
    @discardableResult public func renew(database: String) -> ServiceHarness {
        memory.withState { state in
            for (identity, index) in state.columnsByName where identity.database == database {
                state.columns[index].isDropped = true
                state.columnsByName[identity] = nil
            }
        }
        return self
    }

    /// Lets every function of an extension fail from now on; nil ends that.
    @discardableResult public func fail(_ extension: HostExtension, with error: ServiceError?) -> ServiceHarness {
        memory.withState { $0.failures[`extension`] = error }
        return self
    }

    /// Lets the store refuse every write that has a point after an instant, as engines do that take none of far ahead; nil ends that.
    @discardableResult public func refusePoints(after latest: Timestamp?) -> ServiceHarness {
        memory.withState { $0.latestPoint = latest }
        return self
    }
}
