import Testing

@testable import Command
@testable import Runtime

@Suite("The site's clock")
struct SiteClockTests {
    @Test("Days and times in UTC are read, others are not")
    func moments() {
        #expect(SiteClock.moment("2026-06-01") == 1_780_272_000_000_000_000)
        #expect(SiteClock.moment("2026-06-01T05:30:00Z") == 1_780_291_800_000_000_000)
        #expect(SiteClock.moment("2026-06-01T05:30Z") == 1_780_291_800_000_000_000)
        #expect(SiteClock.moment("2026-06-01T05:30:00.336Z") == 1_780_291_800_000_000_000)
        #expect(SiteClock.moment("2024-02-29") != nil)
        for text in ["", "2026-02-29", "2026-13-01", "2026-06-01T05:30:00", "2026-06-01T05:30:00+02:00", "yesterday", "1969-01-01"] {
            #expect(SiteClock.moment(text) == nil, "\(text)")
        }
    }

    @Test("Without a wish the site goes by the machine's time")
    func defaults() throws {
        let memory = SiteClockMemory(dataFolder: "/nonexistent")
        #expect(try SiteClock.make(speed: nil, begin: nil, memory: memory) is SystemServiceClock)
        let begun = try #require(SiteClock.make(speed: nil, begin: "2026-06-01", memory: memory) as? AcceleratedServiceClock)
        #expect(begun.speed == 1 && begun.begin == 1_780_272_000_000_000_000)
    }

    @Test("A speed that makes no sense is refused with a sentence", arguments: [0, -1, .nan, .infinity, 1e9])
    func senseless(speed: Double) {
        let memory = SiteClockMemory(dataFolder: "/nonexistent")
        #expect { try SiteClock.make(speed: speed, begin: nil, memory: memory) } throws: { "\($0)".hasPrefix("--speed is ") }
    }
}
