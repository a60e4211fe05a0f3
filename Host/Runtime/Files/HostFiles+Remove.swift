internal import Glibc

extension HostFiles {
    /// Removes a file; one that is not there is no matter.
    static func remove(_ path: String) { unlink(path) }
}
