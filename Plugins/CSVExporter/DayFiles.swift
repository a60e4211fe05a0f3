import Glibc
import PluginAPI
import SiteCalendar

/// The files of all tables: one a table and day. Rows are appended; a write that fails leaves the file as it was.
struct DayFiles {
    /// One file of the folder.
    struct Listing {
        let name: String
        let byteCount: Int
    }

    private let folder: String
    private let form: CSVForm
    /// A day of fast devices has gigabytes, which are no answer to a request.
    private static let longestAnswer = 64 << 20

    init(folder: String, form: CSVForm) throws(ServiceError) {
        self.folder = folder
        self.form = form
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += part + "/"
            guard mkdir(path, 0o750) == 0 || errno == EEXIST else { throw Self.failure("the folder '\(path)' cannot be made") }
        }
        guard access(folder, W_OK) == 0 else { throw Self.failure("the folder '\(folder)' cannot be written to") }
    }

    /// The file of a table and a day.
    static func name(table: String, day: CivilDate) -> String { "\(table)-\(day).csv" }

    /// Appends rows to the file of a day, after its head if it is new.
    /// - Throws: ``Status/inputOutput``: the file then is as it was.
    func append(_ rows: [UInt8], head: [UInt8], table: String, day: CivilDate) throws(ServiceError) {
        let path = "\(folder)/\(Self.name(table: table, day: day))"
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw Self.failure("'\(path)' cannot be opened") }
        defer { close(file) }
        var information = stat()
        guard fstat(file, &information) == 0 else { throw Self.failure("'\(path)' cannot be looked at") }
        let old = information.st_size
        let mark: [UInt8] = form.isGerman ? [0xEF, 0xBB, 0xBF] : []
        let bytes = old == 0 ? mark + head + rows : rows
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress?.advanced(by: written), bytes.count - written) }
            if count > 0 {
                written += count
            } else if count < 0, errno != EINTR {
                let failure = Self.failure("'\(path)' cannot be written")
                _ = ftruncate(file, old)
                throw failure
            }
        }
    }

    /// The files of these tables, oldest day first.
    func list(tables: [String]) -> [Listing] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var found: [Listing] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Self.day(of: name, tables: tables) != nil else { continue }
            var information = stat()
            guard stat("\(folder)/\(name)", &information) == 0 else { continue }
            found.append(Listing(name: name, byteCount: information.st_size))
        }
        return found.sorted { ($0.name.suffix(14), $0.name) < ($1.name.suffix(14), $1.name) }
    }

    /// The content of a file of these tables; nil if there is none of that name.
    /// - Throws: ``Status/limitReached`` for one that is to be taken out of the folder.
    func read(_ name: String, tables: [String]) throws(ServiceError) -> [UInt8]? {
        guard Self.day(of: name, tables: tables) != nil else { return nil }
        let file = open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var information = stat()
        guard fstat(file, &information) == 0 else { return nil }
        guard information.st_size <= Self.longestAnswer else {
            throw .limitReached("'\(name)' has \(information.st_size >> 20) MiB, more than \(Self.longestAnswer >> 20) are not given this way: take it from the folder '\(folder)'")
        }
        return [UInt8](unsafeUninitializedCapacity: information.st_size) { buffer, count in
            while count < buffer.count {
                let got = Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                guard got > 0 || (got < 0 && errno == EINTR) else { break }
                count += max(0, got)
            }
        }
    }

    /// Removes the files of days before one.
    func remove(before day: CivilDate, tables: [String]) {
        for file in list(tables: tables) {
            guard let its = Self.day(of: file.name, tables: tables), its < day else { continue }
            unlink("\(folder)/\(file.name)")
        }
    }

    /// The day in the name of a file; nil if none of these tables has a file of that name.
    private static func day(of name: String, tables: [String]) -> CivilDate? {
        guard name.hasSuffix(".csv"), name.utf8.count > 15 else { return nil }
        let stem = name.dropLast(4)
        let parts = stem.suffix(10).split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, stem.dropLast(10).last == "-", tables.contains(String(stem.dropLast(11))) else { return nil }
        let day = CivilDate(parts[0], parts[1], parts[2])
        return day.description == stem.suffix(10) ? day : nil
    }

    private static func failure(_ what: String) -> ServiceError { .inputOutput("\(what): \(String(cString: strerror(errno)))") }
}
