internal import Glibc

/// Refuses libraries that other users of the machine could exchange.
enum Permissions {
    /// Checks the file and every folder above it.
    ///
    /// Nobody but owner and group may write the file and its folder; a group other than the host's own may not either. Of the folders
    /// further up, those that all may write must have the sticky bit, as `/tmp` has.
    static func check(_ file: FileContents, at path: String) throws(TrustError) {
        try check(mode: file.mode, group: file.group, path, kind: "file")
        var folder = parent(of: path)
        try check(folder, isDirect: true)
        while folder != "/" {
            folder = parent(of: folder)
            try check(folder, isDirect: false)
        }
    }

    private static func check(_ folder: String, isDirect: Bool) throws(TrustError) {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw FileContents.failure("can't look at the folder \(folder)") }
        let mode = status.st_mode & 0o7777
        if !isDirect, mode & S_ISVTX != 0 { return }
        try check(mode: mode, group: status.st_gid, folder, kind: "folder")
    }

    private static func check(mode: UInt32, group: UInt32, _ path: String, kind: String) throws(TrustError) {
        let who: String
        if mode & 0o002 != 0 {
            who = "every user"
        } else if mode & 0o020 != 0, group != getegid(), group != 0 {
            who = "group \(group)"
        } else {
            return
        }
        throw .policy(
            "the \(kind) \(path) may be written by \(who), who could exchange the library (expected its owner alone; got mode "
                + "\(String(mode, radix: 8)); use chmod go-w \(path))")
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
