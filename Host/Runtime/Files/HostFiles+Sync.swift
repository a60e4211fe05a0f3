internal import Glibc

extension HostFiles {
    /// Writes the names in a folder to the disk, so that a new file is there after a power failure; where that fails, it may not be.
    static func syncFolder(_ folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
