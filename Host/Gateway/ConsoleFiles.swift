import FoundationEssentials
import Glibc

/// The console's files, read once: what is not among them cannot be asked for, whatever the path.
struct ConsoleFiles: Sendable {
    struct File: Sendable {
        let bytes: [UInt8]
        let type: String
        /// A strong entity tag of the content.
        let tag: String
    }

    private var files: [String: File] = [:]
    /// Where the files came from; nil when there are none.
    let folder: String?
    private static let chart = "vendor/chart.js"

    /// Reads the files of a folder and Chart.js. What is missing is answered with 404 and a sentence.
    init(folder: String?, chartLibrary: String) {
        self.folder = folder
        if let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) {
            for name in names where Self.type(of: name) != nil { add(name, path: folder + "/" + name) }
        }
        add(Self.chart, path: chartLibrary)
    }

    subscript(name: String) -> File? { files[name] }

    func hint(for name: String) -> String {
        name == Self.chart ? ": install the package libjs-chart.js" : ""
    }

    private mutating func add(_ name: String, path: String) {
        guard let type = Self.type(of: name), let data = FileManager.default.contents(atPath: path) else { return }
        files[name] = File(bytes: Array(data), type: type, tag: Self.tag(data))
    }

    private static func tag(_ data: Data) -> String {
        // FNV-1a: tells versions of a file apart, nothing more.
        let hash = data.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return "\"\(String(hash, radix: 16))\""
    }

    private static func type(of name: String) -> String? {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: nil
        }
    }

    /// Where the build puts the console: beside the executable, or beside the test bundle. Nil when it is in neither place.
    static func builtFolder() -> String? {
        // A test bundle runs inside another program, and its own path is an argument.
        let candidates = [executablePath()] + CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
        for path in candidates {
            guard let slash = path.lastIndex(of: "/") else { continue }
            let folder = path[..<slash] + "/dsotp_Gateway.resources/Console"
            if access(String(folder) + "/index.html", R_OK) == 0 { return String(folder) }
        }
        return nil
    }

    private static func executablePath() -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    }
}
