internal import CPluginAPI

/// Finds and loads the libraries of a site, on a thread of its own: a library's initialisers are foreign code.
struct LibraryDesk: Sendable {
    let loader: LibraryLoader
    let folders: [String]
    let siteFolder: String

    /// The module that a manifest names, if it can do what the manifest wants of it.
    func module(for manifest: ServiceManifest) async throws(LibraryRefusal) -> LoadedModule {
        let result = OneShot<Result<LoadedModule, LibraryRefusal>>()
        let hasThread = ServiceThread.start(name: "load") { [self] in
            do throws(LibraryRefusal) { result.settle(.success(try load(manifest))) } catch { result.settle(.failure(error)) }
        }
        guard hasThread else { throw .notALibrary("the system has no thread to give for loading \(manifest.library)") }
        guard let loaded = await result.value(timeout: .seconds(60)) else {
            throw .contents("\(manifest.library) did not return from its initialisers within 60s")
        }
        return try loaded.get()
    }

    private func load(_ manifest: ServiceManifest) throws(LibraryRefusal) -> LoadedModule {
        let module = try loader.load(try LibrarySearch(folders: folders, siteFolder: siteFolder).find(manifest.library))
        if !manifest.subscriptions.isEmpty, module.service.on_messages == nil {
            throw .contents(
                "\(module.path) takes no messages (expected on_messages since the manifest subscribes; got NULL; remove 'subscribe' from \(manifest.place.file))"
            )
        }
        return module
    }
}
