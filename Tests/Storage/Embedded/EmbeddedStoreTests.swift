import Testing

@testable import Storage

@Suite struct EmbeddedStoreTests {
    @Test("points of every type come back after a restart, with their qualities")
    func everyType() async throws {
        let folder = TemporaryFolder()
        let columns: [ValueColumn] = [
            .float([1.5, -0.0, 3]), .integer([.min, 0, .max]), .boolean([true, false, true]), .text(["a", "", "ü\n"]),
        ]
        func check(_ store: EmbeddedStore) throws {
            for values in columns {
                let points = try store.points(try store.column("f\(values.type.rawValue)", values.type))
                #expect(points.map(\.time) == [noon, noon + 1, noon + 2])
                #expect(points.map(\.quality) == [0, 7, .max])
                let expected: [FieldValue] =
                    switch values {
                    case .float(let values): values.map { .float($0) }
                    case .integer(let values): values.map { .integer($0) }
                    case .boolean(let values): values.map { .boolean($0) }
                    case .text(let values): values.map { .text($0) }
                    }
                #expect(points.map(\.value) == expected)
                #expect(try store.last(try store.column("f\(values.type.rawValue)", values.type)) == points.last)
            }
        }
        let store = try EmbeddedStore(folder: folder.path)
        for values in columns {
            let handle = try store.column("f\(values.type.rawValue)", values.type)
            let ticket = try store.write(
                PointColumns(
                    handles: [handle, handle, handle], times: [noon, noon + 1, noon + 2], values: values,
                    qualities: [0, 7, .max]))
            #expect(await store.wait(for: ticket) == nil)
        }
        try check(store)
        store.close()
        let again = try EmbeddedStore(folder: folder.path)
        try check(again)
        again.close()
    }

