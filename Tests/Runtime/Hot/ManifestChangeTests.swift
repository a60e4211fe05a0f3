import Foundation
import Synchronization
import Testing

@testable import Runtime

@Suite("Editing manifests while the host runs")
struct ManifestChangeTests {
    @Test("Another configuration is taken by a new instance with the state of the old one", arguments: ["in-process", "process"])
    func config(isolation: String) async throws {
        let site = try await HotSite.start(isolation: isolation)
        try await site.count(is: "1:1")
        try site.folder.write("services/counter.yaml", HotSite.text("subscribe: [{topic: in/x}]\nconfig: {step: 10}", isolation: isolation))
        try await eventually("a new instance runs") { site.status()?.restarts == 1 && site.status()?.state == .running }
        try await site.count(is: "1:11")
        await site.stop()
    }

    @Test("Words about a service are taken over without touching it")
    func words() async throws {
        let site = try await HotSite.start()
        try await site.count(is: "1:1")
        try site.folder.write("services/counter.yaml", HotSite.text(HotSite.usual + "\ndescription: Counts\nlabels: {team: grid}"))
        try await eventually("they are shown") { site.status()?.description == "Counts" && site.status()?.labels.first?.value == "grid" }
        #expect(site.status()?.restarts == 0)
        try await site.count(is: "1:2")
        await site.stop()
    }

    @Test("A manifest with an error is refused with its line while the old one runs, and so is one that the service refuses")
    func refused() async throws {
        let site = try await HotSite.start()
        try site.folder.write("services/counter.yaml", HotSite.text("subscribe: [{topic: in/x}]\ncolour: blue"))
        try await eventually("it is refused") { site.refusal.contains("services/counter.yaml:6: unknown key 'colour'") }
        try await site.count(is: "1:1")
        try site.folder.write("services/counter.yaml", HotSite.text("subscribe: [{topic: in/x}]\nconfig: {step: -1}"))
        try await eventually("it is refused again") { site.refusal.contains("configure failed: 'step' must be a whole number above 0") }
        try await site.count(is: "1:2")
        try site.folder.write("services/counter.yaml", HotSite.text())
        try await eventually("the old text is in order") { site.refusal.isEmpty }
        #expect(site.status()?.restarts == 0)
        await site.stop()
    }

    @Test("Other subscriptions and another mailbox take over what waited, each message under its new number")
    func subscriptions() async throws {
        let site = try await HotSite.start("subscribe: [{topic: in/x}]\nconfig: {step: 1}\ndrain: 0ms")
        let sink = try #require(site.databus.content.withLock { $0.sinks["counter"] })
        try site.folder.write(
            "services/counter.yaml", HotSite.text("subscribe: [{topic: other/y}, {topic: in/#, qos: 1}]\nqueue: {messages: 100}\nconfig: {step: 1}"))
        var sent = 0
        try await eventually("the subscriptions change") {
            if site.databus.content.withLock({ $0.changes.isEmpty }) {
                sink.deliver("in/x", "\(sent)")
                sink.deliveriesEnded()
                sent += 1
            }
            return site.databus.content.withLock { $0.changes } == [["other/y", "in/#"]]
        }
        try await eventually("all arrive") { site.counts.count >= sent }
        let seen = site.databus.payloads("out/seen")
        #expect(seen.map { $0.split(separator: " ")[1] } == (0..<sent).map { "\($0)" })
        #expect(site.status()?.queue.capacityMessages == 100)
        await site.stop()
    }

    @Test("A new manifest begins a service, a removed one ends it, and a renamed file is no change")
    func comeAndGo() async throws {
        let site = try await HotSite.start()
        try site.folder.write("services/second.yaml", HotSite.text(name: "second"))
        try await eventually("the second runs") { site.status("second")?.state == .running }
        #expect(site.supervisor.list().map(\.service) == ["counter", "second"])
        let (old, new) = (site.folder.path + "/services/second.yaml", site.folder.path + "/services/renamed.yaml")
        try FileManager.default.moveItem(atPath: old, toPath: new)
        try await eventually("its place is known") { site.status("second")?.manifest.file == new }
        #expect(site.status("second")?.restarts == 0)
        try await site.supervisor.disable("second")
        try FileManager.default.removeItem(atPath: new)
        try await eventually("it is gone") { site.status("second") == nil }
        #expect(site.databus.content.withLock { $0.forgotten } == ["second", "second"], "switched off, and gone")
        try site.folder.write("services/second.yaml", HotSite.text(name: "second"))
        try await eventually("it is back, still switched off") { site.status("second")?.state == .disabled }
        await site.stop()
    }

