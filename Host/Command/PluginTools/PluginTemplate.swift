internal import Glibc
internal import Trust

/// A folder for a new service, made of the templates in `PluginAPI/Template`.
struct PluginTemplate {
    /// What the service is written in.
    enum Language: String, CaseIterable {
        case swift, c
    }

    let service: String
    let language: Language
    /// The folder that holds `PluginAPI/`, canonical.
    let sdk: String

    /// - Throws: ``PlatformError`` if the name is none that a manifest could have.
    init(service: String, language: Language, sdk: String) throws(PlatformError) {
        let (letters, digits) = (UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"))
        let isPlain = service.utf8.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "-") }
        guard let first = service.utf8.first, letters.contains(first), isPlain, service.utf8.count <= 63, !service.hasSuffix("-") else {
            throw PlatformError(
                "'\(service)' is not the name of a service (expected lower-case letters, digits and hyphens, beginning with a letter, such as "
                    + "voltage-band)")
        }
        self.service = service
        self.language = language
        self.sdk = sdk
    }

    /// `VoltageBand`.
    var type: String {
        service.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// `voltage_band`.
    var library: String { service.replacing("-", with: "_") }

    private var words: [(word: String, value: String)] {
        [
            ("__SERVICE__", service), ("__TYPE__", type), ("__LIBRARY__", library), ("__IDENTIFIER__", "org.example.\(service)"),
            ("__BINARY__", language == .swift ? type : library), ("__SDK__", sdk),
        ]
    }

    /// Writes all files into a new folder, and says which.
    func write(into folder: String) throws -> [String] {
        let template = sdk + "/PluginAPI/Template"
        var files = try Self.files(below: "\(template)/\(language.rawValue)").map { ($0, "\(template)/\(language.rawValue)/\($0)") }
        files.append(("__SERVICE__.yaml.template", template + "/service.yaml.template"))
        files.append(("exports.map", sdk + "/PluginAPI/exports.map"))
        guard mkdir(folder, 0o755) == 0 else {
            throw PlatformError("the folder \(folder) can't be made: \(String(cString: strerror(errno))) (choose another name)")
        }
        var written: [String] = []
        for (name, source) in files {
            let text = filled(String(decoding: try FileContents(source, limit: 1 << 20).bytes, as: UTF8.self))
            let target = filled(name.hasSuffix(".template") ? String(name.dropLast(9)) : name)
            try put(target, text, into: folder)
            written.append(target)
        }
        if language == .swift {
            let target = "Sources/\(type)/IdentityNote.swift"
            let note = try IdentityNote(
                identifier: "org.example.\(service)", version: "0.1.0", summary: "Publishes an alarm when a value is above its limit.")
            try put(target, note.swiftSource, into: folder)
            written.append(target)
        }
        try put(".gitignore", language == .swift ? ".build/\n" : "*.so\ntest_service\n", into: folder)
        return written.sorted()
    }

    private func filled(_ text: String) -> String {
        words.reduce(text) { $0.replacing($1.word, with: $1.value) }
    }

    private func put(_ name: String, _ text: String, into folder: String) throws {
        var made = folder
        for part in name.split(separator: "/").dropLast() {
            made += "/" + part
            if mkdir(made, 0o755) != 0, errno != EEXIST {
                throw PlatformError("the folder \(made) can't be made: \(String(cString: strerror(errno)))")
            }
        }
        try FileContents.create("\(folder)/\(name)", Array(text.utf8), mode: 0o644)
    }

    /// Paths of the files below a folder, relative to it, sorted.
    private static func files(below folder: String) throws(PlatformError) -> [String] {
        guard let stream = opendir(folder) else {
            throw PlatformError("\(folder) can't be read: \(String(cString: strerror(errno))) (give the folder that holds PluginAPI/ with --sdk)")
        }
        defer { closedir(stream) }
        var files: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard !name.hasPrefix(".") else { continue }
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                files += try Self.files(below: "\(folder)/\(name)").map { "\(name)/\($0)" }
            } else {
                files.append(name)
            }
        }
        return files.sorted()
    }

    /// The folder above the executable that holds `PluginAPI/`: the source tree that it was built from, or an installed copy.
    static func defaultSDK() -> String? {
        var folder = PlatformProcess.executableFolder()
        while !folder.isEmpty {
            if FileContents.isThere(folder + "/PluginAPI/CPluginAPI/dsotp.h") { return folder }
            folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        }
        return nil
    }
}
