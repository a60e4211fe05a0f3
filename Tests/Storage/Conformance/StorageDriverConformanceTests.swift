import Testing

@testable import Storage

/// What every storage driver does, run on the embedded store and on real engines.
@Suite struct StorageDriverConformanceTests {
    @Test("points of every type come back with their qualities, from memory, from the engine and after a restart", arguments: ConformanceSubject.available)
    func everyType(subject: ConformanceSubject) async throws {
        let bench = try ConformanceStore(subject)
        let start = subject.base
        // VictoriaMetrics keeps the values of a block with one exponent.
        let small = subject == .victoriametrics ? 3e-5 : 3e-300
        var columns: [ValueColumn] = [
            .float([1.5, -0.25, small]), .integer([-(1 << 53), 0, 1 << 53]), .boolean([true, false, true]),
        ]
        if subject.keepsTexts { columns.append(.text(["a \"b\" \\", "", "ü,=\n#"])) }
        func check(_ when: Comment) throws {
            for values in columns {
                let handle = try bench.column("f\(values.type.rawValue)", values.type)
                let points = try bench.store.points(handle)
                #expect(points.map(\.time) == (0..<3).map { start + Int64($0) * second }, when)
                #expect(points.map(\.quality) == [0, 7, .max], when)
                #expect(points.map(\.value) == values.all, when)
                #expect(try bench.store.last(handle) == points.last, when)
            }
        }
        for values in columns {
            let handle = try bench.column("f\(values.type.rawValue)", values.type)
            let ticket = try bench.store.write(
                PointColumns(
                    handles: [handle, handle, handle], times: (0..<3).map { start + Int64($0) * second }, values: values, qualities: [0, 7, .max]))
            #expect(try bench.store.points(handle).count == 3, "readable as soon as it is accepted")
            try await bench.settle(ticket)
        }
        try check("sent")
        try bench.reopen()
        try check("opened again")
    }

    @Test("the last write of a time wins, on the way and once it is stored", arguments: ConformanceSubject.available)
    func lastWriteWins(subject: ConformanceSubject) async throws {
        let bench = try ConformanceStore(subject)
        let start = subject.base
        let handle = try bench.column()
        let ticket = try bench.store.write(handle, [(start, 1), (start + second, 1), (start, 2)])
        #expect(try bench.store.points(handle).map(\.float) == [2, 1])
        guard subject.replaces else { return }
        try await bench.settle(ticket)
        #expect(try bench.store.points(handle).map(\.float) == [2, 1])
        let later = try bench.store.write(handle, [(start + second, 5)])
        #expect(try bench.store.points(handle).map(\.float) == [2, 5])
        try await bench.settle(later)
        try bench.reopen()
        #expect(try bench.store.points(handle).map(\.float) == [2, 5])
        #expect(try bench.store.points(handle, descending: true).map(\.float) == [5, 2])
    }

    @Test("a good point that replaces a bad one is good", arguments: ConformanceSubject.available.filter(\.replaces))
    func qualityIsReplaced(subject: ConformanceSubject) async throws {
        let bench = try ConformanceStore(subject)
        let start = subject.base
        let handle = try bench.column()
        try await bench.settle(try bench.store.write(PointColumns(handles: [handle], times: [start], values: .float([1]), qualities: [9])))
        #expect(try bench.store.last(handle)?.quality == 9)
        try bench.reopen()
        try await bench.settle(try bench.store.write(handle, [(start, 2)]))
        try bench.reopen()
        #expect(try bench.store.points(handle) == [StoredPoint(time: start, value: .float(2), quality: 0)])
    }