    @Test("Orders that come while a service is removed do not bring it back", arguments: ["restart", "enable"])
    func ordersAtRemoval(order: String) async throws {
        let site = try await HotSite.start()
        let service = try site.supervisor.find("counter")
        let gate = OneShot<Bool>()
        site.databus.content.withLock { $0.gate = gate }
        async let removed: Void = site.supervisor.remove(service)
        try await eventually("it is being removed") { service.isRemoved }
        let ordered = Task { order == "restart" ? try await site.supervisor.restart("counter") : try await site.supervisor.enable("counter") }
        // Turns of the supervisor, in which the order takes its place in the queue.
        for _ in 0..<100 { try await eventually("it goes on") { await !site.supervisor.isShutDown } }
        gate.settle(true)
        await removed
        let outcome = await ordered.result
        #expect(throws: SupervisorError.self) { try outcome.get() }
        #expect(site.supervisor.list().isEmpty && service.worker == nil && service.board.current.state == .stopped)
        await site.stop()
    }

    @Test("A service under another name is another service")
    func renamed() async throws {
        let site = try await HotSite.start()
        try site.folder.write("services/counter.yaml", HotSite.text(name: "meter"))
        try await eventually("the new name runs and the old one is gone") {
            site.status("meter")?.state == .running && site.status("counter") == nil
        }
        await site.stop()
    }

    @Test("Two files that claim one service: the one that has it stays, the other is told")
    func duplicate() async throws {
        let site = try await HotSite.start()
        try site.folder.write("services/a.yaml", HotSite.text("description: usurper"))
        try await eventually("it is told") { await site.reload.overview().files.contains { $0.problems.contains("the service name 'counter' is taken") } }
        #expect(site.status()?.manifest.file.hasSuffix("counter.yaml") == true && site.status()?.restarts == 0)
        await site.stop()
    }

    @Test("A manifest's own switch counts unless a person decided")
    func switched() async throws {
        let site = try await HotSite.start()
        try site.folder.write("services/counter.yaml", HotSite.text(HotSite.usual + "\nenabled: false"))
        try await eventually("it is off") { site.status()?.state == .disabled && site.status()?.isEnabled == false }
        try site.folder.write("services/counter.yaml", HotSite.text())
        try await eventually("it is on") { site.status()?.state == .running }
        try await site.supervisor.disable("counter")
        try site.folder.write("services/counter.yaml", HotSite.text(HotSite.usual + "\ndescription: later"))
        try await eventually("the words are taken") { site.status()?.description == "later" }
        #expect(site.status()?.state == .disabled)
        await site.stop()
    }

    @Test("A service that waits for its library begins when it comes")
    func libraryComes() async throws {
        let site = try await HotSite.start()
        try site.folder.write("services/late.yaml", "service: late\nlibrary: late\npublish: [\"out/#\"]\n")
        try await eventually("it waits") { site.status("late")?.state == .refused }
        try await CounterLibrary.build().write(to: URL(fileURLWithPath: site.folder.path + "/plugins/liblate.so"))
        try await eventually("it runs") { site.status("late")?.state == .running }
        await site.stop()
    }

    @Test("Changed keys of site.yaml are named, since they wait for a restart")
    func site() async throws {
        let site = try await HotSite.start()
        // The first look has to be over, which shows in what follows it.
        try site.folder.write("services/second.yaml", HotSite.text(name: "second"))
        try await eventually("it looks") { site.status("second")?.state == .running }
        try site.folder.write("site.yaml", "site: other\nplugins: {folders: [plugins]}\nlog: {level: debug}\n")
        try await eventually("they are named") { await site.reload.overview().siteChanges == ["log.level", "site"] }
        await site.stop()
    }
}

/// Waits for something that becomes true by itself, and fails if it does not within ten seconds.
func eventually(
    _ what: Comment, _ location: SourceLocation = #_sourceLocation, _ condition: () async -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while !(await condition()) {
        guard ContinuousClock.now < deadline else {
            Issue.record(what, sourceLocation: location)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
