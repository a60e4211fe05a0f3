import Glibc
import Testing

@testable import Storage

@Suite("Key-value store")
struct KeyValueStoreTests {
    private static let quota: Int64 = 1 << 20

    private static func makeFolder() throws -> String {
        var template = Array("/tmp/dsotp-kv-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { template in
            template.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        return try #require(made)
    }

    /// Calls `body` with the path of a file in a folder of its own, which is removed afterwards.
    private func withPath(_ body: (String) throws -> Void) throws {
        let folder = try Self.makeFolder()
        defer { FileSystem.remove(folder) }
        try body(folder + "/services/memory.sqlite")
    }

    private func keys(_ store: KeyValueStore, _ service: String, _ prefix: String = "") throws -> [String] {
        var keys: [String] = []
        try store.visit(service: service, prefix: prefix) { key, _ in
            keys.append(key)
            return true
        }
        return keys
    }

    @Test("What was put is there after the file is opened again; services do not see each other's keys")
    func reopen() throws {
        try withPath { path in
            let store = try KeyValueStore(path: path)
            let bytes = (0...255).map { UInt8($0) }
            try store.put(service: "a", key: "k", value: bytes, quotaBytes: Self.quota)
            try store.put(service: "b", key: "k", value: [1], quotaBytes: Self.quota)
            try store.put(service: "a", key: "empty", value: [], quotaBytes: Self.quota)
            store.close()
            let again = try KeyValueStore(path: path)
            #expect(try again.get(service: "a", key: "k") == bytes)
            #expect(try again.get(service: "b", key: "k") == [1])
            #expect(try again.get(service: "a", key: "empty") == [])
            #expect(try again.get(service: "b", key: "empty") == nil)
            #expect(again.usedBytes(service: "a") == 257 + 5)
            again.close()
        }
    }

    @Test("A second put replaces the value, remove takes it away, and removing what is not there is no error")
    func replaceAndRemove() throws {
        try withPath { path in
            let store = try KeyValueStore(path: path)
            defer { store.close() }
            try store.put(service: "s", key: "k", value: [1, 2, 3], quotaBytes: Self.quota)
            try store.put(service: "s", key: "k", value: [4], quotaBytes: Self.quota)
            #expect(try store.get(service: "s", key: "k") == [4])
            #expect(store.usedBytes(service: "s") == 2)
            try store.remove(service: "s", key: "k")
            try store.remove(service: "s", key: "k")
            #expect(try store.get(service: "s", key: "k") == nil)
            #expect(store.usedBytes(service: "s") == 0)
        }
    }

    @Test("A put above the quota is refused and the old value stands; an entry may always shrink")
    func quota() throws {
        try withPath { path in
            let store = try KeyValueStore(path: path)
            defer { store.close() }
            try store.put(service: "s", key: "k", value: [UInt8](repeating: 7, count: 9), quotaBytes: 10)
            let error = #expect(throws: StorageError.self) {
                try store.put(service: "s", key: "k", value: [UInt8](repeating: 8, count: 10), quotaBytes: 10)
            }
            #expect(error?.code == .quotaExceeded)
            #expect(throws: StorageError.self) { try store.put(service: "s", key: "l", value: [], quotaBytes: 10) }
            #expect(try store.get(service: "s", key: "k") == [UInt8](repeating: 7, count: 9))
            try store.put(service: "s", key: "k", value: [1, 2, 3], quotaBytes: 2)
            #expect(try store.get(service: "s", key: "k") == [1, 2, 3])
            try store.put(service: "other", key: "k", value: [UInt8](repeating: 0, count: 9), quotaBytes: 10)
        }
    }

    @Test("A visit gives the keys with the prefix in the order of their UTF-8 bytes")
    func order() throws {
        try withPath { path in
            let store = try KeyValueStore(path: path)
            defer { store.close() }
            let all = ["b", "a/2", "a/10", "a", "a/é", "a/e\u{301}", "a/z", "\u{1F50C}", "\u{FFFD}", "B"]
            for key in all { try store.put(service: "s", key: key, value: Array(key.utf8), quotaBytes: Self.quota) }
            try store.put(service: "t", key: "a/x", value: [], quotaBytes: Self.quota)
            let sorted = all.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(try keys(store, "s").map { Array($0.utf8) } == sorted.map { Array($0.utf8) })
            #expect(try keys(store, "s", "a/").count == 5)
            #expect(try keys(store, "s", "a/e") == ["a/e\u{301}"])
            #expect(try keys(store, "s", "c").isEmpty)
        }
    }

    @Test("A visit stops when it is told to, and its body may change the store")
    func visit() throws {
        try withPath { path in
            let store = try KeyValueStore(path: path)
            defer { store.close() }
            for key in ["1", "2", "3"] { try store.put(service: "s", key: key, value: [], quotaBytes: Self.quota) }
            var seen: [String] = []
            try store.visit(service: "s") { key, _ in
                seen.append(key)
                #expect(throws: Never.self) { try store.remove(service: "s", key: key) }
                return seen.count < 2
            }
            #expect(seen == ["1", "2"])
            #expect(try keys(store, "s") == ["3"])
        }
    }

