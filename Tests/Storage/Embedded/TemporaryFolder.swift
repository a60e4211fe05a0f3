import Glibc

/// A folder for one test, removed with all that is in it when the test lets go of it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/dsotp-storage-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "/tmp/dsotp-storage-unmade" }
            return String(cString: made)
        }
    }

    deinit { Self.remove(path) }

    static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        for name in names(in: path) { remove(path + "/" + name) }
        rmdir(path)
    }

    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// All files below the folder with this name.
    func files(named name: String, below folder: String? = nil) -> [String] {
        let folder = folder ?? path
        return Self.names(in: folder).flatMap { entry -> [String] in
            let path = folder + "/" + entry
            return (entry == name ? [path] : []) + files(named: name, below: path)
        }
    }
}
