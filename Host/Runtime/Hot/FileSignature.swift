internal import Glibc

/// What tells one state of a file from another without reading it.
struct FileSignature: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: Int64
    private let changed: Int64

    /// Of the file that a path leads to; `nil` if there is no regular file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }

    var isEmpty: Bool { size == 0 }
}

/// The library of a manifest as it lies on the disk, with its signature.
struct LibrarySight: Hashable, Sendable {
    /// `nil` if there is none.
    let path: String?
    let library: FileSignature?
    let signature: FileSignature?

    init(path: String?) {
        self.path = path
        library = path.flatMap { FileSignature($0) }
        signature = path.flatMap { FileSignature($0 + ".sig") }
    }
}

/// What the disk says about a service: the bytes of its manifest and its library.
struct Sight: Hashable, Sendable {
    /// `sha256:…` of the manifest.
    let manifest: String
    let library: LibrarySight

    init(manifest: String, library: LibrarySight) {
        self.manifest = manifest
        self.library = library
    }

    /// What the disk says now about a manifest.
    init(of manifest: ServiceManifest, desk: LibraryDesk) {
        self.init(manifest: SHA256.digest(of: manifest.source), library: LibrarySight(path: try? desk.find(manifest)))
    }
}
