import Foundation
import Testing

@testable import Runtime

@Suite("Planning and putting manifests")
struct ManifestPlanTests {
    private static func diff(_ old: String, _ new: String) throws -> ManifestDiff {
        let head = "service: a\nlibrary: l\n"
        return ManifestDiff(
            from: try SiteFolder.manifest(Array((head + old).utf8), file: "a.yaml"), to: try SiteFolder.manifest(Array((head + new).utf8), file: "a.yaml"))
    }

    @Test(
        "A change asks for as little as it can",
        arguments: [
            ("", "# words\n", ManifestDiff.Effect.none), ("description: a\n", "description: b\n", .noted), ("", "labels: {a: b}\n", .noted),
            ("", "restart: {attempts: 3}\n", .noted), ("config: {a: 1}\n", "config: {a: 2}\n", .instance), ("", "deadline: 3s\n", .instance),
            ("publish: [a, b]\n", "publish: [a]\n", .instance), ("", "subscribe: [a]\n", .connection), ("", "queue: {messages: 5}\n", .connection),
            ("config: {a: 1}\n", "config: {a: 1}\nsubscribe: [x]\ndescription: y\n", .connection), ("config: {a: 1, b: 2}\n", "config: {b: 2, a: 1}\n", .none),
        ])
    func effects(old: String, new: String, effect: ManifestDiff.Effect) throws {
        #expect(try Self.diff(old, new).effect == effect)
    }

    @Test("Each value that changed is named with what it was and is")
    func changes() throws {
        let diff = try Self.diff("config: {a: 1, list: [{b: 2}]}\n", "config: {list: [{b: 3}, {b: 4}]}\ndescription: d\n")
        #expect(
            diff.changes.map(\.description) == [
                "config.a: 1 → (nothing)", "config.list.0.b: 2 → 3", "config.list.1.b: (nothing) → 4", "description: (nothing) → d",
            ])
    }

    @Test("A plan shows difference and problems and changes nothing")
    func plan() async throws {
        let site = try await HotSite.start()
        let good = await site.reload.plan(Array(HotSite.text("subscribe: [{topic: in/x}]\nconfig: {step: 5}").utf8), for: "counter")
        #expect(good.problems.isEmpty && good.effect == .exchange && good.changes.map(\.key) == ["config.step"])
        let bad = await site.reload.plan(Array(HotSite.text("config: {step: 0}").utf8), for: "counter")
        #expect(bad.problems.map(\.sentence) == ["configure failed: 'step' must be a whole number above 0"])
        #expect(bad.problems.first?.place.line == 5 && bad.effect == .reconnect)
        let other = await site.reload.plan(Array(HotSite.text(name: "meter").utf8), for: "counter")
        #expect(other.problems.first?.sentence.hasPrefix("the manifest is of another service") == true)
        let new = await site.reload.plan(Array(HotSite.text(name: "meter").utf8))
        #expect(new.problems.isEmpty && new.effect == .add && new.service == "meter")
        let torn = await site.reload.plan(Array("service: [".utf8))
        #expect(torn.problems.count == 1)
        #expect(site.status()?.restarts == 0 && site.supervisor.list().count == 1)
        await site.stop()
    }

    @Test("A manifest that is put is in effect and in the folder; one that is refused is neither")
    func put() async throws {
        let site = try await HotSite.start()
        try await site.count(is: "1:1")
        let text = HotSite.text("subscribe: [{topic: in/x}]\nconfig: {step: 5}")
        #expect(try await site.reload.put(Array(text.utf8), for: "counter").problems.isEmpty)
        #expect(try String(contentsOfFile: site.folder.path + "/services/counter.yaml", encoding: .utf8) == text)
        try await site.count(is: "1:6")
        let refused = try await site.reload.put(Array(HotSite.text("config: {step: 0}").utf8), for: "counter")
        #expect(!refused.problems.isEmpty)
        #expect(try String(contentsOfFile: site.folder.path + "/services/counter.yaml", encoding: .utf8) == text)
        #expect(try await site.reload.put(Array(HotSite.text(name: "meter").utf8), for: "meter").effect == .add)
        #expect(site.status("meter")?.state == .running)
        try await site.reload.delete("meter")
        #expect(site.status("meter") == nil && !FileManager.default.fileExists(atPath: site.folder.path + "/services/meter.yaml"))
        await #expect(throws: SupervisorError.self) { try await site.reload.delete("meter") }
        try await site.count(is: "1:11")
        #expect(site.status()?.restarts == 1, "the watcher finds nothing more to do")
        await site.stop()
    }

    @Test("A new manifest is not put over the file of another service, nor over one that nobody can read")
    func takenFile() async throws {
        let site = try await HotSite.start()
        let path = site.folder.path + "/services/meter.yaml"
        try FileManager.default.moveItem(atPath: site.folder.path + "/services/counter.yaml", toPath: path)
        try await eventually("its place is known") { site.status()?.manifest.file == path }
        let meter = Array(HotSite.text(name: "meter").utf8)
        let error = await #expect(throws: SupervisorError.self) { try await site.reload.put(meter, for: "meter") }
        #expect(error?.kind == .conflict && error?.description.contains("got one of the service 'counter'") == true)
        try site.folder.write("services/torn.yaml", "service: [")
        await #expect(throws: SupervisorError.self) { try await site.reload.put(Array(HotSite.text(name: "torn").utf8), for: "torn") }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == HotSite.text())
        #expect(try String(contentsOfFile: site.folder.path + "/services/torn.yaml", encoding: .utf8) == "service: [")
        try await site.count(is: "1:1")
        #expect(site.supervisor.list().map(\.service) == ["counter"])
        await site.stop()
    }

    @Test("A manifest that can't be written does not stay in effect")
    func unwritable() async throws {
        let site = try await HotSite.start()
        let path = site.folder.path + "/services/counter.yaml"
        try await site.count(is: "1:1")
        // No file can take the place of a folder.
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path + "/x", withIntermediateDirectories: true)
        let text = HotSite.text("subscribe: [{topic: in/x}]\nconfig: {step: 5}")
        let error = await #expect(throws: SupervisorError.self) { try await site.reload.put(Array(text.utf8), for: "counter") }
        #expect(error?.description.contains("can't be written, and the service goes back to what its file says") == true)
        try await eventually("it is back") { site.supervisor.services[0].manifest.config["step"] == .integer(1) && site.status()?.state == .running }
        try await site.count(is: "1:2")
        await site.stop()
    }
}
