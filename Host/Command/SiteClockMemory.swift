internal import Glibc
internal import Runtime

/// How far a site's clock has gone in a data folder where it is not the machine's: a file with one time, so that a later run goes on behind it.
///
/// While the site runs the file is a little ahead of its clock: what a run finds that follows a kill -9 was not reached.
struct SiteClockMemory: Sendable {
    let path: String

    /// How often the file is written, and how far ahead (ns), both by the machine's time.
    private static let interval = Duration.seconds(1)
    private static let lead = 5_000_000_000.0

    init(dataFolder: String) { path = dataFolder + "/site-clock" }

    /// The time that the site has reached, nanoseconds since 1970; nil if it has gone by the machine's so far.
    ///
    /// - Throws: ``PlatformError`` if the file holds something else.
    func reached() throws(PlatformError) -> Int64? {
        guard let file = fopen(path, "re") else {
            guard errno != ENOENT else { return nil }
            throw PlatformError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = fread(&buffer, 1, buffer.count, file)
        let text = String(decoding: buffer[..<count].prefix { $0 > 0x20 }, as: UTF8.self)
        guard let time = SiteClock.moment(text) else {
            throw PlatformError("\(path) holds '\(text)', expected the time that the site's clock has reached: say --begin, or remove the file")
        }
        return time
    }

    /// Notes that a run begins, and warns of one that goes back.
    ///
    /// - Throws: ``PlatformError`` if the file cannot be written.
    func begin(_ clock: any ServiceClock, warn: (String) -> Void = { _ in }) throws(PlatformError) {
        guard clock is AcceleratedServiceClock else {
            unlink(path)
            return
        }
        if let reached = try? reached(), clock.now() < reached {
            warn(
                "the site's clock begins at \(SiteClock.text(clock.now())), and in this data folder it had reached \(SiteClock.text(reached)): what is stored of the time between lies ahead")
        }
        guard write(clock, ahead: true) else { throw PlatformError("\(path) cannot be written: \(String(cString: strerror(errno)))") }
    }

    /// Keeps the file ahead of the clock until the task is cancelled.
    func keep(_ clock: any ServiceClock) async {
        guard clock is AcceleratedServiceClock else { return }
        while (try? await Task.sleep(for: Self.interval)) != nil { write(clock, ahead: true) }
    }

    /// Notes where a run has ended.
    func end(_ clock: any ServiceClock) { if clock is AcceleratedServiceClock { write(clock, ahead: false) } }

    @discardableResult
    private func write(_ clock: any ServiceClock, ahead: Bool) -> Bool {
        let lead = ahead ? Int64(Self.lead * clock.speed) : 0
        // Whole seconds, rounded up.
        let time = (clock.now().addingReportingOverflow(lead + 999_999_999).partialValue / 1_000_000_000) * 1_000_000_000
        let fresh = path + ".new"
        guard let file = fopen(fresh, "we") else { return false }
        let isWritten = fputs(SiteClock.text(time) + "\n", file) >= 0
        guard fclose(file) == 0, isWritten, rename(fresh, path) == 0 else {
            unlink(fresh)
            return false
        }
        return true
    }
}