    @Test("A key of no bytes or of more than 256 is refused", arguments: [0, 1, 256, 257])
    func keyLength(count: Int) throws {
        try withPath { path in
            let store = try KeyValueStore(path: path)
            defer { store.close() }
            let key = String(repeating: "k", count: count)
            if (1...256).contains(count) {
                try store.put(service: "s", key: key, value: [1], quotaBytes: Self.quota)
                #expect(try store.get(service: "s", key: key) == [1])
            } else {
                let error = #expect(throws: StorageError.self) {
                    try store.put(service: "s", key: key, value: [1], quotaBytes: Self.quota)
                }
                #expect(error?.code == .invalidName)
            }
        }
    }

    @Test("Random changes agree with a dictionary, also over reopening", arguments: 0..<8)
    func model(seed: UInt64) throws {
        try withPath { path in
            var random = RepeatableRandom(state: seed &* 0x9e37_79b9_7f4a_7c15 | 1)
            var model: [String: [UInt8]] = [:]
            var store = try KeyValueStore(path: path)
            for step in 0..<150 {
                let key = "k\(Int.random(in: 0..<20, using: &random))"
                if Int.random(in: 0..<3, using: &random) == 0 {
                    try store.remove(service: "s", key: key)
                    model[key] = nil
                } else {
                    let value = (0..<Int.random(in: 0..<50, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                    let used = model.reduce(0) { $0 + ($1.key == key ? 0 : $1.key.utf8.count + $1.value.count) }
                    let fits = used + key.utf8.count + value.count <= 400
                    let shrinks = model[key].map { value.count <= $0.count } ?? false
                    if fits || shrinks {
                        try store.put(service: "s", key: key, value: value, quotaBytes: 400)
                        model[key] = value
                    } else {
                        #expect(throws: StorageError.self) { try store.put(service: "s", key: key, value: value, quotaBytes: 400) }
                    }
                }
                if step % 40 == 39 {
                    store.close()
                    store = try KeyValueStore(path: path)
                }
                #expect(store.usedBytes(service: "s") == Int64(model.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }))
            }
            var found: [String: [UInt8]] = [:]
            try store.visit(service: "s") { key, value in
                found[key] = value
                return true
            }
            #expect(found == model)
            store.close()
        }
    }

    @Test("Threads that write at the same time lose nothing")
    func concurrent() async throws {
        let folder = try Self.makeFolder()
        defer { FileSystem.remove(folder) }
        let store = try KeyValueStore(path: folder + "/memory.sqlite")
        defer { store.close() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<25 {
                        try store.put(service: "s", key: "\(writer)-\(number)", value: [UInt8(number)], quotaBytes: Self.quota)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try keys(store, "s").count == 100)
    }

    @Test("A damaged file is put aside and told of; the store opens empty and works")
    func damaged() throws {
        try withPath { path in
            let store = try KeyValueStore(path: path)
            try store.put(service: "s", key: "k", value: [1], quotaBytes: Self.quota)
            store.close()
            let file = try #require(fopen(path, "r+"))
            let rubbish = [UInt8](repeating: 0xA5, count: 4096)
            #expect(fwrite(rubbish, 1, rubbish.count, file) == rubbish.count)
            fclose(file)
            var told: [String] = []
            let again = try KeyValueStore(path: path) { told.append($0) }
            #expect(told.count == 1)
            #expect(FileSystem.exists(path + ".damaged-1"))
            #expect(try again.get(service: "s", key: "k") == nil)
            try again.put(service: "s", key: "k", value: [2], quotaBytes: Self.quota)
            #expect(try again.get(service: "s", key: "k") == [2])
            again.close()
        }
    }

    @Test("A closed store refuses every call with a sentence")
    func closed() throws {
        try withPath { path in
            let store = try KeyValueStore(path: path)
            store.close()
            let error = #expect(throws: StorageError.self) { try store.get(service: "s", key: "k") }
            #expect(error?.code == .closed)
            #expect(throws: StorageError.self) { try store.put(service: "s", key: "k", value: [], quotaBytes: Self.quota) }
            #expect(throws: StorageError.self) { try store.remove(service: "s", key: "k") }
            #expect(throws: StorageError.self) { try store.visit(service: "s") { _, _ in true } }
        }
    }

    @Test("A path that cannot be opened is refused with a sentence that names it")
    func notOpenable() throws {
        let error = #expect(throws: StorageError.self) { try KeyValueStore(path: "/proc/none/memory.sqlite") }
        #expect(error?.code == .inputOutput)
        #expect(error?.description.contains("/proc/none") == true)
    }
}

/// Numbers that are the same for the same seed (xorshift64, Marsaglia 2003).
private struct RepeatableRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }
}
