import Glibc
import PluginAPI

/// Cases that are kept beside the repository, not in it.
enum ReferenceData {
    private static let root: String? = {
        var parts = #filePath.split(separator: "/").dropLast()
        while !parts.isEmpty {
            let root = "/" + parts.joined(separator: "/")
            if access(root + "/Package.swift", R_OK) == 0 { return root }
            parts = parts.dropLast()
        }
        return nil
    }()

    /// `DSOTP_REFERENCE_DATA`, or `../shared/data` of the folder that holds Package.swift.
    static let folder: String = {
        if let path = getenv("DSOTP_REFERENCE_DATA") { return String(cString: path) }
        return (root ?? "") + "/../shared/data"
    }()

    /// False, and told, when the cases are not there.
    static let isThere: Bool = {
        let found = access(folder + "/flisr_cases.json", R_OK) == 0
        if !found { print("SKIPPED: no flisr_cases.json in '\(folder)'; set DSOTP_REFERENCE_DATA to run the reference cases of FLISR") }
        return found
    }()

    static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    static func json(_ name: String) throws -> JSONValue { try bytes(folder + "/" + name).withUnsafeBytes { try JSONValue($0) } }

    /// The rows of a CSV file without its head, cut at the commas.
    static func rows(_ name: String) -> [[String]] {
        String(decoding: bytes(folder + "/" + name), as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
