import Testing

@testable import Storage

/// Random use of a store beside a dictionary that does the same in the plainest way.
@Suite struct EmbeddedStoreModelTests {
    private struct Key: Hashable {
        let column: Int
        let time: Int64
    }

    private static func options(_ random: inout Seeded) -> EmbeddedStoreOptions {
        var options = EmbeddedStoreOptions()
        options.shardSeconds = [7, 30, 86_400].randomElement(using: &random) ?? 30
        options.pointsPerChunk = Int.random(in: 1...60, using: &random)
        options.commitIntervalMilliseconds = UInt64.random(in: 0...3, using: &random)
        options.largestJournalBytes = [0, 500, 1 << 20].randomElement(using: &random) ?? 0
        options.idleShardSeconds = [0, 600].randomElement(using: &random) ?? 0
        return options
    }

    private static func value(_ type: FieldType, _ random: inout Seeded) -> FieldValue {
        switch type {
        case .float: .float(Double(Int.random(in: -5_000...5_000, using: &random)) / 100)
        case .integer: .integer(Int64.random(in: -9...9, using: &random))
        case .boolean: .boolean(Bool.random(using: &random))
        case .text: .text(["", "open", "closed", "é"].randomElement(using: &random) ?? "")
        }
    }

    @Test("a store gives back what a dictionary would", arguments: 0..<16)
    func modelled(_ seed: Int) async throws {
        var random = Seeded(UInt64(seed))
        let folder = TemporaryFolder()
        let told = Told()
        let types: [FieldType] = [.float, .integer, .boolean, .text, .float]
        var store = try EmbeddedStore(folder: folder.path, options: Self.options(&random), log: told.log)
        var handles = try types.enumerated().map { try store.column("f\($0)", $1) }
        var model: [Key: StoredPoint] = [:]
        for _ in 0..<45 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                store.close()
                store = try EmbeddedStore(folder: folder.path, options: Self.options(&random), log: told.log)
                let again = try types.enumerated().map { try store.column("f\($0)", $1) }
                #expect(again == handles)
                handles = again
            case 1...2:
                try Self.check(store, handles, types, model, &random)
            default:
                let column = Int.random(in: 0..<types.count, using: &random)
                let ticket = try Self.write(store, handles[column], column, types[column], &model, &random)
                if Bool.random(using: &random) { #expect(await store.wait(for: ticket) == nil) }
            }
        }
        try Self.check(store, handles, types, model, &random)
        store.close()
        #expect(told.all == [])
    }

    private static func write(
        _ store: EmbeddedStore, _ handle: ColumnHandle, _ column: Int, _ type: FieldType, _ model: inout [Key: StoredPoint],
        _ random: inout Seeded
    ) throws -> CommitTicket {
        let count = Int.random(in: 1...80, using: &random)
        let start = noon + Int64.random(in: 0...30, using: &random) * second
        let isOrdered = Bool.random(using: &random)
        var points: [StoredPoint] = []
        for index in 0..<count {
            let time = isOrdered ? start + Int64(index) * 20_000_000 : noon + Int64.random(in: 0...400, using: &random) * 100_000_000
            let quality: UInt32 = Int.random(in: 0..<20, using: &random) == 0 ? 5 : 0
            let point = StoredPoint(time: time, value: value(type, &random), quality: quality)
            points.append(point)
            model[Key(column: column, time: time)] = point
        }
        let values: ValueColumn =
            switch type {
            case .float: .float(points.compactMap(\.float))
            case .integer: .integer(points.compactMap { if case .integer(let value) = $0.value { value } else { nil } })
            case .boolean: .boolean(points.compactMap { if case .boolean(let value) = $0.value { value } else { nil } })
            case .text: .text(points.compactMap { if case .text(let value) = $0.value { value } else { nil } })
            }
        return try store.write(
            PointColumns(
                handles: points.map { _ in handle }, times: points.map(\.time), values: values,
                qualities: points.map(\.quality)))
    }

    private static func check(
        _ store: EmbeddedStore, _ handles: [ColumnHandle], _ types: [FieldType], _ model: [Key: StoredPoint],
        _ random: inout Seeded
    ) throws {
        for column in types.indices {
            let from = noon + Int64.random(in: -1...30, using: &random) * second
            let through = from + Int64.random(in: 0...40, using: &random) * second
            let all = model.filter { $0.key.column == column }.map(\.value).sorted { $0.time < $1.time }
            let part = all.filter { $0.time >= from && $0.time <= through }
            #expect(try store.points(handles[column]) == all)
            #expect(try store.points(handles[column], from: from, through: through) == part)
            #expect(try store.points(handles[column], from: from, through: through, descending: true) == part.reversed())
            #expect(try store.last(handles[column]) == all.last)
        }
    }
}