    @Test("scans of thousands of points are complete and in order in both directions, bounded, and stop when asked", arguments: ConformanceSubject.available)
    func scans(subject: ConformanceSubject) async throws {
        let bench = try ConformanceStore(subject)
        let start = subject.base, step = 20 * (second / 1_000)
        let handle = try bench.column()
        let count = 45_000
        let points = (0..<count).map { (time: start + Int64($0) * step, value: Double($0) / 8) }
        try await bench.settle(try bench.store.write(handle, points))
        // Some that are not sent, over and behind those that are.
        _ = try bench.store.write(handle, [(start + Int64(count) * step, -2)])
        let all = try bench.store.points(handle)
        #expect(all.map(\.time) == (0...count).map { start + Int64($0) * step })
        #expect(all.map(\.float) == points.map { $0.value } + [-2])
        let descending = try bench.store.points(handle, descending: true)
        #expect(descending.count == all.count && descending.first == all.last && descending.last == all.first)
        #expect(descending == all.reversed(), "the first that differs: \(zip(descending, all.reversed()).first { $0 != $1 } as Any)")
        #expect(try bench.store.points(handle, from: start + 1, through: start + 3 * step).map(\.float) == [0.125, 0.25, 0.375])
        #expect(try bench.store.points(handle, from: start + 1, through: start + step - 1).isEmpty)
        #expect(try bench.store.points(handle, from: start + second, through: start).isEmpty)
        var runs = 0
        try bench.store.scan(handle, from: .min, through: .max, descending: false) { _ in
            runs += 1
            return false
        }
        #expect(runs == 1)
    }

    @Test("series with more, fewer and other tags are kept apart", arguments: ConformanceSubject.available)
    func seriesAreApart(subject: ConformanceSubject) async throws {
        let bench = try ConformanceStore(subject)
        let start = subject.base
        let tagSets: [[Storage.Tag]] = [
            [], [Storage.Tag("device", "a")], [Storage.Tag("device", "a"), Storage.Tag("phase", "A")], [Storage.Tag("device", "b c,d=\"e'")],
            [Storage.Tag("größe x", "ß"), Storage.Tag("device", "a")],
        ]
        var ticket = CommitTicket(sequence: 0)
        for (index, tags) in tagSets.enumerated() {
            ticket = try bench.store.write(try bench.column(tags: tags), [(start, Double(index))])
        }
        try await bench.settle(ticket)
        try bench.reopen()
        for (index, tags) in tagSets.enumerated() {
            #expect(try bench.store.points(try bench.column(tags: tags)).map(\.float) == [Double(index)])
        }
        let columns = try bench.store.columns(in: bench.database, measurement: "pmu")
        #expect(Set(columns.map(\.identity.tags)) == Set(tagSets.map { $0.sorted() }))
        #expect(columns.count == tagSets.count)
        #expect(try bench.store.measurements(in: bench.database) == ["pmu"])
        #expect(bench.store.databases().contains(bench.database))
    }

    @Test("handles, identities and types stay over a restart, and flags make no column", arguments: ConformanceSubject.available)
    func handlesStay(subject: ConformanceSubject) async throws {
        let bench = try ConformanceStore(subject)
        let start = subject.base
        let voltage = try bench.column("voltage"), count = try bench.column("count", .integer)
        try await bench.settle(try bench.store.write(PointColumns(handles: [voltage], times: [start], values: .float([1]), qualities: [3])))
        try bench.reopen()
        #expect(try bench.column("voltage") == voltage && bench.column("count", .integer) == count)
        #expect(bench.store.describe(count)?.type == .integer)
        #expect(try bench.store.columns(in: bench.database, measurement: "pmu").map(\.identity.field) == ["count", "voltage"])
        let conflict = #expect(throws: StorageError.self) { try bench.column("voltage", .integer) }
        #expect(conflict?.code == .fieldTypeConflict)
    }

