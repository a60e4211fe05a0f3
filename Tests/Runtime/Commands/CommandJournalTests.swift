import Foundation
import Testing

@testable import Runtime

@Suite("The journal of commands")
struct CommandJournalTests {
    @Test("A journal that is cut off is read up to there, a malformed line within it is refused with its place")
    func journal() async throws {
        let folder = try TemporaryFolder()
        let site = try CommandSite([], folder: folder)
        await site.start()
        try await site.desk.lock("feeder", note: "cable work", by: "ada")
        await site.stop()
        let path = "\(folder.path)/commands.journal"
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        try Data((whole + #"{"device":"pu"#).utf8).write(to: URL(fileURLWithPath: path))
        #expect(try CommandSite([], folder: folder).desk.device("feeder").lock?.user == "ada")
        try Data(("{}\n" + whole).utf8).write(to: URL(fileURLWithPath: path))
        #expect { try CommandSite([], folder: folder) } throws: { "\($0)".contains("commands.journal:1 is malformed") }
    }

    @Test("A write that was cut off, with the next one right behind it, is left out, and the next one counts")
    func cutWithin() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/commands.journal"
        func line(_ device: String) -> String {
            CommandLine.text(device, KeptDevice(holder: nil, lock: DeviceLock(user: "ada", note: #"{"device":"x"}"#, since: 1)))
        }
        let glued = line("pump").prefix(40) + line("valve").prefix(60) + line("switch")
        try Data("\(line("feeder"))\n\(glued)\n{\"dry\(CommandLine.text(isDryRun: true))\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try CommandJournal.read(path).cutLines == [2, 3])
        let desk = try CommandSite([], folder: folder).desk
        #expect(["feeder", "pump", "valve", "switch", "x"].map { desk.device($0).lock != nil } == [true, false, false, true, false] && desk.isDryRun)
        #expect(try CommandJournal.read(path).cutLines.isEmpty, "it is written anew")
    }

    /// A disk that is full while a test says so: half of what is written then arrives.
    private final class SmallDisk {
        var isFull = false

        func write(_ bytes: [UInt8], _ file: Int32, _ path: String) throws(HostFiles.Failure) {
            try HostFiles.write(isFull ? Array(bytes.prefix(bytes.count / 2)) : bytes, to: file, path: path)
            if isFull { throw HostFiles.Failure("can't write \(path)", code: ENOSPC) }
        }
    }

    @Test("After a write that failed the journal is written anew as soon as that succeeds, with what failed; till then it can be read")
    func failingWrite() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/commands.journal"
        let disk = SmallDisk()
        let journal = try CommandJournal(path: path, write: disk.write)
        func append(_ device: String) throws {
            try journal.append([(device, KeptDevice(holder: nil, lock: DeviceLock(user: "ada", note: "work", since: 1)))], isDryRun: nil, isDurable: true)
        }
        func remembered() throws -> [String] { try CommandJournal.read(path).devices.keys.sorted() }
        try append("a")
        #expect(!journal.mend(now: 0), "there is nothing to make good")
        disk.isFull = true
        #expect { try append("b") } throws: { "\($0)".contains("can't write \(path): No space left on device") }
        #expect(try remembered() == ["a"])
        try append("c")
        #expect(try remembered() == ["a", "b", "c"], "the next one wrote the file anew")
        #expect(throws: HostFiles.Failure.self) { try append("d") }
        try FileManager.default.createDirectory(atPath: "\(path).new", withIntermediateDirectories: false)
        #expect(throws: HostFiles.Failure.self) { try append("e") }
        #expect(!journal.mend(now: 5) && !journal.mend(now: 6))
        #expect(try remembered() == ["a", "b", "c"])
        try FileManager.default.removeItem(atPath: "\(path).new")
        #expect(!journal.mend(now: 7), "it is tried once a second")
        #expect(journal.mend(now: 1_000_000_005) && !journal.mend(now: 3_000_000_000))
        #expect(try remembered() == ["a", "b", "c", "d", "e"])
    }
}
