internal import Glibc

/// Copies of libraries named by their digest: `<folder>/<digest>/<file name>`, which only the host's user may write.
struct LibraryCopies: Sendable {
    let folder: String

    /// The absolute path of the copy of `bytes`, made if it isn't there yet, and verified again if it is.
    func copy(_ bytes: [UInt8], digest: Digest, of path: String) throws(TrustError) -> String {
        try makeFolder(folder)
        // Whole, since a process that loads the copy may have another working directory.
        guard let resolved = realpath(folder, nil) else { throw FileContents.failure("can't find the folder \(folder)") }
        defer { free(resolved) }
        let own = "\(String(cString: resolved))/\(digest.hexadecimal)"
        try makeFolder(own)
        let name = path.split(separator: "/").last.map(String.init) ?? "library.so"
        let copy = "\(own)/\(name)"
        if let present = try? FileContents(copy), present.bytes == bytes, present.owner == geteuid(), present.mode & 0o022 == 0 {
            return copy
        }
        try FileContents.replace(copy, bytes, mode: 0o500)
        return copy
    }

    private func makeFolder(_ path: String) throws(TrustError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw FileContents.failure("can't make the folder \(path)") }
        var status = stat()
        // lstat: a link in the place of the folder would lead elsewhere.
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw .file("\(path) can't hold copies of libraries (expected a folder that only this user may write; remove it or choose another)")
        }
    }
}
