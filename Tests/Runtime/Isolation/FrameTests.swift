import Glibc
import Testing

@testable import Runtime

@Suite("Frames between host and runner")
struct FrameTests {
    @Test("What is written is read back")
    func roundTrip() throws {
        let frame = FrameWriter(capacity: 16)
        frame.begin(.log)
        frame.append(UInt32(7))
        frame.append("Spannung °")
        frame.append(pairs: [("a", "1"), ("", "")])
        frame.align()
        for number in [Int64(1), -2] { frame.append(number) }
        frame.finish()
        #expect(frame.count % 8 == 0)
        var reader = FrameReader(UnsafeRawBufferPointer(rebasing: frame.bytes[8...]))
        #expect(try reader.number(UInt32.self) == 7)
        #expect(try reader.text() == "Spannung °")
        #expect(try reader.pairs().map { $0.name + $0.value } == ["a1", ""])
        #expect(Array(try reader.array(of: Int64.self, count: 2)) == [1, -2])
    }

    @Test("A body is never read beyond its end, whatever counts it holds")
    func fuzz() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...64)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // Small counts get further than random ones.
            if bytes.count > 4, Bool.random() { bytes.replaceSubrange(0..<4, with: [UInt8.random(in: 0...9), 0, 0, 0]) }
            bytes.withUnsafeBytes { body in
                for read in Self.reads {
                    var reader = FrameReader(body)
                    try? read(&reader)
                    #expect(reader.remaining >= 0)
                }
            }
        }
    }

    private static let reads: [@Sendable (inout FrameReader) throws -> Void] = [
        { _ = try $0.pairs() }, { _ = try $0.outcome() }, { _ = try $0.text() }, { try $0.withBatch { _ in } }, { try $0.withRequest { _ in } },
        { _ = try $0.array(of: UInt64.self, count: Int(try $0.number(UInt32.self))) }, { _ = try ReadPage(&$0) },
        { _ = try $0.array(of: UInt64.self, count: .max) },
    ]

    @Test(
        "A runner that does not speak as a runner is ended, and the host tells why",
        arguments: [
            #"printf '\377\377\377\377\100\0\0\0' >&4"#, #"printf '\0\0\0\0\143\0\0\0' >&4"#, #"printf '\010\0\0\0\100\0\0\0\377\377\377\377\0\0\0\0' >&4"#,
            #"head -c 40 <&3 >/dev/null; printf '\0\0\0\0\100\0\0\0' >&3"#, #"head -c 40 <&3 >/dev/null; printf '\010\0\0\0\040\0\0\0\0\0\0\0\0\0\0\0' >&3"#,
            "exec 3>&- 4>&-",
        ])
    func lyingRunner(script: String) async throws {
        let site = try ProbeSite(
            mode: "echo", manifest: "isolation: process\nrestart: {attempts: 0}",
            runner: RunnerLaunch(executable: "/bin/sh", arguments: ["-c", script + "; exec sleep 600"]))
        await site.supervisor.start()
        #expect(site.state == .quarantined)
        let incident = try #require(site.incidents.first)
        #expect(site.incidents.count == 1 && incident.reason == .malformed && incident.callback == "create")
        #expect(incident.sentence.contains("broke the connection's rules"))
        await site.supervisor.shutdown()
    }

    @Test("A runner that calls and calls and never takes an answer is ended, and its service's neighbours never wait for it")
    func deafRunner() async throws {
        // Frames of `setSchemas` with a text of four bytes.
        let script = #"f='\020\0\0\0\115\0\0\0\004\0\0\0abcd\0\0\0\0\0\0\0\0'; f=$f$f$f$f$f$f$f$f; while printf "$f$f$f$f" >&4; do :; done"#
        let site = try ProbeSite(
            mode: "echo", manifest: "isolation: process\nrestart: {attempts: 0}", runner: RunnerLaunch(executable: "/bin/sh", arguments: ["-c", script]))
        await site.supervisor.start()
        #expect(site.state == .quarantined)
        #expect(site.incidents.map(\.reason) == [.malformed])
        #expect(try #require(site.incidents.first).sentence.contains("it did not take the answer to a call within 10 s"))
        await site.supervisor.shutdown()
    }
}
