internal import Glibc

/// Keeps the lines that the engine refuses, for a person to look at: `rejected.lp`, each group under the engine's sentence as a comment.
///
/// It ends at its largest size; what comes after is counted only. Whoever has looked may remove it.
struct RejectedFile {
    let path: String
    let largestBytes: Int64

    init(folder: String, largestBytes: Int64) {
        path = folder + "/rejected.lp"
        self.largestBytes = largestBytes
    }

    /// Appends lines; `false` if there was no room for them.
    func append(_ lines: [UInt8], database: String, sentence: String) -> Bool {
        guard FileSystem.size(of: path) + Int64(lines.count) <= largestBytes, let file = fopen(path, "a") else { return false }
        let oneLine = sentence.map { $0.isNewline ? " " : $0 }
        fputs("# database \(database): \(String(oneLine))\n", file)
        let written = lines.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        return fclose(file) == 0 && written == lines.count
    }
}
