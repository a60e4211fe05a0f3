/// Finds the file of a library that a manifest names.
struct LibrarySearch {
    /// Folders to look in, in this order.
    let folders: [String]
    /// What a path with a slash that does not begin with one is relative to.
    let siteFolder: String

    /// Where Debian has the libraries of others.
    #if arch(x86_64)
    private static let systemFolders = ["/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib"]
    #else
    private static let systemFolders = ["/usr/local/lib", "/usr/lib/aarch64-linux-gnu", "/usr/lib"]
    #endif

    /// The library of a manifest; one that is no service may be the system's.
    func find(_ manifest: ServiceManifest) throws(LibraryRefusal) -> String {
        guard manifest.isolation == .foreign else { return try find(manifest.library) }
        return try LibrarySearch(folders: folders + Self.systemFolders, siteFolder: siteFolder).find(manifest.library)
    }

    /// The canonical path of the library's file. A `name` with a slash is a path; else `lib<name>.so`, `<name>.so` and `<name>` itself
    /// are looked for in the folders.
    func find(_ name: String) throws(LibraryRefusal) -> String {
        if name.contains("/") {
            let path = SiteFolder.join(siteFolder, name)
            if HostFiles.isFile(path), let found = HostFiles.canonical(path) { return found }
            throw .missing(
                "the library \(path) is not there (expected a shared library; got no such file; check 'library' in the manifest)")
        }
        let names = name.hasSuffix(".so") || name.contains(".so.") ? [name] : ["lib\(name).so", "\(name).so"]
        for folder in folders {
            for candidate in names {
                if HostFiles.isFile(SiteFolder.join(folder, candidate)),
                    let found = HostFiles.canonical(SiteFolder.join(folder, candidate))
                {
                    return found
                }
            }
        }
        let looked = folders.isEmpty ? "there is no folder to look in" : "looked in \(folders.joined(separator: ", "))"
        throw .missing(
            "the library '\(name)' is not there (expected \(names.joined(separator: " or ")); \(looked); put it into one of 'plugins: folders')"
        )
    }
}
