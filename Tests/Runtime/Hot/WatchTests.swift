import Foundation
import Synchronization
import Testing

@testable import Runtime

@Suite("Watching the folders of a site")
struct WatchTests {
    @Test("A file that is being written is left alone until it is closed, whatever happens beside it")
    func halfWritten() async throws {
        let site = try await HotSite.start()
        let path = site.folder.path + "/services/counter.yaml"
        let whole = HotSite.text(HotSite.usual + "\ndescription: whole")
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 0)
        // Well-formed so far, and another service.
        try file.write(contentsOf: Data("service: half\nlibrary: counter\n".utf8))
        try site.folder.write("services/second.yaml", HotSite.text(name: "second"))
        try await eventually("the folder is looked at") { site.status("second")?.state == .running }
        try site.folder.write("services/third.yaml", HotSite.text(name: "third"))
        try await eventually("and again") { site.status("third")?.state == .running }
        #expect(site.status("half") == nil && site.status()?.state == .running && site.refusal.isEmpty)
        try file.truncate(atOffset: 0)
        try file.seek(toOffset: 0)
        try file.write(contentsOf: Data(whole.utf8))
        try file.close()
        try await eventually("the whole is taken") { site.status()?.description == "whole" }
        #expect(site.status()?.restarts == 0)
        await site.stop()
    }

    @Test("An editor that puts the old file away first does not end the service")
    func editor() async throws {
        let site = try await HotSite.start()
        let path = site.folder.path + "/services/counter.yaml"
        try FileManager.default.moveItem(atPath: path, toPath: path + "~")
        try site.folder.write("services/.counter.yaml.swp", "not a manifest")
        try site.folder.write("services/4913", "")
        try Data(HotSite.text(HotSite.usual + "\ndescription: edited").utf8).write(to: URL(fileURLWithPath: path))
        try await eventually("the edit is taken") { site.status()?.description == "edited" }
        #expect(site.status()?.restarts == 0 && site.supervisor.list().count == 1)
        await site.stop()
    }

    @Test("A folder of manifests that can't be read ends no service, and is followed again once it can")
    func folderAway() async throws {
        let site = try await HotSite.start()
        let (there, away) = (site.folder.path + "/services", site.folder.path + "/away")
        try FileManager.default.moveItem(atPath: there, toPath: away)
        try await eventually("it is noticed") { await site.reload.folderProblem?.contains("can't open the folder \(there)") == true }
        // Longer than a file has to be gone to count as removed.
        let later = MachineClock.monotonic() + 2 * Settling.gone
        try await eventually("it is looked at again") {
            _ = await site.reload.look(writing: [])
            return MachineClock.monotonic() > later
        }
        try await site.count(is: "1:1")
        #expect(site.status()?.restarts == 0 && site.databus.cancels.isEmpty && site.databus.content.withLock { $0.forgotten.isEmpty })
        try FileManager.default.moveItem(atPath: away, toPath: there)
        try site.folder.write("services/counter.yaml", HotSite.text(HotSite.usual + "\ndescription: back"))
        try await eventually("it is followed again") { site.status()?.description == "back" }
        #expect(await site.reload.folderProblem == nil && site.status()?.restarts == 0)
        await site.stop()
    }

    @Test("A burst of a thousand writes ends in what was written last, with few exchanges")
    func burst() async throws {
        let site = try await HotSite.start()
        for number in 1...1_000 {
            try site.folder.write("services/counter.yaml", HotSite.text("subscribe: [{topic: in/x}]\nconfig: {step: \(number)}"))
        }
        try await eventually("the last is in effect") {
            site.status()?.state == .running && site.supervisor.services[0].manifest.config["step"] == .integer(1_000)
        }
        #expect((1...20).contains(site.status()?.restarts ?? 0))
        try await site.count(is: "1:1000")
        await site.stop()
    }

    @Test("A plugin folder that appears later is watched from then on")
    func laterFolder() async throws {
        let folder = try TemporaryFolder()
        try folder.write("site.yaml", "site: test\nplugins: {folders: [later/plugins]}\n")
        try folder.write("services/counter.yaml", HotSite.text())
        let site = try await HotSite.start(folder: folder)
        #expect(site.status()?.state == .refused)
        try FileManager.default.createDirectory(atPath: folder.path + "/later/plugins", withIntermediateDirectories: true)
        try await CounterLibrary.build().write(to: URL(fileURLWithPath: folder.path + "/later/plugins/libcounter.so"))
        try await eventually("it runs") { site.status()?.state == .running }
        try await CounterLibrary.build("VERSION=2").write(to: URL(fileURLWithPath: folder.path + "/later/plugins/libcounter.so"), options: .atomic)
        try await eventually("the next build runs") { site.version == "2.0.0" }
        await site.stop()
    }

    @Test("Events tell writing from complete, and a folder that is replaced is watched again")
    func events() throws {
        let folder = try TemporaryFolder()
        let watched = folder.path + "/watched"
        let watch = try #require(FolderWatch())
        watch.watch([watched])
        _ = watch.read()
        func writing() -> Set<String> {
            var writing: Set<String> = []
            for event in watch.read() { SiteWatcher.note(event, in: &writing) }
            return writing
        }
        try FileManager.default.createDirectory(atPath: watched, withIntermediateDirectories: true)
        #expect(!watch.read().isEmpty)
        let path = FolderWatch.told(watched + "/a")
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data("a".utf8))
        #expect(writing() == [path])
        try file.close()
        #expect(watch.read().contains(.init(path: path, kind: .complete)))
        try FileManager.default.removeItem(atPath: watched)
        #expect(!watch.read().isEmpty)
        try FileManager.default.createDirectory(atPath: watched, withIntermediateDirectories: true)
        #expect(!watch.read().isEmpty)
        try Data("b".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        #expect(watch.read().contains(.init(path: path, kind: .complete)))
    }

    @Test("A file settles once it has stayed the same for a moment and nobody writes it")
    func settling() throws {
        let folder = try TemporaryFolder()
        try folder.write("a", "1")
        let path = folder.path + "/a"
        let first = FileSignature(path)
        var settling = Settling()
        #expect(settling.judge(path, first, isWritten: true, at: 0) == .writing)
        #expect(settling.judge(path, first, isWritten: false, at: 5) == .wait(until: 5 + Settling.written))
        try folder.write("a", "22")
        let second = FileSignature(path)
        #expect(first != second)
        #expect(settling.judge(path, second, isWritten: false, at: 5 + Settling.written) == .wait(until: 5 + 2 * Settling.written))
        #expect(settling.judge(path, second, isWritten: false, at: 5 + 2 * Settling.written) == .settled)
        #expect(settling.judge(path, nil, isWritten: false, at: 0) == .wait(until: Settling.gone))
        #expect(settling.judge(path, nil, isWritten: false, at: Settling.gone) == .settled)
    }
}
