internal import Glibc

/// The bytes of a file and what the file system says of the very file that they were read from.
public struct FileContents: Sendable {
    public let bytes: [UInt8]
    /// Permission bits, as `chmod` takes them.
    public let mode: UInt32
    let group: UInt32
    let owner: UInt32

    /// - Throws: ``TrustError`` if it can't be read, is not a regular file, or has more bytes than `limit`.
    public init(_ path: String, limit: Int = 512 << 20) throws(TrustError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("can't open \(path)") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("can't look at \(path)") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .file("\(path) is not a regular file (give the path of a file)") }
        guard status.st_size <= limit else { throw .file("\(path) is too large (expected at most \(limit) bytes; got \(status.st_size))") }
        mode = status.st_mode & 0o7777
        group = status.st_gid
        owner = status.st_uid
        bytes = try Self.read(descriptor, path: path, expected: Int(status.st_size), limit: limit)
    }

    private static func read(_ descriptor: Int32, path: String, expected: Int, limit: Int) throws(TrustError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(expected)
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("can't read \(path)") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .file("\(path) grows beyond \(limit) bytes while it is read") }
        }
    }

    /// Makes a file that does not exist yet.
    public static func create(_ path: String, _ bytes: [UInt8], mode: UInt32) throws(TrustError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
        guard descriptor >= 0 else { throw failure("can't create \(path)") }
        defer { close(descriptor) }
        do throws(TrustError) {
            guard fchmod(descriptor, mode_t(mode)) == 0 else { throw failure("can't set the mode of \(path)") }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure("can't write \(path)") }
                rest = rest.dropFirst(count)
            }
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Writes a file in one step: readers see the former content or the new one.
    public static func replace(_ path: String, _ bytes: [UInt8], mode: UInt32) throws(TrustError) {
        let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0 ... .max)).new"
        try create(temporary, bytes, mode: mode)
        guard rename(temporary, path) == 0 else {
            let error = failure("can't replace \(path)")
            unlink(temporary)
            throw error
        }
    }

    /// Whether there is anything at a path.
    public static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func failure(_ what: String) -> TrustError { .file("\(what): \(String(cString: strerror(errno)))") }
}
