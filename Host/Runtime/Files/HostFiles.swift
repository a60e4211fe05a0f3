internal import Glibc

/// The few file operations that the runtime needs.
enum HostFiles {
    /// Why a file operation failed.
    struct Failure: Error, CustomStringConvertible {
        /// The `errno` of the call.
        let code: Int32
        let description: String

        init(_ what: String, code: Int32 = errno) {
            self.code = code
            description = "\(what): \(String(cString: strerror(code)))"
        }
    }

    /// All bytes of a file, at most `limit`.
    static func read(_ path: String, limit: Int = 16 << 20) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("can't open \(path)") }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure("can't read \(path)") }
            if count == 0 { return content }
            content.append(contentsOf: chunk[..<count])
            guard content.count <= limit else { throw Failure("\(path) has more than \(limit) bytes", code: EFBIG) }
        }
    }

    /// The names in a folder, sorted.
    static func names(in folder: String) throws(Failure) -> [String] {
        guard let stream = opendir(folder) else { throw Failure("can't open the folder \(folder)") }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw Failure("can't read the folder \(folder)") }
        return names.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The path without symbolic links and dots, or `nil` if there is nothing there.
    static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Replaces a file in one step: either the old or the new content is there after a power failure, and the new once this returned.
    static func replace(_ path: String, with content: [UInt8]) throws(Failure) {
        let temporary = "\(path).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure("can't create \(temporary)") }
        do throws(Failure) {
            try write(content, to: descriptor, path: temporary)
            guard fsync(descriptor) == 0 else { throw Failure("can't write \(temporary) to the disk") }
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else { throw Failure("can't replace \(path)") }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let folderDescriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folderDescriptor >= 0 else { throw Failure("can't open the folder \(folder)") }
        defer { close(folderDescriptor) }
        guard fsync(folderDescriptor) == 0 else { throw Failure("can't write the folder \(folder) to the disk") }
    }

    /// Writes all bytes at the end of an open file.
    static func write(_ content: [UInt8], to descriptor: Int32, path: String) throws(Failure) {
        var written = 0
        while written < content.count {
            // Not empty here, so it has a base address.
            let count = content.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure("can't write \(path)") }
            written += count
        }
    }
}
