import Foundation
import Testing

@testable import Command
@testable import Runtime

@Suite("The time that a site's clock has reached")
struct SiteClockMemoryTests {
    /// Calls `body` with a data folder of its own.
    private func inFolder(_ body: (String, SiteClockMemory) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "site-clock-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder, SiteClockMemory(dataFolder: folder))
    }

    @Test("A sped-up site that is started again without a begin goes on where it ended, and after kill -9 a little ahead", arguments: [true, false])
    func goesOn(endsInOrder: Bool) throws {
        try inFolder { _, memory in
            let first = try #require(SiteClock.make(speed: 1_000, begin: "2031-06-01", memory: memory) as? AcceleratedServiceClock)
            try memory.begin(first)
            if endsInOrder { memory.end(first) }
            let ended = first.now()
            let second = try #require(SiteClock.make(speed: 1_000, begin: nil, memory: memory) as? AcceleratedServiceClock)
            // The end is noted before it is read here: a while of the machine's time lies between.
            let behind = ended - second.begin
            #expect(endsInOrder ? behind < 60_000 * 1_000_000_000 : behind < 0 && behind >= -5_001 * 1_000_000_000)
            #expect(second.begin >= first.begin)
            let other = try #require(SiteClock.make(speed: 10, begin: "2031-01-01", memory: memory) as? AcceleratedServiceClock)
            var warnings: [String] = []
            try memory.begin(other) { warnings.append($0) }
            #expect(other.begin < first.begin && warnings.count == 1 && warnings.first?.hasPrefix("the site's clock begins at 2031-01-01T") == true, "\(warnings)")
        }
    }

    @Test("A site whose clock is ahead of the machine's is not started by real time; one that is behind is, and forgets")
    func realTime() throws {
        try inFolder { folder, memory in
            try memory.begin(SiteClock.make(speed: 1, begin: "2131-06-01", memory: memory))
            #expect { try SiteClock.make(speed: nil, begin: nil, memory: memory) } throws: { error in
                "\(error)".hasPrefix("this data folder was run with --speed or --begin until 2131-06-01T00:00:0") && "\(error)".contains("\(folder)/site-clock")
            }
            try memory.begin(SiteClock.make(speed: 1, begin: "2001-06-01", memory: memory))
            let clock = try SiteClock.make(speed: nil, begin: nil, memory: memory)
            #expect(clock is SystemServiceClock)
            try memory.begin(clock)
            #expect(try memory.reached() == nil)
        }
    }

    @Test("A file that holds no time is refused, unless the begin is said")
    func damaged() throws {
        try inFolder { _, memory in
            try Data("yesterday".utf8).write(to: URL(filePath: memory.path))
            #expect { try SiteClock.make(speed: 2, begin: nil, memory: memory) } throws: { "\($0)".hasPrefix("\(memory.path) holds 'yesterday', expected the time") }
            #expect(try SiteClock.make(speed: 2, begin: "2026-06-01", memory: memory).speed == 2)
        }
    }
}
