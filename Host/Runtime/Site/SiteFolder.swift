internal import Glibc

/// Reads a site from its folder.
public enum SiteFolder {
    /// Reads `site.yaml` and `services/*.yaml` below `path`.
    ///
    /// - Parameter environment: gives the value of a variable written as `${NAME}` in `site.yaml`; the process's own by default, and always in
    ///   `services/*.yaml`, where `${SITE}` is the site's folder and `${DATA}` the ``dataFolder``.
    /// - Throws: everything that is wrong in any of the files, each with its file and line.
    public static func load(
        _ path: String, environment: (String) -> String? = SiteFolder.processEnvironment
    ) throws(ManifestErrors) -> Site {
        let problems = ProblemList()
        let services = services(in: path, problems: problems)
        let file = join(path, "site.yaml")
        guard let (root, _) = parse(file, problems: problems) else { throw ManifestErrors(sorted(problems.problems)) }
        let site = withoutActuallyEscaping(environment) { environment in
            SiteReader(file: file, folder: path, environment: environment, problems: problems).read(root, services: services)
        }
        guard problems.problems.isEmpty else { throw ManifestErrors(sorted(problems.problems)) }
        return site
    }

    /// The value of an environment variable of this process.
    public static func processEnvironment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// The absolute path of the folder for what the platform stores: `DSOTP_DATA`, or `data` in the working folder. It need not be there yet.
    public static var dataFolder: String { join(HostFiles.canonical(".") ?? ".", processEnvironment("DSOTP_DATA") ?? "data") }

    /// `name` below `folder`, or `name` itself if it begins with `/`.
    package static func join(_ folder: String, _ name: String) -> String {
        if name.hasPrefix("/") { return name }
        return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    private static func services(in path: String, problems: ProblemList) -> [ServiceManifest] {
        let folder = join(path, "services")
        guard HostFiles.isFolder(folder) else { return [] }
        var services: [ServiceManifest] = []
        do throws(HostFiles.Failure) {
            for name in try HostFiles.names(in: folder) {
                if name.hasSuffix(".yml") {
                    let place = ManifestPlace(file: join(folder, name), line: 0)
                    problems.add(place, "the file would be overlooked (expected a name that ends with .yaml; got '\(name)'; rename it)")
                }
                guard name.hasSuffix(".yaml"), !name.hasPrefix(".") else { continue }
                let file = join(folder, name)
                if let manifest = manifest(file, problems: problems) { services.append(manifest) }
            }
        } catch {
            problems.add(ManifestPlace(file: folder, line: 0), error.description)
        }
        reportDuplicates(services, problems: problems)
        return services.sorted { $0.service < $1.service }
    }

    /// The manifest of one service; after problems it must not be used.
    static func manifest(_ file: String, problems: ProblemList) -> ServiceManifest? {
        guard let (root, bytes) = parse(file, problems: problems) else { return nil }
        return manifest(root, bytes, file: file, problems: problems)
    }

    /// The manifest in the bytes of a file, which need not be there.
    /// - Throws: everything that is wrong with it.
    static func manifest(_ bytes: [UInt8], file: String) throws(ManifestErrors) -> ServiceManifest {
        let problems = ProblemList()
        let found = root(bytes, file: file, problems: problems).map { manifest($0, bytes, file: file, problems: problems) }
        guard let found, problems.problems.isEmpty else { throw ManifestErrors(sorted(problems.problems)) }
        return found
    }

    private static func manifest(_ given: ManifestNode, _ bytes: [UInt8], file: String, problems: ProblemList) -> ServiceManifest {
        func value(_ name: String) -> String? {
            switch name {
            case "SITE": folder(ofManifest: file)
            case "DATA": dataFolder
            default: processEnvironment(name)
            }
        }
        let root = SiteEnvironment(lookUp: value, file: file, problems: problems).substitute(in: given)
        var manifest = ServiceManifestReader(file: file, problems: problems).read(root)
        manifest.source = bytes
        return manifest
    }

    /// The absolute path of the site that a manifest under `services/` belongs to: what `${SITE}` stands for, so that a service's
    /// configuration can name files of the site. Where `services` itself is a link it is the folder that holds the link: Kubernetes exchanges
    /// what such links lead to, and removes the old place, whenever a ConfigMap changes.
    private static func folder(ofManifest file: String) -> String {
        var levels = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        if levels.last == "services" { levels = levels.dropLast() }
        let folder = levels.isEmpty ? "." : levels == [""] ? "/" : levels.joined(separator: "/")
        return HostFiles.canonical(folder) ?? folder
    }

    private static func root(_ bytes: [UInt8], file: String, problems: ProblemList) -> ManifestNode? {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            problems.add(ManifestPlace(file: file, line: 0), "the file is not UTF-8 text: save it as UTF-8")
            return nil
        }
        return ManifestNode.parse(yaml: text, file: file, problems: problems)
    }

    private static func reportDuplicates(_ services: [ServiceManifest], problems: ProblemList) {
        var places: [String: ManifestPlace] = [:]
        for manifest in services where !manifest.service.isEmpty {
            if let other = places[manifest.service] {
                problems.add(
                    manifest.place,
                    "the service name '\(manifest.service)' is taken (expected a name of its own; got that of \(other); rename one of the two)"
                )
            } else {
                places[manifest.service] = manifest.place
            }
        }
    }

    /// Another YAML document of a site, with `${NAME}` replaced by the process's environment.
    /// - Throws: why it can't be read.
    package static func document(_ file: String) throws(ManifestErrors) -> ManifestNode {
        let problems = ProblemList()
        guard let (root, _) = parse(file, problems: problems) else { throw ManifestErrors(sorted(problems.problems)) }
        let node = SiteEnvironment(lookUp: processEnvironment, file: file, problems: problems).substitute(in: root)
        guard problems.problems.isEmpty else { throw ManifestErrors(sorted(problems.problems)) }
        return node
    }

    private static func parse(_ file: String, problems: ProblemList) -> (root: ManifestNode, bytes: [UInt8])? {
        do throws(HostFiles.Failure) {
            let bytes = try HostFiles.read(file, limit: 4 << 20)
            return root(bytes, file: file, problems: problems).map { ($0, bytes) }
        } catch {
            problems.add(ManifestPlace(file: file, line: 0), error.description)
            return nil
        }
    }

    private static func sorted(_ problems: [ManifestProblem]) -> [ManifestProblem] {
        problems.sorted { ($0.place.file, $0.place.line) < ($1.place.file, $1.place.line) }
    }
}
