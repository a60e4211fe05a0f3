internal import Glibc

/// One file of a spill: a header, then records behind each other. It is appended to by the spill's thread and read by the service's.
final class SpillFile: @unchecked Sendable {
    // @unchecked: `end`, `messages`, `isRead` and `isDamaged` are changed with the spill's lock held, `consumed` by the service's thread alone;
    // the rest never changes.

    let path: String
    let descriptor: Int32
    /// Names the run of the host that wrote it: only that run can give the acknowledgements that its records owe.
    let run: UInt64
    /// Behind the last whole record.
    var end: Int
    /// Records between `consumed` and `end` that nobody took yet.
    var messages: Int
    /// Whether the reader has left it for good.
    var isRead = false
    /// Whether something of it was lost.
    var isDamaged = false
    /// Behind the last record that the service is done with.
    private(set) var consumed: Int

    static let headerSize = 64
    private static let magic: UInt64 = 0x3150_5350_4F54_5344  // "DSTOPSP1"

    private init(path: String, descriptor: Int32, run: UInt64, end: Int, messages: Int, consumed: Int) {
        self.path = path
        self.descriptor = descriptor
        self.run = run
        self.end = end
        self.messages = messages
        self.consumed = consumed
    }

    deinit { close(descriptor) }

    /// Makes a new file.
    static func create(_ path: String, run: UInt64) throws(HostFiles.Failure) -> SpillFile {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostFiles.Failure("can't create \(path)") }
        let file = SpillFile(path: path, descriptor: descriptor, run: run, end: headerSize, messages: 0, consumed: headerSize)
        var header = [UInt8](repeating: 0, count: headerSize)
        header.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: magic, as: UInt64.self)
            bytes.storeBytes(of: run, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: UInt64(headerSize), toByteOffset: 16, as: UInt64.self)
        }
        do throws(HostFiles.Failure) {
            try file.put(header, at: 0)
        } catch {
            unlink(path)
            throw error
        }
        return file
    }

    /// Opens a file that an earlier run left, and finds its whole records.
    ///
    /// - Returns: `nil` if it is not a spill file. `lost` is how many bytes at its end or behind damage can't be read.
    static func existing(_ path: String) throws(HostFiles.Failure) -> (file: SpillFile, lost: Int)? {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostFiles.Failure("can't open \(path)") }
        var status = stat()
        var header = [UInt64](repeating: 0, count: 8)
        let headerCount = pread(descriptor, &header, headerSize, 0)
        guard fstat(descriptor, &status) == 0, headerCount >= 0 else {
            let failure = HostFiles.Failure("can't read \(path)")
            close(descriptor)
            throw failure
        }
        guard headerCount == headerSize, header[0] == magic else {
            close(descriptor)
            return nil
        }
        let size = Int(status.st_size)
        let consumed = min(max(Int(clamping: header[2]), headerSize), size)
        let file = SpillFile(path: path, descriptor: descriptor, run: header[1], end: consumed, messages: 0, consumed: consumed)
        try file.scan(size: size)
        file.isDamaged = file.end < size
        return (file, size - file.end)
    }

    private func scan(size: Int) throws(HostFiles.Failure) {
        var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while end < size {
            let count = try read(into: buffer, at: end)
            let walk = SpillRecord.walk(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            end += walk.bytes
            messages += walk.records
            guard walk.bytes == 0 else { continue }
            // What follows is a record larger than the buffer, or damaged.
            guard walk.next > buffer.count, walk.next <= size - end else { return }
            buffer.deallocate()
            buffer = .allocate(byteCount: walk.next, alignment: 64)
        }
    }

    /// Appends bytes; on a failure nothing of them counts.
    func append(_ bytes: [UInt8]) throws(HostFiles.Failure) { try put(bytes, at: end) }

    func sync() throws(HostFiles.Failure) {
        guard fdatasync(descriptor) == 0 else { throw HostFiles.Failure("can't write \(path) to the disk") }
    }

    /// Reads as many bytes as there are, at most `buffer`'s.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(HostFiles.Failure) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw HostFiles.Failure("can't read \(path)") }
            return count
        }
    }

    /// Where what is left of a damaged file stays.
    var damagedPath: String { path + ".damaged" }

    /// Removes the file; one of which something was lost is put aside instead, for a person to look at.
    func remove() {
        if isDamaged { rename(path, damagedPath) } else { unlink(path) }
    }

    /// Notes that the service is done with everything before `offset`. It is in the kernel's hands then: kill -9 of the host does not
    /// bring it back, a power failure may.
    func consume(to offset: Int) {
        consumed = offset
        var position = UInt64(offset)
        _ = pwrite(descriptor, &position, 8, 16)
    }

    private func put(_ bytes: [UInt8], at offset: Int) throws(HostFiles.Failure) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw HostFiles.Failure("can't write \(path)") }
            written += count
        }
    }
}
