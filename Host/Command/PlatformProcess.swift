internal import Glibc
internal import Logging
internal import Runtime

/// What the process as a whole needs before anything is opened.
enum PlatformProcess {
    /// Sets up logging to standard error, raises the limit of open files, and lets a broken pipe be an error instead of a signal.
    static func prepare(logLevel: Site.LogLevel) {
        let level = Logger.Level(rawValue: logLevel.rawValue) ?? .info
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        signal(SIGPIPE, SIG_IGN)
        var files = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
            files.rlim_cur = files.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        }
    }

    /// Makes a folder and those above it, for this user only.
    static func makeFolder(_ path: String) throws(PlatformError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") where part != "." {
            made += "/" + part
            if mkdir(made, 0o700) != 0, errno != EEXIST {
                throw PlatformError("the data folder \(path) cannot be made: \(String(cString: strerror(errno))); set DSOTP_DATA to a folder that can be written")
            }
        }
    }

    /// The folder of the running executable, where the build puts the services too.
    static func executableFolder() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
