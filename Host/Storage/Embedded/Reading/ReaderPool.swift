/// Readers kept open for the next scan, a bounded number, the longest unused closed first.
final class ReaderPool: Sendable {
    private static let capacity = 32
    private let idle = Monitor<[ChunkReader]>([])

    func take(path: String) throws(SQLiteError) -> ChunkReader {
        let number = FileSystem.number(of: path)
        let reader = idle.withLock { idle -> ChunkReader? in
            idle.removeAll { $0.path == path && $0.fileNumber != number }
            guard let index = idle.lastIndex(where: { $0.path == path }) else { return nil }
            return idle.remove(at: index)
        }
        if let reader { return reader }
        return try ChunkReader(path: path)
    }

    func giveBack(_ reader: ChunkReader) {
        idle.withLock { idle in
            idle.append(reader)
            if idle.count > Self.capacity { idle.removeFirst() }
        }
    }

    /// Closes the readers of files in a folder that goes away.
    func discard(under folder: String) { idle.withLock { $0.removeAll { $0.path.hasPrefix(folder + "/") } } }

    func discardAll() { idle.withLock { $0 = [] } }
}
