internal import Glibc
internal import Synchronization

/// Loads libraries into this process, each image once, and never unloads one: the Swift runtime keeps pointers into an image, so
/// that unloading it would crash the host later.
public final class LibraryLoader: Sendable {
    private let modules = Mutex<[String: LoadedModule]>([:])
    private let hostVersion: String

    /// - Parameter hostVersion: told to libraries when they negotiate.
    public init(hostVersion: String) { self.hostVersion = hostVersion }

    /// The module of a library, loaded if it isn't yet. Runs the library's entry function on this thread.
    ///
    /// - Parameter path: what people know the library by, where `image` is a copy of it.
    func load(_ image: String, path: String? = nil) throws(LibraryRefusal) -> LoadedModule {
        let path = path ?? image
        return try modules.withLock { loaded throws(LibraryRefusal) in
            if let module = loaded[image] { return module }
            try ELFHeader.check(image, path: path)
            let module = try Negotiation(path: path, hostVersion: hostVersion).module(from: try open(image, path: path))
            loaded[image] = module
            return module
        }
    }

    private func open(_ image: String, path: String) throws(LibraryRefusal) -> UnsafeMutableRawPointer {
        // RTLD_LOCAL: no symbol of one service binds to another's. RTLD_NODELETE: not even a stray dlclose unloads it.
        guard let image = dlopen(image, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
            throw .notALibrary("\(path) can't be loaded: \(reason) (expected all its symbols and libraries; install what is missing)")
        }
        return image
    }
}
