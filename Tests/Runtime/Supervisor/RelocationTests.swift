import Testing

@testable import Runtime

@Suite("A service that was at work again and again when the host ended")
struct RelocationTests {
    /// A run of the host that ends without notice while the service is inside `on_messages`.
    private func end(_ folder: TemporaryFolder) throws {
        let ended = try FlightRecorder(path: folder.path + "/flight.bin", services: ["probe"])
        CallClock(flight: ended.slot(for: "probe")).enter(.onMessages)
    }

    /// The next run, started.
    private func run(_ folder: TemporaryFolder, manifest: String = "isolation: in-process\nsubscribe: [in/x]") async throws -> ProbeSite {
        let site = try ProbeSite(mode: "echo", manifest: manifest, folder: folder)
        await site.supervisor.start()
        #expect(site.state == .running)
        return site
    }

    /// A folder in whose past the host ended twice at the service's hands.
    private func moved() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for _ in 0..<2 {
            try end(folder)
            await (try await run(folder)).supervisor.shutdown()
        }
        return folder
    }

    @Test("The first time it is told, the second time it runs in a process of its own, and so it stays, with the reason")
    func twice() async throws {
        let folder = try TemporaryFolder()
        try end(folder)
        let first = try await run(folder)
        #expect(try first.status.isolation == .inProcess && first.status.isolationDetail.isEmpty && first.runnerPID == nil)
        await first.supervisor.shutdown()
        try end(folder)
        let second = try await run(folder)
        #expect(second.incidents.map(\.reason) == [.hostEnded, .hostEnded])
        #expect(try second.status.isolation == .process && second.runnerPID != nil)
        #expect(try second.status.isolationDetail.contains("the host ended 2 times within 1d while it was inside a callback, the last time on_messages"))
        second.databus.deliver("hello", to: "probe")
        try await eventually("it works there") { second.databus.payloads("out/echo") == ["hello"] }
        await second.supervisor.shutdown()
        let third = try await run(folder)
        #expect(try third.status.isolation == .process && third.status.isolationDetail == second.status.isolationDetail)
        await third.supervisor.shutdown()
    }

    @Test("A person who restarts it moves it back, and counting begins anew")
    func restart() async throws {
        let folder = try await moved()
        let site = try await run(folder)
        #expect(site.runnerPID != nil)
        try await site.supervisor.restart("probe")
        #expect(try site.status.isolation == .inProcess && site.status.isolationDetail.isEmpty && site.runnerPID == nil)
        await site.supervisor.shutdown()
        try end(folder)
        let next = try await run(folder)
        #expect(next.runnerPID == nil && next.incidents.count == 3)
        await next.supervisor.shutdown()
        try end(folder)
        let last = try await run(folder)
        #expect(last.runnerPID != nil)
        try await last.supervisor.disable("probe")
        try await last.supervisor.enable("probe")
        #expect(last.runnerPID == nil && last.state == .running)
        await last.supervisor.shutdown()
    }

    @Test("Another manifest is given its chance")
    func edited() async throws {
        let folder = try await moved()
        let site = try await run(folder, manifest: "isolation: in-process\nsubscribe: [in/x]\ndeadline: 4s")
        #expect(try site.status.isolation == .inProcess && site.runnerPID == nil)
        await site.supervisor.shutdown()
        let former = try await run(folder)
        #expect(former.runnerPID != nil)
        await former.supervisor.shutdown()
    }
}