    @Test("what cannot be is refused with a sentence, and nothing of the call is stored", arguments: ConformanceSubject.available)
    func refusals(subject: ConformanceSubject) throws {
        let bench = try ConformanceStore(subject)
        let store = bench.store
        let start = subject.base
        let handle = try bench.column(), other = try bench.column("n", .integer)
        #expect(throws: StorageError.self) { try bench.column(measurement: "") }
        #expect(throws: StorageError.self) { try bench.column("") }
        #expect(throws: StorageError.self) { try bench.column("time") }
        #expect(throws: StorageError.self) { try bench.column(tags: [Storage.Tag("a", "x"), Storage.Tag("a", "y")]) }
        #expect(throws: StorageError.self) { try store.createDatabase("") }
        let missing = #expect(throws: StorageError.self) { try store.column("x", database: "") }
        #expect(missing?.code == .invalidName)
        let unknown = #expect(throws: StorageError.self) { try store.write(ColumnHandle(rawValue: 99_999), [(start, 1)]) }
        #expect(unknown?.code == .columnNotFound)
        let wrong = #expect(throws: StorageError.self) {
            try store.write(PointColumns(handles: [handle, other], times: [start, start], values: .float([1, 2])))
        }
        #expect(wrong?.code == .fieldTypeConflict)
        #expect(throws: StorageError.self) { try store.write(PointColumns(handles: [handle], times: [1, 2], values: .float([1, 2]))) }
        #expect(try store.points(handle).isEmpty)
        #expect(try store.last(handle) == nil)
    }

    @Test("a dropped database is gone with its handles, and one of its name starts empty", arguments: ConformanceSubject.available)
    func dropping(subject: ConformanceSubject) async throws {
        let bench = try ConformanceStore(subject)
        let start = subject.base
        let handle = try bench.column()
        try await bench.settle(try bench.store.write(handle, [(start, 1)]))
        try bench.store.dropDatabase(bench.database)
        #expect(throws: StorageError.self) { try bench.store.write(handle, [(start, 1)]) }
        #expect(throws: StorageError.self) { try bench.store.points(handle) }
        #expect(bench.store.describe(handle) == nil)
        try bench.store.createDatabase(bench.database)
        let fresh = try bench.column()
        #expect(fresh != handle)
        #expect(try bench.store.points(fresh).isEmpty)
    }

    @Test("InfluxQL gives the same answers on every driver", arguments: ConformanceSubject.available)
    func queries(subject: ConformanceSubject) async throws {
        let bench = try ConformanceStore(subject)
        let start = subject.base
        var ticket = CommitTicket(sequence: 0)
        for (number, device) in ["a", "b"].enumerated() {
            let volts = try bench.column("volts", tags: [Storage.Tag("device", device)])
            let angle = try bench.column("angle", tags: [Storage.Tag("device", device)])
            for handle in [volts, angle] {
                ticket = try bench.store.write(handle, (0..<600).map { (start + Int64($0) * second, 230 + Double(($0 * 7 + number) % 13) / 4) })
            }
        }
        try await bench.settle(ticket)
        let engine = InfluxQLEngine(driver: bench.store)
        func answer(_ text: String) -> String {
            String(
                decoding: engine.execute(text, database: bench.database, epoch: .milliseconds, parameters: nil, now: start + 700 * second).json(),
                as: UTF8.self)
        }
        let mean = answer("SELECT mean(volts), count(angle) FROM pmu WHERE time >= \(start)ns AND time < \(start + 600 * second)ns GROUP BY device")
        // The sums of 600 quarters of a residue modulo 13, by hand: 3595 and 3597.
        #expect(mean.contains(#""tags":{"device":"a"},"columns":["time","mean","count"],"values":[[\#(start / 1_000_000),231.4979166666666"#), "\(mean)")
        #expect(mean.contains(#""values":[[\#(start / 1_000_000),231.49875,600]]"#), "\(mean)")
        #expect(answer("SELECT last(volts) FROM pmu WHERE device = 'b'").contains("[\((start + 599 * second) / 1_000_000),"))
        #expect(answer("SHOW FIELD KEYS").contains(#"[["angle","float"],["volts","float"]]"#))
        #expect(answer("SELECT count(volts) FROM pmu WHERE time > now() - 400s").contains(",598]"))
    }
}

extension ValueColumn {
    /// The values one by one.
    var all: [FieldValue] {
        switch self {
        case .float(let values): values.map { .float($0) }
        case .integer(let values): values.map { .integer($0) }
        case .boolean(let values): values.map { .boolean($0) }
        case .text(let values): values.map { .text($0) }
        }
    }
}
