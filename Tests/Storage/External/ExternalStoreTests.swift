import Glibc
import HTTPClient
import Synchronization
import Testing

@testable import Storage

/// The external store over a server that fails in every way.
@Suite struct ExternalStoreTests {
    private static let start = 1_795_435_200 * second

    /// Answers questions about names as an empty InfluxDB.
    private static func meta(_ request: ScriptedServer.Request) -> ScriptedServer.Answer? {
        request.path == "/query" ? .reply(200, #"{"results":[{"statement_id":0}]}"#) : nil
    }

    private func write(_ store: ExternalStore, _ index: Int, _ value: Double? = nil) throws -> CommitTicket {
        try store.write(try store.column(), [(Self.start + Int64(index) * second, value ?? Double(index))])
    }

    @Test("failures of every kind delay points and lose none, in the order of writing", arguments: [
        ScriptedServer.Answer.reply(500, #"{"error":"engine: no space left"}"#), .reply(503, "busy"), .reply(429, ""), .reset, .cutShort("{"), .raw("junk\r\n\r\n"), .silence,
        .reply(404, "404 page not found"), .reply(401, #"{"error":"authorization failed"}"#),
    ])
    func failures(failure: ScriptedServer.Answer) async throws {
        let server = try ScriptedServer { request, earlier in Self.meta(request) ?? (earlier < 3 ? failure : .taken) }
        defer { server.end() }
        let folder = TemporaryFolder(), told = Told()
        let client = try StoreMaking.client(server.url, timeoutMilliseconds: 300)
        let store = try ExternalStore.influxDB(client, folder: folder.path, options: StoreMaking.options { $0.batchPoints = 2 }, log: told.log)
        defer { store.close() }
        for index in 0..<5 { #expect(await store.wait(for: try write(store, index)) == nil) }
        #expect(await store.drained())
        let taken = server.requests("/write").dropFirst(3).map(\.text).joined()
        let expected = (0..<5).map { "pmu,device=pmu-1 value=\(Double($0)) \(Self.start + Int64($0) * second)\n" }.joined()
        #expect(taken.hasSuffix(expected) || Self.withoutRepeats(taken) == expected, "\(taken)")
        #expect(store.statistics().engine?.retries ?? 0 >= 1)
        #expect(told.all.contains { $0.contains("Points wait in the spool") } && told.all.contains { $0.contains("takes points again") }, "\(told.all)")
    }

    /// Lines without those that came before.
    private static func withoutRepeats(_ text: String) -> String {
        var seen: Set<Substring> = []
        return text.split(separator: "\n").filter { seen.insert($0).inserted }.map { $0 + "\n" }.joined()
    }

    @Test("what the engine took shortly before it was away behind a proxy, which keeps its connections, is sent again", arguments: [502, 503, 504])
    func awayBehindProxy(status: Int) async throws {
        let server = try ScriptedServer { request, earlier in Self.meta(request) ?? (earlier == 1 ? .reply(status, "no upstream") : .taken) }
        defer { server.end() }
        let folder = TemporaryFolder()
        let options = StoreMaking.options { $0.settlingMilliseconds = 60_000 }
        let store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path, options: options)
        defer { store.close() }
        _ = try write(store, 0)
        #expect(await store.drained())
        _ = try write(store, 1)
        #expect(await store.wait { $0.retries > 0 })
        #expect(await store.drained())
        let after = server.requests("/write").dropFirst(2).map(\.text).joined()
        #expect(after.contains("value=0.0 ") && after.contains("value=1.0 "), "\(after)")
        #expect(store.statistics().engine?.pointsRepeated == 1)
    }

    @Test("answers that are too large for a reader, or come too late, do not make the spool send again what the engine has")
    func readersFail() async throws {
        let server = try ScriptedServer { request, _ in
            if request.path == "/api/v1/export" { return .reply(200, String(repeating: " ", count: 17 << 20)) }
            return request.path == "/write" ? .taken : .reply(200, #"{"status":"success","data":[]}"#)
        }
        defer { server.end() }
        let folder = TemporaryFolder()
        let options = StoreMaking.options { $0.settlingMilliseconds = 60_000 }
        let store = try StoreMaking.open(.victoriametrics, url: server.url, folder: folder.path, options: options)
        defer { store.close() }
        let handle = try store.column()
        let time = wallClockNanoseconds() - 3_600 * second
        _ = try store.write(handle, [(time, 1)])
        #expect(await store.drained())
        #expect(throws: StorageError.self) { try store.scan(handle, from: time, through: time + 900_000_000, descending: false) { _ in true } }
        _ = try store.write(handle, [(time + second, 2)])
        #expect(await store.drained())
        #expect(store.statistics().engine?.pointsRepeated == 0)
    }

    @Test("a clock that was set back holds up nothing that waits")
    func clockSetBack() async throws {
        let folder = TemporaryFolder()
        var store = try StoreMaking.open(.influxdb, url: "http://127.0.0.1:\(try EngineProcess.freePort())", folder: folder.path)
        #expect(await store.wait(for: try write(store, 0)) == nil)
        store.close()
        let path = try #require(folder.files(named: SpoolFile.name(1)).first)
        let content = try bytes(of: path)
        let record = try content.withUnsafeBytes { try SpoolRecord.decode(UnsafeRawBufferPointer(rebasing: $0[..<SpoolRecord.headerBytes])) }
        let ahead = SpoolRecord(
            sequence: record.sequence, length: record.length, points: record.points, firstTime: record.firstTime, lastTime: record.lastTime,
            columns: record.columns, writtenAt: record.writtenAt + 7 * 86_400 * second)
        let file = try #require(fopen(path, "r+"))
        fwrite(ahead.encode(), 1, SpoolRecord.headerBytes, file)
        fclose(file)
        let server = try ScriptedServer { request, _ in Self.meta(request) ?? .taken }
        defer { server.end() }
        store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path)
        defer { store.close() }
        #expect(await store.drained())
        #expect(server.requests("/write").map(\.text).joined().contains("value=0.0 "))
    }

    @Test("while the disk refuses, all who wait are told, it is said once, and tried once a second; then nothing is missing", .timeLimit(.minutes(1)))
    func diskRefuses() async throws {
        let server = try ScriptedServer { request, _ in Self.meta(request) ?? .taken }
        defer { server.end() }
        let folder = TemporaryFolder(), told = Told()
        let store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path, log: told.log)
        defer { store.close() }
        _ = try store.column()
        rmdir(folder.path + "/spool")
        let began = monotonicNanoseconds()
        // The second comes when the batch with the first has failed and waits.
        for index in 0..<2 { #expect(await store.wait(for: try write(store, index))?.code == .inputOutput) }
        let seconds = Int((monotonicNanoseconds() - began) / 1_000_000_000)
        #expect(store.statistics().failedCommits <= UInt64(2 + seconds), "\(store.statistics().failedCommits) tries in \(seconds) s")
        #expect(told.all.count { $0.contains("it is tried again") } == 1, "\(told.all)")
        mkdir(folder.path + "/spool", 0o750)
        #expect(await store.wait(for: try write(store, 99)) == nil)
        #expect(await store.drained())
        let sent = server.requests("/write").map(\.text).joined()
        for value in [0, 1, 99] { #expect(sent.contains("value=\(Double(value)) ")) }
        #expect(told.all.contains { $0.hasPrefix("The spool is written again") })
    }

    @Test("an engine that does not answer holds up the end no longer than the farewell")
    func endWhileSilent() async throws {
        let server = try ScriptedServer { request, _ in Self.meta(request) ?? .silence }
        defer { server.end() }
        let folder = TemporaryFolder()
        let options = StoreMaking.options { $0.farewellMilliseconds = 100 }
        let store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path, options: options)
        _ = try write(store, 0)
        for _ in 0..<2_000 where server.requests("/write").isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let began = monotonicNanoseconds()
        store.close()
        #expect(monotonicNanoseconds() - began < 5_000_000_000)
        let again = try StoreMaking.open(.influxdb, url: "http://127.0.0.1:\(try EngineProcess.freePort())", folder: folder.path)
        #expect(again.statistics().engine?.spooledPoints == 1)
        again.close()
    }

    @Test("a spool of any size has some thousand files at most", arguments: [(1 << 24, 8 << 20), (1 << 30, 8 << 20), (1 << 44, 17_592_186_044)])
    func fileSizes(spool: Int, file: Int) {
        var options = ExternalStoreOptions()
        options.largestSpoolBytes = Int64(spool)
        #expect(options.largestFileBytes == Int64(file))
    }

    @Test("names and texts in InfluxQL end where they should, whatever stands behind a quote", arguments: [
        ("it's", #"'it\'s'"#), ("'\u{301} OR 1=1", "'\\'\u{301} OR 1=1'"), ("a\\", #"'a\\'"#), ("\r\n", "'\r\\n'"), ("\\\u{301}'", "'\\\\\u{301}\\''"),
    ])
    func quoting(text: String, quoted: String) {
        #expect(Array(InfluxName.text(text).utf8) == Array(quoted.utf8))
    }

    @Test("lines that the engine refuses are found, kept with its sentence, and hold up nothing")
    func rejection() async throws {
        let sentence = #"partial write: field type conflict: input field \"value\" on measurement \"bad\" is type float, already exists as type string dropped=1"#
        let server = try ScriptedServer { request, _ in
            Self.meta(request) ?? (request.text.contains("bad,") ? .reply(400, #"{"error":"\#(sentence)"}"#) : .taken)
        }
        defer { server.end() }
        let folder = TemporaryFolder(), told = Told()
        let store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path, log: told.log)
        defer { store.close() }
        let good = try store.column()
        let bad = try store.resolve(ColumnIdentity(database: "dsotp", measurement: "bad", tags: [Tag("device", "x")], field: "value"), type: .float)
        var handles: [ColumnHandle] = [], times: [Int64] = []
        for index in 0..<8 {
            handles.append(index % 4 == 1 ? bad : good)
            times.append(Self.start + Int64(index))
        }
        #expect(await store.wait(for: try store.write(PointColumns(handles: handles, times: times, values: .float(times.map { Double($0 - Self.start) })))) == nil)
        #expect(await store.drained())
        #expect(store.statistics().engine?.pointsRejected == 2)
        let kept = try String(decoding: bytes(of: folder.path + "/rejected.lp"), as: UTF8.self)
        #expect(kept.contains("bad,device=x value=1.0 ") && kept.contains("bad,device=x value=5.0 ") && !kept.contains("pmu"))
        #expect(kept.hasPrefix("# database dsotp: partial write: field type conflict"))
        #expect(told.all.contains { $0.contains("refuses 1 points: partial write: field type conflict") })
        #expect(await store.wait(for: try write(store, 99)) == nil)
        #expect(await store.drained())
    }

    private func bytes(of path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        return Array(buffer[..<fread(&buffer, 1, buffer.count, file)])
    }

    @Test("a request that is too large is halved until it fits")
    func tooLarge() async throws {
        let server = try ScriptedServer { request, _ in
            Self.meta(request) ?? (request.text.split(separator: "\n").count > 3 ? .reply(413, "") : .taken)
        }
        defer { server.end() }
        let folder = TemporaryFolder()
        let store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path)
        defer { store.close() }
        _ = try store.write(try store.column(), (0..<10).map { (Self.start + Int64($0), Double($0)) })
        #expect(await store.drained())
        let taken = server.requests("/write").map(\.text).filter { $0.split(separator: "\n").count <= 3 }.joined()
        #expect(taken.split(separator: "\n").count == 10 && store.statistics().engine?.pointsRejected == 0)
    }

    @Test("a database that the engine has lost is made again before its points are sent")
    func missingDatabase() async throws {
        let server = try ScriptedServer { request, earlier in
            Self.meta(request) ?? (earlier == 0 ? .reply(404, #"{"error":"database not found: \"dsotp\""}"#) : .taken)
        }
        defer { server.end() }
        let folder = TemporaryFolder()
        let store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path)
        defer { store.close() }
        _ = try write(store, 0)
        #expect(await store.drained())
        let made = server.requests("/query").count { $0.text.contains("CREATE%20DATABASE%20%22dsotp%22") }
        #expect(made == 2 && store.statistics().engine?.retries == 0)
    }

    @Test("with the engine away points are accepted, durable over restarts, readable never in part, and sent in order when it is back")
    func awayAtTheStart() async throws {
        let folder = TemporaryFolder()
        let port = try EngineProcess.freePort()
        let url = "http://127.0.0.1:\(port)"
        for round in 0..<3 {
            let store = try StoreMaking.open(.influxdb, url: url, folder: folder.path)
            #expect(await store.wait(for: try write(store, round)) == nil)
            let refusal = #expect(throws: StorageError.self) { try store.points(try store.column()) }
            #expect(refusal?.code == .inputOutput && refusal?.description == "\(url) cannot be reached: connection refused")
            #expect(store.statistics().engine?.spooledPoints == round + 1)
            #expect(await store.wait { $0.failure?.contains("connection refused") == true })
            store.close()
        }
        let server = try ScriptedServer { request, _ in Self.meta(request) ?? .taken }
        defer { server.end() }
        let store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path)
        defer { store.close() }
        #expect(await store.drained())
        let values = server.requests("/write").flatMap { $0.text.split(separator: "\n") }.map { $0.split(separator: " ")[1] }
        #expect(values == ["value=0.0", "value=1.0", "value=2.0"])
    }

    @Test("a full spool refuses what comes with its reason, keeps what is there, and takes again when the engine is back")
    func fullSpool() async throws {
        let isAway = Atomic<Bool>(true)
        let server = try ScriptedServer { request, _ in
            Self.meta(request) ?? (isAway.load(ordering: .relaxed) ? .reply(503, "") : .taken)
        }
        defer { server.end() }
        let folder = TemporaryFolder()
        let options = StoreMaking.options {
            $0.largestSpoolBytes = 40_000
            $0.spoolFileBytes = 4_000
        }
        let store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path, options: options)
        defer { store.close() }
        var accepted = 0
        var refusal: StorageError?
        while refusal == nil, accepted < 10_000 {
            do {
                let ticket = try write(store, accepted, Double.random(in: 0..<1))
                #expect(await store.wait(for: ticket) == nil)
                accepted += 1
            } catch { refusal = error as? StorageError }
        }
        #expect(refusal?.code == .quotaExceeded && accepted > 100)
        #expect(refusal?.description.hasPrefix("The spool is full (") == true && refusal?.description.contains("status 503") == true, "\(refusal as Any)")
        #expect(store.statistics().engine?.spoolRefusals == 1 && store.statistics().engine?.isSpoolFull == true)
        isAway.store(false, ordering: .relaxed)
        #expect(await store.drained())
        #expect(store.statistics().engine?.pointsSent == UInt64(accepted))
        #expect(await store.wait { _ in (try? write(store, accepted)) != nil })
        #expect(await store.drained())
    }

    @Test("a record that is damaged in its header or its points is passed over and told; the others are sent", arguments: [8, 70])
    func damage(offset: Int) async throws {
        let folder = TemporaryFolder(), told = Told()
        var store = try StoreMaking.open(.influxdb, url: "http://127.0.0.1:\(try EngineProcess.freePort())", folder: folder.path)
        for index in 0..<3 { #expect(await store.wait(for: try write(store, index)) == nil) }
        store.close()
        let path = try #require(folder.files(named: SpoolFile.name(1)).first)
        var content = try bytes(of: path)
        content[content.count / 3 + offset] ^= 0x40
        let file = try #require(fopen(path, "w"))
        fwrite(content, 1, content.count, file)
        fclose(file)
        let server = try ScriptedServer { request, _ in Self.meta(request) ?? .taken }
        defer { server.end() }
        store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path, log: told.log)
        defer { store.close() }
        #expect(await store.drained())
        let sent = server.requests("/write").map(\.text).joined()
        #expect(sent.contains("value=0.0") && !sent.contains("value=1.0") && sent.contains("value=2.0"))
        let what = offset < SpoolRecord.headerBytes ? "The spool file \(path) from byte \(content.count / 3) to" : "Record 2 of the spool, with 1 points, is damaged"
        #expect(told.all.contains { $0.hasPrefix(what) }, "\(told.all)")
    }

    @Test("the torn end that a killed host leaves is cut off")
    func tornEnd() async throws {
        let folder = TemporaryFolder()
        let url = "http://127.0.0.1:\(try EngineProcess.freePort())"
        var store = try StoreMaking.open(.influxdb, url: url, folder: folder.path)
        for index in 0..<2 { #expect(await store.wait(for: try write(store, index)) == nil) }
        store.close()
        let path = try #require(folder.files(named: SpoolFile.name(1)).first)
        let content = try bytes(of: path)
        truncate(path, content.count - 5)
        store = try StoreMaking.open(.influxdb, url: url, folder: folder.path)
        #expect(store.statistics().engine?.spooledPoints == 1)
        #expect(await store.wait(for: try write(store, 7)) == nil)
        store.close()
        store = try StoreMaking.open(.influxdb, url: url, folder: folder.path)
        #expect(store.statistics().engine?.spooledPoints == 2 && store.statistics().damagedPieces == 0)
        store.close()
    }

    @Test("values, names and texts are written so that the line protocol gives them back")
    func lines() async throws {
        let server = try ScriptedServer { request, _ in Self.meta(request) ?? .taken }
        defer { server.end() }
        let folder = TemporaryFolder()
        let store = try StoreMaking.open(.influxdb, url: server.url, folder: folder.path)
        defer { store.close() }
        try store.createDatabase("dsotp")
        func put(_ field: String, _ values: ValueColumn) throws {
            let identity = ColumnIdentity(database: "dsotp", measurement: "m ,=", tags: [Tag("k ,=", "v ,=\"")], field: field)
            let handle = try store.resolve(identity, type: values.type)
            _ = try store.write(PointColumns(handles: [handle], times: [Self.start], values: values, qualities: field == "f" ? [5] : []))
        }
        try put("f", .float([-1.25e-7]))
        try put("n ,=", .integer([.min]))
        try put("b", .boolean([true]))
        try put("t", .text(["\\\"\n,= "]))
        #expect(await store.drained())
        let sent = server.requests("/write").map(\.body).joined()
        let memory = MemoryDriver()
        try memory.createDatabase("dsotp")
        let outcome = try Array(sent).withUnsafeBytes {
            try LineProtocolWriter(driver: memory).write($0, database: "dsotp", precision: .nanoseconds, now: 0)
        }
        #expect(outcome.firstError == nil)
        let back = try memory.columns(in: "dsotp", measurement: "m ,=").map { ($0.identity.field, try memory.points($0.handle).map(\.value)) }
        #expect(back.map(\.0) == ["b", "f", "f:quality", "n ,=", "t"])
        #expect(back.map(\.1) == [[.boolean(true)], [.float(-1.25e-7)], [.integer(5)], [.integer(.min)], [.text("\\\"\n,= ")]])
    }

    @Test("what an engine cannot keep is refused with a sentence")
    func rules() throws {
        let server = try ScriptedServer { _, _ in .taken }
        defer { server.end() }
        let folder = TemporaryFolder()
        let store = try StoreMaking.open(.victoriametrics, url: server.url, folder: folder.path)
        defer { store.close() }
        let handle = try store.column(), count = try store.column("n", .integer)
        func sentence(_ body: () throws -> Void) -> String { (#expect(throws: StorageError.self) { try body() })?.description ?? "" }
        #expect(sentence { _ = try store.column("t", .text) }.contains("keeps numbers and true or false only: the field \"t\" of measurement \"pmu\""))
        #expect(sentence { _ = try store.write(handle, [(-1, 1)]) }.contains("takes times from 0"))
        #expect(sentence { _ = try store.write(handle, [(wallClockNanoseconds() + 3 * 86_400 * second, 1)]) }.contains("48 hours ahead of its clock, a point is 7"))
        #expect(sentence { _ = try store.write(handle, [(Self.start - 10_000 * second, .nan)]) }.contains("takes no nan"))
        #expect(sentence { _ = try store.write(PointColumns(handles: [count], times: [0], values: .integer([1 << 60]))) }.contains("2^53"))
        #expect(sentence { _ = try store.resolve(ColumnIdentity(database: "dsotp", measurement: "m", tags: [Tag("db", "x")], field: "f"), type: .float) }
            .contains("the tag \"db\" is a label that VictoriaMetrics needs"))
        #expect(sentence { _ = try store.column("x:quality") }.contains("are for the quality of fields"))
        #expect(store.statistics().pointsRefused == 4)
    }
}
