/// What a ``LineProtocolWriter`` takes and keeps.
public struct LineProtocolOptions: Sendable, Hashable {
    /// The longest measurement with its tags, and that with the name of a field and 4 bytes, in bytes as written. InfluxDB 1.x: 65535.
    public var maximumKeyBytes = 65_535
    /// The most tags of a line. InfluxDB 1.x has no limit.
    public var maximumTags = 256
    /// The most fields of a line. InfluxDB 1.x has no limit.
    public var maximumFields = 4_096
    /// The longest text value in bytes. InfluxDB 1.8: 1 MiB.
    public var maximumTextBytes = 1_048_576
    /// How many columns the writer remembers; when there are more it forgets them all and asks the store again.
    public var rememberedColumns = 262_144
    /// Whether `m,tag= v=1` is refused with "missing tag value", as the parser of InfluxDB 1.x does, instead of taken without
    /// that tag.
    public var refusesEmptyTagValues = false

    public init() {}
}
