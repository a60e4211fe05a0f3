import Foundation
import Testing

@testable import Runtime

@Suite("Going back, and running in the shadow")
struct RevisionTests {
    @Test("A roll-back goes to the build before with the state, and the file that was put aside waits for a change", arguments: ["in-process", "process"])
    func rollBack(isolation: String) async throws {
        let site = try await HotSite.start(isolation: isolation)
        await #expect(throws: SupervisorError.self) { try await site.supervisor.rollBack("counter") }
        try await site.count(is: "1:1")
        try site.install(try await CounterLibrary.build("VERSION=2"))
        try await eventually("the new build runs") { site.version == "2.0.0" }
        try await site.count(is: "2:2")
        let status = try await site.supervisor.rollBack("counter")
        #expect(status.module?.version == "1.0.0" && status.state == .running && status.revision.isRolledBack)
        try await site.count(is: "1:3")
        // A look at the folder finds nothing to do; one at another service shows that it has looked.
        try site.folder.write("services/second.yaml", HotSite.text(name: "second"))
        try await eventually("the folder is looked at") { site.status("second")?.state == .running }
        #expect(site.version == "1.0.0")
        try await site.supervisor.restart("counter")
        #expect(site.version == "1.0.0")
        await site.stop()

        let again = try await HotSite.start(folder: site.folder)
        #expect(again.version == "1.0.0" && again.status()?.revision.isRolledBack == true)
        try again.install(try await CounterLibrary.build("VERSION=3"))
        try await eventually("a change is taken") { again.version == "3.0.0" && again.status()?.revision.isRolledBack == false }
        try await again.supervisor.rollBack("counter")
        #expect(again.version == "1.0.0")
        try await again.supervisor.rollBack("counter")
        #expect(again.version == "3.0.0", "a second roll-back goes forward again")
        await again.stop()
    }

    @Test("A build whose state the old one can't read goes back to what that had saved")
    func olderState() async throws {
        let site = try await HotSite.start()
        try await site.count(is: "1:1")
        try site.install(try await CounterLibrary.build("VERSION=2", "STATE=2", "OLDEST=1"))
        try await eventually("the new build runs") { site.version == "2.0.0" }
        try await site.count(is: "2:2")
        try await site.supervisor.rollBack("counter")
        try await site.count(is: "1:2")
        await site.stop()
    }

    @Test("A shadow gets the messages, is not heard, and takes over with the state when it is promoted", arguments: ["in-process", "process"])
    func shadow(isolation: String) async throws {
        let manifest = HotSite.usual + "\nupgrade: {mode: shadow, tolerance: 0.01, ignore: [at]}"
        let site = try await HotSite.start(manifest, isolation: isolation)
        try await site.count("100", is: "1:1")
        try site.install(try await CounterLibrary.build("VERSION=2", "FACTOR=2"))
        try await eventually("it runs in the shadow") { site.status()?.revision.hasShadow == true }
        #expect(site.version == "1.0.0" && site.status()?.state == .running)
        site.databus.deliver("7", to: "counter")
        site.databus.deliver("7", to: "counter~shadow")
        site.databus.deliver("0", to: "counter")
        site.databus.deliver("0", to: "counter~shadow")
        try await eventually("both are compared") { (try? site.supervisor.shadow("counter").processed) == 2 && site.counts.count == 3 }
        try await eventually("equal ones are counted") {
            guard let report = try? site.supervisor.shadow("counter").report else { return false }
            let value = report.outputs.first { $0.key.name == "out/value" }
            let seen = report.outputs.first { $0.key.name == "out/seen" }
            return value?.counts.equal == 1 && value?.waiting == 2 && seen?.counts.equal == 2
        }
        #expect(site.counts.allSatisfy { $0.hasPrefix("1:") }, "the shadow is not heard")
        try await site.supervisor.promote("counter")
        #expect(site.version == "2.0.0" && site.status()?.revision.hasShadow == false)
        try await site.count(is: "2:4")
        try await site.supervisor.rollBack("counter")
        #expect(site.version == "1.0.0")
        await site.stop()
    }

    @Test("A shadow that is discarded is gone, and its file waits for a change, over a restart of the host too")
    func discarded() async throws {
        let manifest = HotSite.usual + "\nupgrade: {mode: shadow}"
        let site = try await HotSite.start(manifest)
        try site.install(try await CounterLibrary.build("VERSION=2"))
        try await eventually("it runs in the shadow") { site.status()?.revision.hasShadow == true }
        try await site.supervisor.restart("counter")
        #expect(site.version == "1.0.0", "a restart of the service does not take the new file")
        #expect(throws: SupervisorError.self) { try site.supervisor.shadow("counter") }
        await site.stop()
        let again = try await HotSite.start(folder: site.folder)
        #expect(again.version == "1.0.0")
        try again.install(try await CounterLibrary.build("VERSION=3"))
        try await eventually("the next build runs in the shadow") { again.status()?.revision.hasShadow == true }
        try await again.supervisor.discardShadow("counter")
        #expect(again.status()?.revision.hasShadow == false && again.version == "1.0.0")
        await #expect(throws: SupervisorError.self) { try await again.supervisor.promote("counter") }
        await again.stop()
    }
}
