internal import Glibc

/// One file of the spool: records end to end. Appended by one thread, read by any; its space is free once nobody holds it and it is unlinked.
final class SpoolFile: Sendable {
    let path: String
    let number: UInt64
    private let descriptor: Int32

    /// Opens or makes a file.
    init(folder: String, number: UInt64) throws(StorageError) {
        self.number = number
        path = folder + "/" + Self.name(number)
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw Self.failure("open \(path)") }
        // The file's name, too, is to outlive a power failure.
        if size == 0, !FileSystem.synchronize(folder: folder) { throw Self.failure("open \(path)") }
    }

    deinit { close(descriptor) }

    static func name(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".spool"
    }

    static func number(of name: String) -> UInt64? { name.hasSuffix(".spool") ? UInt64(name.dropLast(6)) : nil }

    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Writes bytes at a position and waits until they are on the disk.
    func write(_ bytes: [UInt8], at position: Int64) throws(StorageError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress! + written, bytes.count - written, Int(position) + written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write \(path)") }
            written += count
        }
        guard fdatasync(descriptor) == 0 else { throw Self.failure("write \(path)") }
    }

    /// The bytes at a position, fewer at the end of the file.
    func read(_ count: Int, at position: Int64) throws(StorageError) -> [UInt8] {
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, Int(position) + filled)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = Self.failure("read \(path)") }
                guard got > 0 else { return }
                filled += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    func truncate(to size: Int64) { ftruncate(descriptor, Int(size)) }

    func remove() { unlink(path) }

    private static func failure(_ what: String) -> StorageError {
        StorageError(code: .inputOutput, description: "The spool cannot \(what): \(String(cString: strerror(errno))).")
    }
}
