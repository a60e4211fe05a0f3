/// What the comparison of a shadow with the running one has found.
public struct ShadowReport: Sendable {
    /// Where something was sent.
    public struct Key: Hashable, Sendable {
        public enum Kind: String, Sendable { case topic, series }
        public let kind: Kind
        /// A topic, or `database.measurement,tag=value field`.
        public let name: String
    }

    public struct Counts: Hashable, Sendable {
        /// Both sent the same, within the tolerance.
        public var equal = 0
        /// Both sent something, and not the same.
        public var different = 0
        /// The running one alone sent it.
        public var missing = 0
        /// The shadow alone sent it.
        public var extra = 0
        /// Not compared, since too much waited for its match.
        public var notCompared = 0
    }

    /// One of the first differences, with the values.
    public struct Difference: Sendable {
        public let key: Key
        /// When it was found, nanoseconds since 1970-01-01T00:00:00Z.
        public let time: Int64
        /// What the running one sent, or `nil`.
        public let running: String?
        /// What the shadow sent, or `nil`.
        public let shadow: String?
    }

    /// Since when is compared, nanoseconds since 1970-01-01T00:00:00Z.
    public let since: Int64
    /// For each topic and series; `waiting` outputs may still find their match.
    public let outputs: [(key: Key, counts: Counts, waiting: Int)]
    public let differences: [Difference]

    /// All together.
    public var total: Counts {
        outputs.reduce(into: Counts()) { total, output in
            total.equal += output.counts.equal
            total.different += output.counts.different
            total.missing += output.counts.missing
            total.extra += output.counts.extra
            total.notCompared += output.counts.notCompared
        }
    }
}
