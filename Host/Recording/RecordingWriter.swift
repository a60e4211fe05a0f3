internal import Glibc

/// Appends messages to a recording. Use it from one task, and ``close()`` it; what was not flushed is lost with the process.
public final class RecordingWriter {
    /// Bytes of messages after which a block is written.
    private static let blockSize = 64 << 10

    /// Time 0 of the messages: nanoseconds since 1970-01-01T00:00:00Z.
    public let began: Int64
    /// Bytes of the file, those that wait for ``flush()`` not counted.
    public private(set) var fileSize: Int
    /// Time of the last message; the next may not be earlier.
    public private(set) var lastTime: Int64
    private let path: String
    private var descriptor: Int32
    private var body: [UInt8] = []
    private var topics: [String: Int] = [:]
    private var count = 0
    private var firstTime: Int64 = 0
    private var previousTime: Int64 = 0

    /// Makes a new file.
    /// - Throws: ``RecordingError`` if it exists or can't be written.
    public init(create path: String, began: Int64) throws(RecordingError) {
        self.path = path
        self.began = began
        lastTime = 0
        fileSize = 0
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .inputOutput(path, "made") }
        try write(RecordingHeader(began: began).bytes)
    }

    /// Goes on with a file, after cutting off what a crash left torn at its end.
    /// - Throws: ``RecordingError`` if it can't be read or written, is damaged, or is no recording.
    public init(appendingTo path: String) throws(RecordingError) {
        let reader = try RecordingReader(path)
        var last: Int64 = 0
        while let messages = try reader.next() { last = messages.last?.time ?? last }
        self.path = path
        began = reader.began
        lastTime = last
        fileSize = reader.wholeBytes
        descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0, ftruncate(descriptor, fileSize) == 0, lseek(descriptor, 0, SEEK_END) == fileSize else {
            throw .inputOutput(path, "appended to")
        }
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    /// Takes a message; writes a block once it is full.
    /// - Throws: ``RecordingError`` if its time is before that of the last, or the disk fails.
    public func append(_ message: RecordedMessage) throws(RecordingError) {
        guard message.time >= lastTime else { throw .order(message.time, after: lastTime) }
        if count == 0 {
            firstTime = message.time
            previousTime = message.time
        }
        body.append(varint: UInt64(message.time - previousTime))
        body.append(min(message.qos, 2) | (message.isRetained ? 4 : 0))
        append(topic: message.topic)
        body.append(varint: UInt64(message.payload.count))
        body += message.payload
        previousTime = message.time
        lastTime = message.time
        count += 1
        if body.count >= Self.blockSize { try flush() }
    }

    private func append(topic: String) {
        if let number = topics[topic] { return body.append(varint: UInt64(number)) }
        body.append(varint: UInt64(topics.count))
        topics[topic] = topics.count
        body.append(varint: UInt64(topic.utf8.count))
        body += topic.utf8
    }

    /// Writes what was taken, as one block.
    /// - Throws: ``RecordingError`` if the disk fails.
    public func flush() throws(RecordingError) {
        guard count > 0 else { return }
        try write(BlockHeader.block(count: count, firstTime: firstTime, body: body))
        body.removeAll(keepingCapacity: true)
        topics.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Writes what was taken, and makes the file durable.
    /// - Throws: ``RecordingError`` if the disk fails.
    public func close() throws(RecordingError) {
        guard descriptor >= 0 else { return }
        try flush()
        guard fsync(descriptor) == 0 else { throw .inputOutput(path, "made durable") }
        Glibc.close(descriptor)
        descriptor = -1
    }

    private func write(_ bytes: [UInt8]) throws(RecordingError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .inputOutput(path, "written") }
            done += count
        }
        fileSize += bytes.count
    }
}
