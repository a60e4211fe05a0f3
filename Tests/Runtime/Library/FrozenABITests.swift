import Foundation
import Testing

@testable import Runtime

@Suite("Libraries built against ABI 1.0 run on this host")
struct FrozenABITests {
    static let folder = URL(filePath: CLibrary.headers).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Tests/Data/abi")

    /// The frozen plugins, compiled once against the frozen headers.
    private static let libraries: Result<TemporaryFolder, any Error> = Result {
        let built = try TemporaryFolder()
        for name in ["minimal", "every_extension"] {
            let source = try String(contentsOf: folder.appending(path: "1.0/plugins/\(name).c"), encoding: .utf8)
            try CLibrary.compile(source, name: name, into: built.path, headers: folder.appending(path: "1.0/headers").path)
        }
        return built
    }

    private func site(_ library: String, isolation: String) throws -> ProbeSite {
        try ProbeSite(
            mode: "", manifest: """
                isolation: \(isolation)
                subscribe: [{topic: in/x, acknowledge: stored}]
                timeseries: {write: [{database: dsotp, measurement: pmu}], read: [{database: dsotp, measurement: pmu}]}
                """,
            library: "\(try Self.libraries.get().path)/lib\(library).so", config: "{name: Nord, limit: 253.5, count: 3, enabled: true, list: [a, b]}")
    }

    @Test("Nothing of ABI 1.0 was changed after it was frozen")
    func untouched() throws {
        let frozen = Self.folder.appending(path: "1.0")
        let sums = try String(contentsOf: frozen.appending(path: "SHA256SUMS"), encoding: .utf8)
        #expect(
            SHA256.digest(of: Array(sums.utf8)) == "sha256:1e5970a021f3166cc3fd229acc1e67f800eca69dadf667f746949f75716e963d",
            "Tests/Data/abi/1.0/SHA256SUMS was changed: put it back, a later minor gets a folder of its own")
        var listed: Set<String> = []
        for line in sums.split(separator: "\n") {
            let (sum, name) = (String(line.prefix(64)), String(line.dropFirst(66)))
            let bytes = try Data(contentsOf: frozen.appending(path: name))
            #expect(SHA256.digest(of: Array(bytes)) == "sha256:\(sum)", "Tests/Data/abi/1.0/\(name) was changed: put it back")
            listed.insert(name)
        }
        let there = try FileManager.default.subpathsOfDirectory(atPath: frozen.path).filter { $0.contains(".") && $0 != "SHA256SUMS" && !$0.hasSuffix("1.0") }
        #expect(Set(there) == listed)
    }

    @Test("The smallest service of 1.0 gets messages as in 1.0", arguments: ["in-process", "process"])
    func minimal(isolation: String) async throws {
        let site = try site("minimal", isolation: isolation)
        await site.supervisor.start()
        try #require(site.state == .running, "\(site.details)")
        #expect(try site.status.module?.abi == "1.0")
        site.databus.deliver("hello", to: "probe", token: 7)
        try await eventually("it is acknowledged") { site.databus.acknowledged == [7] }
        #expect(site.databus.payloads("out/minimal") == ["1 in/x hello qos 1 retained 0 subscription 0 received yes"])
        await site.supervisor.shutdown()
        #expect(site.state == .stopped && site.incidents.isEmpty)
    }

    @Test("Every function of every extension of 1.0 does what it did in 1.0", arguments: ["in-process", "process"])
    func everyExtension(isolation: String) async throws {
        let site = try site("every_extension", isolation: isolation)
        await site.supervisor.start()
        try #require(site.state == .running, "\(site.details)")
        try await eventually("the timer has called") { site.databus.payloads("out/timer") == ["5 1"] }
        site.databus.deliver("hello", to: "probe", token: 1)
        try await eventually("it is acknowledged") { site.databus.acknowledged == [1] }
        site.databus.deliver("refuse", to: "probe", token: 2)
        try await eventually("so is the next") { site.databus.acknowledged == [1, 2] }
        let said = ["clock", "config", "message", "kv", "timeseries"].map { site.databus.payloads("out/\($0)") }
        #expect(
            said == [
                ["1 1"], ["Nord 253.5 3 1 2 limit missing -9 other -11 sentence 1"], ["hello"],
                ["abi/a=1 abi/b=22 found 0 bytes 2 gone -9"], ["sync 0 columns 1 points 2 sum 5.5 last 3000000000"],
            ])
        #expect(site.databus.payloads("poison/in/x") == ["refuse"])
        try await eventually("its metrics are there") {
            let text = site.supervisor.metricsText()
            return text.contains("frozen_seen_total{service=\"probe\",phase=\"A\"} 2") && text.contains("frozen_level{service=\"probe\"} 4.5")
                && text.contains("frozen_seconds_count{service=\"probe\"} 1")
        }
        let request = ServiceRequest(
            method: "POST", path: "/echo/north", query: [("q", "1")], contentType: "text/plain", body: Array("body".utf8), user: "ada", role: .operator)
        let answer = await site.supervisor.request(service: "probe", request)
        #expect(answer.status == 200 && String(decoding: answer.body, as: UTF8.self) == "POST north operator body 1")
        #expect(site.supervisor.openAPI().first?.schemasJSON == "{\"Frozen\":{\"type\":\"object\"}}")
        site.databus.deliver("unwell", to: "probe", token: 3)
        try await eventually("it is degraded") { site.state == .degraded }
        #expect(try site.status.detail == "the frozen service was told to be unwell")
        await site.supervisor.shutdown()
        #expect(site.databus.payloads("out/drain") == ["1"] && site.databus.payloads("out/stop") == ["stopped"])
        #expect(site.state == .stopped && site.incidents.isEmpty)
    }
}

