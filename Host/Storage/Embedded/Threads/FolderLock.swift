import Glibc

/// Keeps a second store out of a folder, in this process and in others. The system lets go of it when the process ends, however.
final class FolderLock: Sendable {
    private let descriptor: Int32

    init(folder: String) throws(StorageError) {
        let path = folder + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw StorageError(
                code: .inputOutput, description: "The store cannot make \(path): \(String(cString: strerror(errno))).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = Self.owner(descriptor)
            throw StorageError(
                code: .inputOutput,
                description: "The data folder \(folder) is in use by another process\(owner); stop that one, or choose another folder.")
        }
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit { close(descriptor) }

    /// Lets others in.
    func release() { flock(descriptor, LOCK_UN) }

    private static func owner(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? "" : " (number \(String(decoding: digits, as: UTF8.self)))"
    }
}
