import Synchronization
import Testing

@testable import Runtime

@Suite("Switching services on and off")
struct SwitchingTests {
    @Test("A disabled service ends, keeps its persistent session, and runs again when enabled")
    func disableAndEnable() async throws {
        let site = try ProbeSite(mode: "echo", manifest: "subscribe: [{topic: in/x, session: persistent}]")
        await site.supervisor.start()
        try await site.supervisor.disable("probe")
        #expect(site.state == .disabled)
        #expect(site.databus.cancels == [true])
        #expect(site.databus.deliver("lost", to: "probe") == nil)
        try await site.supervisor.enable("probe")
        #expect(site.state == .running)
        site.databus.deliver("again", to: "probe")
        try await eventually("it works again") { site.databus.payloads("out/echo") == ["again"] }
        #expect(try site.status.restarts == 1)
        await site.supervisor.shutdown()
    }

    @Test("What waits in the mailbox when a service is disabled is worked off first")
    func drains() async throws {
        let site = try ProbeSite(mode: "echo", manifest: "subscribe: [in/x]")
        await site.supervisor.start()
        let sink = try #require(site.databus.content.withLock { $0.sinks["probe"] })
        for number in 0..<500 { sink.deliver("in/x", "\(number)") }
        sink.deliveriesEnded()
        try await site.supervisor.disable("probe")
        #expect(site.databus.payloads("out/echo") == (0..<500).map(String.init))
        #expect(sink.deliver("in/x", "late") == .dropped)
        await site.supervisor.shutdown()
    }

    @Test("What was decided is remembered by the next host, and the manifest's own word counts only without")
    func remembered() async throws {
        let first = try ProbeSite(mode: "echo")
        await first.supervisor.start()
        try await first.supervisor.disable("probe")
        await first.supervisor.shutdown()

        let second = try ProbeSite(mode: "echo", folder: first.folder)
        await second.supervisor.start()
        #expect(second.state == .disabled)
        #expect(try !second.status.isEnabled)
        try await second.supervisor.enable("probe")
        #expect(second.state == .running)
        await second.supervisor.shutdown()

        let third = try ProbeSite(mode: "echo", manifest: "enabled: false", folder: first.folder)
        await third.supervisor.start()
        #expect(third.state == .running)
        await third.supervisor.shutdown()
    }

    @Test("A restart ends the instance and begins a new one")
    func restart() async throws {
        let site = try ProbeSite(mode: "echo")
        await site.supervisor.start()
        try await site.supervisor.restart("probe")
        #expect(site.state == .running)
        #expect(site.databus.payloads("out/life") == ["drain", "stop"])
        #expect(try site.status.restarts == 1)
        await site.supervisor.shutdown()
    }

    @Test("Orders given at the same time are carried out one after another")
    func concurrentOrders() async throws {
        let site = try ProbeSite(mode: "echo")
        await site.supervisor.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask { try await site.supervisor.restart("probe") }
            }
            try await group.waitForAll()
        }
        #expect(site.state == .running)
        #expect(try site.status.restarts == 5)
        #expect(site.databus.payloads("out/life").count == 10)
        await site.supervisor.shutdown()
    }

    @Test("An order for a service that is not there, or a restart of a disabled one, is refused with a sentence")
    func refusedOrders() async throws {
        let site = try ProbeSite(mode: "echo")
        await site.supervisor.start()
        await #expect(throws: SupervisorError.notFound("prob", among: ["probe"])) { try await site.supervisor.enable("prob") }
        #expect(SupervisorError.notFound("prob", among: ["probe"]).description == "there is no service 'prob' (did you mean 'probe'? expected probe; got 'prob')")
        try await site.supervisor.disable("probe")
        await #expect(throws: SupervisorError.self) { try await site.supervisor.restart("probe") }
        await site.supervisor.shutdown()
    }

    @Test("A services.json that is not JSON is refused rather than overwritten")
    func damagedMemory() throws {
        let folder = try TemporaryFolder()
        try folder.write("services.json", "{\"services\":")
        #expect(throws: SupervisorError.self) { try RememberedChoices(dataFolder: folder.path) }
    }
}
