import Storage
import Testing

@Suite("The writer asks the store as little as it can")
struct LineProtocolWriterTests {
    @Test("a write makes one call of the store for each type of value, and resolves each column once")
    func fewCalls() throws {
        let driver = LineProtocolMemoryDriver()
        let writer = LineProtocolWriter(driver: driver)
        let lines = (0..<500).map { "pmu,device=d\($0 % 10) f=\($0),n=\($0)i,b=t,s=\"x\" \($0)" }.joined(separator: "\n")
        let outcome = try writer.write(lines)
        #expect(outcome.stored == 500 && outcome.values == 2_000 && outcome.dropped == 0)
        #expect(outcome.ticket == CommitTicket(sequence: 4))
        #expect(driver.snapshot.writeCalls == 4)
        #expect(driver.snapshot.resolveCalls == 40)
        _ = try writer.write(lines)
        #expect(driver.snapshot.resolveCalls == 40)
    }

    @Test("an unknown database is thrown, even for a write without a good line", arguments: ["m v=1", "m v=", ""])
    func unknownDatabase(text: String) {
        let writer = LineProtocolWriter(driver: LineProtocolMemoryDriver())
        #expect(throws: StorageError(code: .databaseNotFound, description: "database not found: \"nope\"")) {
            try writer.write(text, database: "nope")
        }
    }

    @Test("the same series in two databases are two series")
    func twoDatabases() throws {
        let driver = LineProtocolMemoryDriver(databases: ["a", "b"])
        let writer = LineProtocolWriter(driver: driver)
        _ = try writer.write("m v=1 1", database: "a")
        #expect(try writer.write("m v=1i 1", database: "b").firstError == nil)
        #expect(driver.dump == ["m||v|1|float(1.0)", "m||v|1|integer(1)"])
    }

    @Test("columns of a database that was dropped and made again are resolved again")
    func databaseMadeAgain() throws {
        let driver = LineProtocolMemoryDriver()
        let writer = LineProtocolWriter(driver: driver)
        _ = try writer.write("m v=1,n=1i 1")
        try driver.dropDatabase("grid")
        try driver.createDatabase("grid")
        let outcome = try writer.write("m v=2,n=2i 2")
        #expect(outcome.firstError == nil && outcome.stored == 1)
        #expect(driver.dump == ["m||n|2|integer(2)", "m||v|2|float(2.0)"])
    }

    @Test("a field whose type changed with its database is taken after that")
    func typeChangedWithDatabase() throws {
        let driver = LineProtocolMemoryDriver()
        let writer = LineProtocolWriter(driver: driver)
        _ = try writer.write("m v=1 1")
        try driver.dropDatabase("grid")
        try driver.createDatabase("grid")
        #expect(try writer.write("m v=\"now a text\" 2").firstError == nil)
        #expect(driver.dump == ["m||v|2|text(\"now a text\")"])
    }

    @Test("a failure of the store is thrown after one call")
    func failure() throws {
        let driver = LineProtocolMemoryDriver()
        let failure = StorageError(code: .inputOutput, description: "the disk is full")
        driver.failWrites(with: failure)
        let writer = LineProtocolWriter(driver: driver)
        #expect(throws: failure) { try writer.write("m v=1,n=1i 1") }
        #expect(driver.snapshot.writeCalls == 1)
    }

    @Test("a writer that may remember few columns forgets and goes on")
    func smallMemory() throws {
        var options = LineProtocolOptions()
        options.rememberedColumns = 3
        let driver = LineProtocolMemoryDriver()
        let writer = LineProtocolWriter(driver: driver, options: options)
        for round in 0..<3 {
            let lines = (0..<100).map { "m,s=\($0) a=\(round),b=1,c=2 \(round)" }.joined(separator: "\n")
            #expect(try writer.write(lines).stored == 100)
        }
        #expect(driver.dump.count == 900)
        #expect(driver.snapshot.columns.count == 300)
    }

    @Test("many series and many fields in changing order go to their own columns", arguments: [5, 6] as [UInt64])
    func manyColumns(seed: UInt64) throws {
        var random = LineProtocolRandom(state: seed)
        let driver = LineProtocolMemoryDriver()
        let writer = LineProtocolWriter(driver: driver)
        for round in 0..<4 {
            let lines = (0..<150).map { series in
                let fields = (0..<8).shuffled(using: &random).map { "f\($0)=\(series * 100 + $0)i" }.joined(separator: ",")
                return "m,s=\(series) \(fields) \(round)"
            }.shuffled(using: &random).joined(separator: "\n")
            #expect(try writer.write(lines).values == 1_200)
        }
        let expected = (0..<150).flatMap { series in
            (0..<8).flatMap { field in (0..<4).map { "m|s=\(series)|f\(field)|\($0)|integer(\(series * 100 + field))" } }
        }
        #expect(driver.dump == expected.sorted())
    }

    @Test("writes from many threads are all stored")
    func concurrentWrites() async throws {
        let driver = LineProtocolMemoryDriver()
        let writer = LineProtocolWriter(driver: driver)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    try (0..<20).reduce(0) { sum, round in
                        try sum + writer.write((0..<10).map { "m,s=\($0) v=\(task) \(task * 1_000 + round)" }.joined(separator: "\n")).stored
                    }
                }
            }
            let stored = try await group.reduce(0, +)
            #expect(stored == 1_600)
        }
        #expect(driver.dump.count == 1_600)
        #expect(driver.snapshot.columns.count == 10)
    }
}
