import Foundation
import Testing

@testable import Access

@Suite struct AuditTrailTests {
    private func entry(_ subject: String) -> AuditEntry {
        AuditEntry(who: "eva", role: "engineer", what: "service.disable", subject: subject, outcome: "done", from: "127.0.0.1")
    }

    @Test("each change is one JSON line with a running number, also after the file is opened again")
    func lines() throws {
        let folder = try TemporaryFolder()
        do {
            let trail = try AuditTrail(path: folder.path + "/audit.jsonl")
            try trail.record(entry("a"))
            try trail.record(entry("line\nfeed \"quoted\""))
        }
        try AuditTrail(path: folder.path + "/audit.jsonl").record(entry("c"))
        let lines = try folder.text("audit.jsonl").split(separator: "\n")
        #expect(lines.count == 3)
        for (index, line) in lines.enumerated() {
            let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["number"] as? Int == index + 1)
            #expect(object["who"] as? String == "eva")
            #expect((object["time"] as? String)?.hasSuffix("Z") == true)
        }
        #expect(try folder.mode(of: "audit.jsonl") == 0o600)
    }

    @Test("a line that a crash cut off does not spoil the next one")
    func cutOff() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/audit.jsonl"
        try #"{"number":1,"who":"e"#.write(toFile: path, atomically: false, encoding: .utf8)
        try AuditTrail(path: path).record(entry("b"))
        let lines = try folder.text("audit.jsonl").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.contains(#""number":2"#) == true)
    }

    @Test("each line holds the one before it: a line that is changed, added or taken away shows")
    func chain() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/audit.jsonl"
        try AuditTrail(path: path).record([entry("a"), entry("b")])
        try #"{"number":3,"who":"e"#.append(to: path)
        try AuditTrail(path: path).record([entry("c"), entry("d")])
        #expect(try AuditTrail.firstBreak(in: path) == nil)
        let lines = try folder.text("audit.jsonl").split(separator: "\n")
        for (changed, broken) in [
            (lines.filter { !$0.contains(#""b""#) }, 3), (lines.map { $0.contains(#""b""#) ? $0 + " " : $0 }, 4), ([lines[1]] + lines, 1),
        ] {
            try changed.joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
            #expect(try AuditTrail.firstBreak(in: path) == broken)
        }
    }

    @Test("a trail that cannot be opened is refused with its path")
    func unwritable() {
        #expect(throws: AccessError.self) { try AuditTrail(path: "/nonexistent/audit.jsonl") }
    }
}

extension String {
    /// Adds the text to a file.
    fileprivate func append(to path: String) throws {
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(utf8))
        try file.close()
    }
}
