internal import Glibc

/// Reads a recording, block after block. Use it from one task.
public final class RecordingReader {
    /// When the recording began: nanoseconds since 1970-01-01T00:00:00Z. Time 0 of its messages.
    public let began: Int64
    /// Bytes read so far that are whole: where a recorder may go on.
    public private(set) var wholeBytes = RecordingHeader.size
    /// Bytes at the end that are no whole block, known once all was read: what a crash of the recorder left.
    public private(set) var tornBytes = 0
    private let path: String
    private let descriptor: Int32
    private let fileSize: Int
    private var isAtEnd = false

    /// Opens a recording.
    /// - Throws: ``RecordingError`` if it can't be read, is none, or is of a newer version.
    public init(_ path: String) throws(RecordingError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            began = 0
            fileSize = 0
            throw .inputOutput(path, "read")
        }
        var status = stat()
        fileSize = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
        do throws(RecordingError) {
            let bytes = try Self.read(descriptor, RecordingHeader.size, at: 0, path)
            began = try RecordingHeader(parsing: bytes, path: path).began
        } catch {
            began = 0
            throw error
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The messages of the next block, in their order; nil at the end.
    /// - Throws: ``RecordingError`` for a block that is damaged although others follow it.
    public func next() throws(RecordingError) -> [RecordedMessage]? {
        guard !isAtEnd else { return nil }
        let rest = fileSize - wholeBytes
        guard rest > 0 else { return end(torn: 0) }
        guard rest >= BlockHeader.size else { return end(torn: rest) }
        let header = BlockHeader(parsing: try Self.read(descriptor, BlockHeader.size, at: wholeBytes, path))
        let length = BlockHeader.size + header.length
        // Zeros are what some file systems leave of a block that never reached the disk.
        guard header.count > 0, length <= rest else { return end(torn: rest) }
        let body = try Self.read(descriptor, header.length, at: wholeBytes + BlockHeader.size, path)
        var block = BlockReader(body: body, firstTime: header.firstTime)
        guard header.checksum == CRC32.checksum(body, after: CRC32.checksum(header.covered)), header.firstTime >= 0,
            let records = block.records(header.count)
        else {
            if length == rest { return end(torn: rest) }
            throw .damaged(path, at: wholeBytes)
        }
        wholeBytes += length
        return records
    }

    private func end(torn: Int) -> [RecordedMessage]? {
        isAtEnd = true
        tornBytes = torn
        return nil
    }

    private static func read(_ descriptor: Int32, _ count: Int, at offset: Int, _ path: String) throws(RecordingError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress.map { $0 + done }, count - done, offset + done) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .inputOutput(path, "read") }
            guard got > 0 else { return Array(bytes[..<done]) }
            done += got
        }
        return bytes
    }
}
