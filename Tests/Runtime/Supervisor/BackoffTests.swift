import Testing

@testable import Runtime

@Suite("Back-off")
struct BackoffTests {
    @Test("The manifest's own first wait holds, and failures outside of the window do not count")
    func policy() throws {
        let folder = try TemporaryFolder()
        try folder.write("site.yaml", "site: test\n")
        try folder.write("services/a.yaml", "service: a\nlibrary: x\nrestart: {attempts: 2, window: 1s, backoff: 8s}\n")
        let manifest = try #require(try SiteFolder.load(folder.path).services.first)
        #expect(manifest.restart == RestartPolicy(attempts: 2, window: .seconds(1), backoff: .seconds(8)))
        let log = ServiceLog(service: "a", logger: ProbeSite.logger)
        let aftercare = Aftercare(
            manifest: manifest, incidents: IncidentLog(dataFolder: folder.path, service: "a"), log: log, clock: SystemServiceClock(),
            firstBackoff: .seconds(1), longestBackoff: .seconds(60))
        for (count, longest) in [(1, 8.0), (2, 16)] {
            guard case .restart(let delay, let sentence) = aftercare.failed("it broke") else {
                Issue.record("it should be tried again")
                return
            }
            #expect(Double(delay.nanoseconds) <= longest * 1e9 && Double(delay.nanoseconds) >= longest * 0.5e9)
            #expect(sentence.hasPrefix("it broke; restart \(count) of 2 in "))
        }
        guard case .rest(let sentence) = aftercare.failed("it broke") else {
            Issue.record("it should rest")
            return
        }
        #expect(sentence == "it broke; that was too often (expected at most 2 times within 1s): it rests until a person restarts it")
        aftercare.forgive()
        guard case .restart = aftercare.failed("it broke") else {
            Issue.record("a person has acted")
            return
        }
    }
}
