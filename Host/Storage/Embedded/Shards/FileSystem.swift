import Glibc

/// The few things that the store asks of the file system itself.
enum FileSystem {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes a folder, and the folders above it, such that they outlive a power failure.
    static func makeFolder(_ path: String) throws(StorageError) {
        if exists(path) { return }
        let parent = folder(of: path)
        if parent != path { try makeFolder(parent) }
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else {
            throw StorageError(
                code: .inputOutput,
                description: "The store cannot make the folder \(path): \(String(cString: strerror(errno))).")
        }
        synchronize(folder: parent)
    }

    /// Puts the names in a folder on the disk; `false` if that failed.
    @discardableResult
    static func synchronize(folder path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// The names of what is in a folder, sorted.
    static func contents(of path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, or a folder with all that is in it; `false` if something is left.
    @discardableResult
    static func remove(_ path: String) -> Bool {
        if unlink(path) == 0 || errno == ENOENT { return true }
        for name in contents(of: path) { remove(path + "/" + name) }
        return rmdir(path) == 0 || errno == ENOENT
    }

    static func size(of path: String) -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int64(status.st_size) }
        return contents(of: path).reduce(0) { $0 + size(of: path + "/" + $1) }
    }

    /// What tells a file from others, also from a later one of the same path while this one is open; 0 if there is none.
    static func number(of path: String) -> UInt64 {
        var status = stat()
        return lstat(path, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    /// Puts a damaged SQLite file aside under a name that says so, and gives that name.
    static func putAside(_ path: String) -> String {
        var number = 1
        while exists("\(path).damaged-\(number)") { number += 1 }
        let aside = "\(path).damaged-\(number)"
        for suffix in ["", "-wal", "-shm"] { rename(path + suffix, aside + suffix) }
        return aside
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
