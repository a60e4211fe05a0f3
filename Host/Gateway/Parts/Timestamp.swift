import FoundationEssentials

/// A moment, as milliseconds since 1970 UTC; ISO 8601 in JSON.
public struct Timestamp: Encodable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// A moment from milliseconds since 1970.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// This moment.
    public static func now() -> Timestamp { Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000)) }

    /// A moment so many seconds later.
    public func adding(seconds: Int) -> Timestamp { Timestamp(milliseconds: milliseconds + Int64(seconds) * 1000) }

    /// A moment from nanoseconds since 1970.
    init(nanoseconds: Int64) { self.init(milliseconds: nanoseconds / 1_000_000) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let whole = Date(timeIntervalSince1970: Double(rest < 0 ? seconds - 1 : seconds)).formatted(Date.ISO8601FormatStyle())
        // The style's own fraction would round in binary.
        let fraction = String(1000 + (rest < 0 ? rest + 1000 : rest)).dropFirst()
        try container.encode("\(whole.dropLast()).\(fraction)Z")
    }
}

/// The time that a site goes by, which in a rehearsal is not the machine's.
public struct SiteTime: Encodable, Sendable {
    /// The time now.
    public let time: Timestamp
    /// How much of it passes while one second passes on the machine.
    public let speed: Double

    /// - Parameter nanoseconds: since 1970-01-01T00:00:00Z.
    public init(nanoseconds: Int64, speed: Double) {
        time = Timestamp(nanoseconds: nanoseconds)
        self.speed = speed
    }

    /// The machine's own.
    public static func machine() -> SiteTime { SiteTime(time: .now(), speed: 1) }

    private init(time: Timestamp, speed: Double) {
        self.time = time
        self.speed = speed
    }
}