    @Test("the last write of a time wins in a head, between chunk and head, and after a restart")
    func lastWriteWins() async throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.pointsPerChunk = 10
        var store = try EmbeddedStore(folder: folder.path, options: options)
        var handle = try store.column()
        _ = try store.write(handle, [(noon, 1), (noon + 1, 1), (noon, 2)])
        #expect(try store.points(handle).map(\.float) == [2, 1])
        for round in 0..<5 {
            let ticket = try store.write(handle, (0..<20).map { (noon + Int64($0), Double(round * 100 + $0)) })
            #expect(await store.wait(for: ticket) == nil)
        }
        _ = try store.write(handle, [(noon + 3, -3)])
        let expected = (0..<20).map { $0 == 3 ? -3 : Double(400 + $0) }
        #expect(try store.points(handle).map(\.float) == expected)
        #expect(try store.points(handle, descending: true).map(\.float) == expected.reversed())
        for _ in 0..<3 {
            store.close()
            store = try EmbeddedStore(folder: folder.path, options: options)
            handle = try store.column()
            #expect(try store.points(handle).map(\.float) == expected)
        }
        store.close()
    }

    @Test("a restart keeps handles, identities, types and order of columns")
    func handlesStay() throws {
        let folder = TemporaryFolder()
        var store = try EmbeddedStore(folder: folder.path)
        try store.createDatabase("dsotp")
        var handles: [ColumnIdentity: ColumnHandle] = [:]
        for device in ["a", "b=,\\", "ü ö"] {
            for (field, type) in [("x", FieldType.float), ("n", .integer)] {
                let identity = ColumnIdentity(
                    database: "dsotp", measurement: "m \(field)", tags: [Storage.Tag("phase", "A"), Storage.Tag("device", device)], field: field)
                handles[identity] = try store.resolve(identity, type: type)
            }
        }
        #expect(Set(handles.values).count == 6)
        store.close()
        store = try EmbeddedStore(folder: folder.path)
        #expect(store.databases() == ["dsotp"])
        #expect(try store.measurements(in: "dsotp") == ["m n", "m x"])
        for (identity, handle) in handles {
            #expect(try store.resolve(identity, type: identity.field == "x" ? .float : .integer) == handle)
            #expect(store.describe(handle)?.identity == identity)
        }
        #expect(try store.columns(in: "dsotp", measurement: "m x").map { $0.identity.tags[0].value } == ["a", "b=,\\", "ü ö"])
        #expect(store.statistics().columns == 6)
        store.close()
    }

    @Test("names that cannot be and types that differ are refused with a sentence")
    func refusals() throws {
        let folder = TemporaryFolder()
        let store = try EmbeddedStore(folder: folder.path)
        defer { store.close() }
        let handle = try store.column()
        func resolve(_ measurement: String, _ tags: [Storage.Tag], _ field: String, _ type: FieldType = .float) throws {
            _ = try store.resolve(
                ColumnIdentity(database: "dsotp", measurement: measurement, tags: tags, field: field), type: type)
        }
        #expect(throws: StorageError.self) { try resolve("", [], "f") }
        #expect(throws: StorageError.self) { try resolve("m", [], "") }
        #expect(throws: StorageError.self) { try resolve("m", [], "time") }
        #expect(throws: StorageError.self) { try resolve("m", [Storage.Tag("", "x")], "f") }
        #expect(throws: StorageError.self) { try resolve("m", [Storage.Tag("a", "x"), Storage.Tag("a", "y")], "f") }
        #expect(throws: StorageError.self) { try store.createDatabase("") }
        let conflict = #expect(throws: StorageError.self) { try resolve("pmu", [], "value", .text) }
        #expect(
            conflict?.description
                == "field type conflict: input field \"value\" on measurement \"pmu\" is type string, already exists as type float")
        let unknown = #expect(throws: StorageError.self) { try store.write(ColumnHandle(rawValue: 99), [(noon, 1)]) }
        #expect(unknown?.code == .columnNotFound)
        #expect(throws: StorageError.self) {
            try store.write(PointColumns(handles: [handle, handle], times: [1, 2], values: .integer([1, 2])))
        }
        #expect(throws: StorageError.self) {
            try store.write(PointColumns(handles: [handle], times: [1, 2], values: .float([1, 2])))
        }
        #expect(try store.points(handle).isEmpty)
        #expect(store.statistics().pointsRefused == 3)
    }

    @Test("a call with one bad point stores none of its points")
    func allOrNothing() throws {
        let folder = TemporaryFolder()
        let store = try EmbeddedStore(folder: folder.path)
        defer { store.close() }
        let good = try store.column(), other = try store.column("n", .integer)
        #expect(throws: StorageError.self) {
            try store.write(PointColumns(handles: [good, other], times: [1, 2], values: .float([1, 2])))
        }
        #expect(try store.points(good).isEmpty)
    }

    @Test("the entry for services stores what it is given")
    func hotEntry() async throws {
        let folder = TemporaryFolder()
        let store = try EmbeddedStore(folder: folder.path)
        let handle = try store.column()
        let count = 3_000
        let handles = [UInt64](repeating: handle.rawValue, count: count)
        let times = (0..<count).map { noon + Int64($0) }, values = (0..<count).map { Double($0) / 8 }
        let qualities = (0..<count).map { UInt32($0 % 2) }
        let ticket = try handles.withUnsafeBufferPointer { handles in
            try times.withUnsafeBufferPointer { times in
                try values.withUnsafeBufferPointer { values in
                    try qualities.withUnsafeBufferPointer {
                        try store.write(handles: handles, times: times, values: values, qualities: $0)
                    }
                }
            }
        }
        #expect(await store.wait(for: ticket) == nil)
        let points = try store.points(handle)
        #expect(points.map(\.float) == values)
        #expect(points.map(\.quality) == qualities)
        store.close()
    }

    @Test("points at the ends of time and across shards are kept in order")
    func endsOfTime() async throws {
        let folder = TemporaryFolder()
        let times: [Int64] = [.min, .min + 1, -86_400 * second - 1, -1, 0, 1, noon, noon + 86_400 * second, .max - 1, .max]
        let store = try EmbeddedStore(folder: folder.path)
        let handle = try store.column()
        #expect(await store.wait(for: try store.write(handle, times.reversed().map { ($0, Double($0)) })) == nil)
        #expect(try store.points(handle).map(\.time) == times)
        store.close()
        let again = try EmbeddedStore(folder: folder.path)
        #expect(try again.points(try again.column(), descending: true).map(\.time) == times.reversed())
        #expect(try again.points(handle, from: -1, through: noon).map(\.time) == [-1, 0, 1, noon])
        #expect(try again.last(handle)?.time == .max)
        again.close()
    }

    @Test("a dropped database is gone with its handles and files, and one of its name starts empty")
    func dropping() async throws {
        let folder = TemporaryFolder()
        var store = try EmbeddedStore(folder: folder.path)
        let handle = try store.column(), kept = try store.column(database: "a/../b")
        let ticket = try store.write(handle, [(noon, 1)])
        #expect(await store.wait(for: ticket) == nil)
        #expect(await store.wait(for: try store.write(kept, [(noon, 2)])) == nil)
        try store.dropDatabase("dsotp")
        #expect(throws: StorageError.self) { try store.dropDatabase("dsotp") }
        #expect(store.databases() == ["a/../b"])
        #expect(store.describe(handle) == nil)
        #expect(throws: StorageError.self) { try store.write(handle, [(noon, 1)]) }
        #expect(throws: StorageError.self) { try store.points(handle) }
        #expect(folder.files(named: "wal.sqlite").count == 1)
        let fresh = try store.column()
        #expect(fresh != handle)
        #expect(try store.points(fresh).isEmpty)
        store.close()
        store = try EmbeddedStore(folder: folder.path)
        #expect(store.databases() == ["a/../b", "dsotp"])
        #expect(try store.points(try store.column()).isEmpty)
        #expect(try store.points(try store.column(database: "a/../b")).map(\.float) == [2])
        #expect(try store.column() == fresh)
        store.close()
    }

    @Test("a database made again after it was read and dropped shows its own points only")
    func madeAgain() async throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.pointsPerChunk = 2
        options.largestJournalBytes = 0
        let store = try EmbeddedStore(folder: folder.path, options: options)
        for round in 0..<4 {
            let handle = try store.column()
            for index in 0..<6 {
                let ticket = try store.write(handle, [(noon + Int64(index), Double(round))])
                #expect(await store.wait(for: ticket) == nil)
                #expect(try store.points(handle).map(\.float) == (0...index).map { _ in Double(round) })
            }
            try store.scan(handle, from: .min, through: .max, descending: false) { _ in
                if round == 2 { try? store.dropDatabase("dsotp") }
                return true
            }
            if round != 2 { try store.dropDatabase("dsotp") }
        }
        #expect(folder.files(named: "chunks.sqlite") == [])
        store.close()
    }

    @Test("a second store in the folder is refused with a sentence until the first closes")
    func secondOpener() throws {
        let folder = TemporaryFolder()
        let store = try EmbeddedStore(folder: folder.path)
        let error = #expect(throws: StorageError.self) { try EmbeddedStore(folder: folder.path) }
        #expect(error?.description.contains("is in use by another process") == true)
        store.close()
        try EmbeddedStore(folder: folder.path).close()
    }

    @Test("after closing everything is refused, and waiters are told")
    func closing() async throws {
        let folder = TemporaryFolder()
        let store = try EmbeddedStore(folder: folder.path)
        let handle = try store.column()
        let ticket = try store.write(handle, [(noon, 1)])
        store.close()
        store.close()
        #expect(throws: StorageError.storeClosed) { try store.write(handle, [(noon, 1)]) }
        #expect(throws: StorageError.storeClosed) { try store.points(handle) }
        #expect(await store.wait(for: ticket) == .storeClosed)
        let again = try EmbeddedStore(folder: folder.path)
        #expect(try again.points(handle).map(\.float) == [1])
        again.close()
    }

    @Test("scans stop when asked")
    func stopping() throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.shardSeconds = 1
        let store = try EmbeddedStore(folder: folder.path, options: options)
        defer { store.close() }
        let handle = try store.column()
        _ = try store.write(handle, (0..<10).map { (noon + $0 * second, Double($0)) })
        var runs = 0
        try store.scan(handle, from: .min, through: .max, descending: false) { _ in
            runs += 1
            return runs < 3
        }
        #expect(runs == 3)
    }
}
