internal import CPluginAPI

/// Finds and loads the libraries of a site, on a thread of its own: a library's initialisers are foreign code.
struct LibraryDesk: Sendable {
    let loader: LibraryLoader
    let folders: [String]
    let siteFolder: String
    /// Asked before any code of a library runs; nil trusts every library.
    var trust: (any LibraryTrust)?

    /// The module that a manifest names, if it can do what the manifest wants of it.
    func module(
        for manifest: ServiceManifest, at path: String? = nil
    ) async throws(LibraryRefusal) -> (module: LoadedModule, admitted: AdmittedLibrary) {
        let result = OneShot<Result<(module: LoadedModule, admitted: AdmittedLibrary), LibraryRefusal>>()
        let hasThread = ServiceThread.start(name: "load") { [self] in
            do throws(LibraryRefusal) { result.settle(.success(try load(manifest, at: path))) } catch { result.settle(.failure(error)) }
        }
        guard hasThread else { throw .notALibrary("the system has no thread to give for loading \(manifest.library)") }
        guard let loaded = await result.value(timeout: .seconds(60)) else {
            throw .contents("\(manifest.library) did not return from its initialisers within 60s")
        }
        return try loaded.get()
    }

    /// What may be loaded of a file; runs no code of it. Blocks on the disk.
    func admit(_ path: String, for manifest: ServiceManifest) throws(LibraryRefusal) -> AdmittedLibrary {
        guard let trust else { return AdmittedLibrary(path: path, digest: nil, identity: nil) }
        return try trust.admit(LibraryCandidate(path: path, manifest: manifest))
    }

    /// The file to be loaded elsewhere: nothing of it runs here.
    func file(for manifest: ServiceManifest, at given: String? = nil) async throws(LibraryRefusal) -> (path: String, admitted: AdmittedLibrary) {
        let result = OneShot<Result<(path: String, admitted: AdmittedLibrary), LibraryRefusal>>()
        let hasThread = ServiceThread.start(name: "find") { [self] in
            do throws(LibraryRefusal) {
                let path = try find(manifest, at: given)
                let admitted = try admit(path, for: manifest)
                try ELFHeader.check(admitted.path, path: path)
                try ELFHeader.checkComplete(admitted.path, path: path)
                result.settle(.success((path, admitted)))
            } catch {
                result.settle(.failure(error))
            }
        }
        guard hasThread else { throw .notALibrary("the system has no thread to give for finding \(manifest.library)") }
        guard let found = await result.value(timeout: .seconds(60)) else {
            throw .notALibrary("\(manifest.library) could not be read within 60s")
        }
        return try found.get()
    }

    /// The file that a manifest leads to, or the one given.
    func find(_ manifest: ServiceManifest, at given: String? = nil) throws(LibraryRefusal) -> String {
        if let given { return given }
        return try LibrarySearch(folders: folders, siteFolder: siteFolder).find(manifest)
    }

    private func load(_ manifest: ServiceManifest, at given: String?) throws(LibraryRefusal) -> (module: LoadedModule, admitted: AdmittedLibrary) {
        let path = try find(manifest, at: given)
        let admitted = try admit(path, for: manifest)
        try ELFHeader.checkComplete(admitted.path, path: path)
        let module = try loader.load(admitted.path, path: path)
        try admitted.check(module)
        if !manifest.subscriptions.isEmpty { try Self.requireMessages(module, manifest: manifest.place.file) }
        return (module, admitted)
    }

    /// Refuses a module that takes no messages, for a manifest that subscribes.
    static func requireMessages(_ module: LoadedModule, manifest: String) throws(LibraryRefusal) {
        guard module.service.on_messages == nil else { return }
        throw .contents(
            "\(module.path) takes no messages (expected on_messages since the manifest subscribes; got NULL; remove 'subscribe' from \(manifest))"
        )
    }
}
