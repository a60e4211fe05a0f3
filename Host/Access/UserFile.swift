import FoundationEssentials
import Glibc

/// The users that are kept in the data folder, apart from those of the site: `users.json`, readable by its owner alone.
struct UserFile: Sendable {
    struct User: Codable, Sendable, Equatable {
        let name: String
        var role: Role
        var passwordHash: String

        enum CodingKeys: String, CodingKey {
            case name, role
            case passwordHash = "password_hash"
        }
    }

    private struct Content: Codable {
        var version = 1
        var users: [User]
    }

    let path: String

    /// The file in a data folder, which must exist.
    init(dataFolder: String) { path = dataFolder + "/users.json" }

    /// All users of the file; none when it does not exist.
    func read() throws(AccessError) -> [User] {
        guard access(path, F_OK) == 0 else { return [] }
        do {
            let content = try JSONDecoder().decode(Content.self, from: Data(contentsOf: URL(filePath: path)))
            guard content.version == 1 else {
                throw AccessError.file("\(path) has version \(content.version): expected 1; a newer dsotp has written it")
            }
            for user in content.users {
                try UserName.check(user.name)
                _ = try PasswordHash(parsing: user.passwordHash)
            }
            return content.users
        } catch let error as AccessError {
            throw .file("\(path) cannot be used: \(error)")
        } catch {
            throw .file("\(path) cannot be read: \(error); restore it from a backup, or remove it to begin with a new admin password")
        }
    }

    /// Replaces the file: written beside it, synchronised, renamed, so that a crash leaves the old or the new one.
    func write(_ users: [User]) throws(AccessError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let bytes: [UInt8]
        do {
            bytes = try Array(encoder.encode(Content(users: users)))
        } catch {
            throw .file("\(path) cannot be written: \(error)")
        }
        let temporary = path + ".new"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("created", temporary) }
        let written = DurableFile.write(bytes, to: file) && fsync(file) == 0
        guard close(file) == 0, written else { throw failure("written", temporary) }
        guard rename(temporary, path) == 0 else { throw failure("renamed to \(path)", temporary) }
        DurableFile.synchroniseFolder(of: path)
    }

    private func failure(_ verb: String, _ path: String) -> AccessError {
        .file("\(path) cannot be \(verb): \(String(cString: strerror(errno))); check the data folder's owner and free space")
    }
}

enum DurableFile {
    /// Writes all bytes, or returns false with `errno` set.
    static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var position = 0
            while position < buffer.count {
                let count = Glibc.write(file, buffer.baseAddress?.advanced(by: position), buffer.count - position)
                if count < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                position += count
            }
            return true
        }
    }

    /// Makes a new or renamed file's entry in its folder survive a power failure.
    static func synchroniseFolder(of path: String) {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        let folder = open(end == path.startIndex ? "." : String(path[..<end]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }
}
