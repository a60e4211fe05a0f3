import Glibc

/// Grids that are kept beside the repository, not in it, and our own small ones in `Tests/Data/grid`.
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
    static let folder: String? = {
        if let path = getenv("DSOTP_REFERENCE_DATA") { return String(cString: path) }
        return root.map { $0 + "/../shared/data" }
    }()

    /// False, and told, when the reference data is not there.
    static let isThere: Bool = {
        let found = folder.map { access($0 + "/cim", R_OK) == 0 } ?? false
        if !found { print("SKIPPED: no cim folder in '\(folder ?? "")'; set DSOTP_REFERENCE_DATA to run the grid's reference tests") }
        return found
    }()

    static func path(_ name: String) -> String { (folder ?? "") + "/" + name }

    /// A folder or file of `Tests/Data/grid`.
    static func own(_ name: String) -> String { (root ?? "") + "/Tests/Data/grid/" + name }

    static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    /// The rows of a CSV file without its head, cut at the commas.
    static func rows(_ path: String) -> [[String]] {
        String(decoding: bytes(path), as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
