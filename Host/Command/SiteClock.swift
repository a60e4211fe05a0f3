internal import Databus
internal import FoundationEssentials
internal import Glibc
internal import Logging
internal import Runtime

/// The time of a site that does not go by the machine's: where it comes from, and how clients of the databus learn of it.
enum SiteClock {
    /// Retained: `{"time": RFC 3339, "at": RFC 3339, "speed": number}`. The site's time is `time` when the machine's is `at`, and then
    /// goes `speed` times as fast.
    static let topic = "$SYS/dsotp/clock"

    /// Speeds that make sense: an hour in a day, to a year in five minutes.
    static let speeds = 0.01...100_000

    /// The clock of `--speed` and `--begin`. Without a begin it goes on where the last run in the data folder ended: services would take what is stored
    /// for the future.
    ///
    /// - Throws: ``PlatformError`` with what is wrong of them, or if the site would go back to the machine's time.
    static func make(speed: Double?, begin: String?, memory: SiteClockMemory) throws(PlatformError) -> any ServiceClock {
        let reached = try begin == nil ? memory.reached() : nil
        if speed == nil, begin == nil {
            if let reached, reached > wallClockNanoseconds() {
                throw PlatformError(
                    "this data folder was run with --speed or --begin until \(text(reached)), which is ahead of the machine's time: "
                        + "say --speed 1 to go on from there, or name another folder by DSOTP_DATA (\(memory.path) keeps the time)")
            }
            return SystemServiceClock()
        }
        let speed = speed ?? 1
        guard speeds.contains(speed) else {
            throw PlatformError("--speed is \(speed): expected \(speeds.lowerBound) … 100000, how many times as fast as real time")
        }
        var start = reached ?? wallClockNanoseconds()
        if let begin {
            guard let time = moment(begin) else {
                throw PlatformError("--begin is '\(begin)': expected a day or a time in UTC, as 2026-06-01 or 2026-06-01T05:30:00Z")
            }
            start = time
        }
        return AcceleratedServiceClock(begin: start, speed: speed)
    }

    /// Leaves the clock on the databus for all who come.
    static func announce(_ clock: any ServiceClock, on broker: Broker, logger: Logger) {
        let time = text(clock.now()), machine = text(wallClockNanoseconds())
        var batch = PublicationBatch()
        do {
            try batch.append(topic: topic, payload: #"{"time":"\#(time)","at":"\#(machine)","speed":\#(clock.speed)}"#.utf8, retain: true)
        } catch {
            logger.warning("the site's clock is not published: \(error)")
        }
        _ = broker.publish(batch)
    }

    /// Nanoseconds since 1970 of a day or a time in UTC.
    static func moment(_ text: String) -> Int64? {
        // `GET /api/clock` tells fractions of a second.
        let text = text.replacing(/\.[0-9]+Z$/, with: "Z")
        let whole = text.count == 10 ? text + "T00:00:00Z" : text.count == 17 ? text.dropLast() + ":00Z" : text
        guard whole.count == 20, whole.last == "Z", let date = try? Date(whole, strategy: .iso8601) else { return nil }
        let seconds = date.timeIntervalSince1970
        // A day that its month does not have becomes another.
        return date.formatted(.iso8601) == whole && seconds >= 0 ? Int64(seconds) * 1_000_000_000 : nil
    }

    /// RFC 3339 in UTC, with nanoseconds.
    static func text(_ nanoseconds: Int64) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let fraction = String(1_000_000_000 + nanoseconds % 1_000_000_000).dropFirst()
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) + ".\(fraction)Z"
    }
}
