internal import Glibc

/// A folder that one owner at a time may use (flock(2)): given back by ``release()``, and by the kernel when the process ends.
final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Takes the folder, which must exist, or says who else may have it.
    init(_ folder: String) throws(HostFiles.Failure) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostFiles.Failure("can't open the folder \(folder)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw HostFiles.Failure("the folder \(folder) is in use by another instance of the service", code: EBUSY)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func release() { flock(descriptor, LOCK_UN) }
}