@Suite("Libraries of the next minor on this host")
struct NewerMinorTests {
    private func site(_ definition: String, isolation: String, in folder: TemporaryFolder) throws -> ProbeSite {
        let source = try String(contentsOf: FrozenABITests.folder.appending(path: "newer/newer.c"), encoding: .utf8)
        try CLibrary.compile(source, name: "newer", into: folder.path, arguments: definition.isEmpty ? [] : [definition])
        return try ProbeSite(mode: "", manifest: "isolation: \(isolation)\nsubscribe: [in/x]", library: "\(folder.path)/libnewer.so")
    }

    @Test("One that can do with less runs as far as this host offers what it asks for", arguments: ["in-process", "process"])
    func runs(isolation: String) async throws {
        let folder = try TemporaryFolder()
        let site = try site("", isolation: isolation, in: folder)
        await site.supervisor.start()
        try #require(site.state == .running, "\(site.details)")
        #expect(try site.status.module?.version == "2.0.0")
        site.databus.deliver("hello", to: "probe")
        try await eventually("it has answered") { site.databus.payloads("out/newer") == ["as far as the host offers", "hello"] }
        await site.supervisor.shutdown()
        #expect(site.incidents.isEmpty)
    }

    @Test(
        "One that can't is refused: with its own sentence if it negotiates, with the host's if it does not", arguments: ["in-process", "process"],
        [
            ("-DINSISTS", "refuses to work with this host: it needs the weather, which came with the next minor of the ABI: use a newer host"),
            ("-DIGNORES", "was made for another ABI (expected 1.0 … "),
        ])
    func refused(isolation: String, how: (String, String)) async throws {
        let folder = try TemporaryFolder()
        let site = try site(how.0, isolation: isolation, in: folder)
        await site.supervisor.start()
        #expect(site.state == .refused)
        let detail = try site.status.detail
        #expect(detail.contains(how.1), "\(detail)")
        await site.supervisor.shutdown()
    }

    @Test("Of a table that is shorter than today's only what is there is read, to the last byte before unmapped memory")
    func shortTable() throws {
        struct Grown {
            var size: UInt32 = 0
            var reserved: UInt32 = 0
            var first: UInt64 = 0
            var later: UInt64 = 0
        }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let memory = try #require(mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { munmap(memory, 2 * page) }
        mprotect(memory + page, page, PROT_NONE)
        let table = memory + page - 16
        table.storeBytes(of: 16, as: UInt32.self)
        table.storeBytes(of: 42, toByteOffset: 8, as: UInt64.self)
        let copy = LentStruct.copy(UnsafePointer(table.assumingMemoryBound(to: Grown.self)), size: 16)
        #expect(copy.size == 16 && copy.first == 42 && copy.later == 0)
    }
}
