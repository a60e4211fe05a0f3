internal import Glibc

/// How much memory of `malloc` this process has in use.
enum MemoryUse {
    /// Bytes a cycle that count as nothing: growing tables of the C library and of the Swift runtime.
    private static let noise = 16

    /// Bytes in use that are added by each of `cycles` runs, after a tenth as many to warm up.
    static func growth(cycles: Int, _ body: () throws -> Void) throws -> Int {
        for _ in 0..<max(10, cycles / 10) { try body() }
        // The first look takes memory itself, some 16 KiB of the runtime's.
        _ = inUse()
        let before = inUse()
        for _ in 0..<cycles { try body() }
        return (inUse() - before) / cycles
    }

    static func verdict(_ bytesPerCycle: Int, of what: String) -> Verdict {
        guard bytesPerCycle < noise else {
            return .failed("\(bytesPerCycle) bytes are left behind by each \(what) (free what was allocated, release what was received)")
        }
        return .passed("nothing is left behind by a \(what)")
    }

    /// By `malloc_info(3)`, over all arenas: what they hold, less what is free, plus what was mapped.
    private static func inUse() -> Int {
        typealias Information = @convention(c) (Int32, UnsafeMutableRawPointer?) -> Int32
        guard let symbol = dlsym(nil, "malloc_info") else { return 0 }
        var text: UnsafeMutablePointer<CChar>?
        var size = 0
        guard let stream = open_memstream(&text, &size) else { return 0 }
        _ = unsafeBitCast(symbol, to: Information.self)(0, UnsafeMutableRawPointer(stream))
        fclose(stream)
        guard let text else { return 0 }
        defer { free(text) }
        return inUse(information: String(cString: text))
    }

    /// - Parameter information: the XML that `malloc_info` writes; its last lines are the sums over all arenas.
    static func inUse(information: String) -> Int {
        var sizes: [Substring: Int] = [:]
        for line in information.split(separator: "\n") {
            let words = line.split(whereSeparator: { " =\"<>/".contains($0) })
            guard words.count >= 4, let place = words.firstIndex(of: "size"), place + 1 < words.count, let size = Int(words[place + 1]) else { continue }
            if words[0] == "total" || words[0] == "system" { sizes[words[2]] = size }
        }
        return sizes["current", default: 0] - sizes["fast", default: 0] - sizes["rest", default: 0] + sizes["mmap", default: 0]
    }
}
