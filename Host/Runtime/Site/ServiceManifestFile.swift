/// Reads the manifest of one service without its site.
public enum ServiceManifestFile {
    /// - Throws: everything that is wrong in the file, with its lines.
    public static func load(_ path: String) throws(ManifestErrors) -> ServiceManifest {
        let problems = ProblemList()
        let manifest = SiteFolder.manifest(path, problems: problems)
        guard let manifest, problems.problems.isEmpty else { throw ManifestErrors(problems.problems) }
        return manifest
    }
}
