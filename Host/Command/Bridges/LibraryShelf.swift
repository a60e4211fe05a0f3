internal import struct Gateway.LibraryEntry
internal import Glibc
internal import Runtime
internal import Trust

/// The libraries in the site's plugin folders, looked at without running any code of them.
struct LibraryShelf: Sendable {
    let site: Site

    /// One entry for each `.so` file that is a service library, by its path.
    func entries(of supervisor: ServiceSupervisor) -> [LibraryEntry] {
        var users: [String: [String]] = [:]
        for status in supervisor.list() {
            if let path = supervisor.libraryPath(of: status.service) { users[path, default: []].append(status.service) }
        }
        let trust = try? TrustBridge(site.trust, dataFolder: nil)
        let paths = Set(supervisor.libraryFolders.flatMap(Self.libraries(in:))).union(users.keys)
        return paths.sorted().compactMap { entry($0, trust: trust, usedBy: users[$0] ?? []) }
    }

    /// nil for a library that is no service and that nobody uses.
    private func entry(_ path: String, trust: TrustBridge?, usedBy: [String]) -> LibraryEntry? {
        do throws(TrustError) {
            let report = try LibraryReport(path: path, keys: [])
            guard report.file.exportedSymbols.contains("dsotp_plugin_entry") || !usedBy.isEmpty else { return nil }
            let (verdict, detail) = trust?.verdict(on: path) ?? ("refused", "")
            let note = report.file.note
            return LibraryEntry(
                path: path, digest: report.digest.description, identifier: note?.identifier ?? "", version: note?.version ?? "",
                summary: note?.summary ?? "", abi: note?.abi ?? "", trust: verdict,
                detail: ([detail] + report.obstacles).filter { !$0.isEmpty }.joined(separator: "; "), usedBy: usedBy)
        } catch {
            return LibraryEntry(
                path: path, digest: "", identifier: "", version: "", summary: "", abi: "", trust: "refused", detail: error.description, usedBy: usedBy)
        }
    }

    /// The canonical paths of the `.so` files of a folder.
    private static func libraries(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var paths: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard name.hasSuffix(".so"), let resolved = realpath("\(folder)/\(name)", nil) else { continue }
            paths.append(String(cString: resolved))
            free(resolved)
        }
        return paths
    }
}
