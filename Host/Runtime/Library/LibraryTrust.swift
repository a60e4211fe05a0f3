/// Decides whether a library may be loaded; what the runtime asks of the host's trust in libraries.
///
/// Called on the thread that loads libraries, before any code of the library runs.
public protocol LibraryTrust: Sendable {
    /// - Returns: what to load: the verified bytes, under a path that never gets another content.
    /// - Throws: ``LibraryRefusal/untrusted(_:)``.
    func admit(_ candidate: LibraryCandidate) throws(LibraryRefusal) -> AdmittedLibrary
}

/// A library that a manifest names.
public struct LibraryCandidate: Sendable {
    /// Canonical path of the file.
    public let path: String
    public let manifest: ServiceManifest
}

/// A library that may be loaded.
public struct AdmittedLibrary: Sendable {
    /// What to load.
    public let path: String
    /// `sha256:…` of it, or nil if nobody asked.
    public let digest: String?
    /// The identifier and version that its module must have, as who signed it says; nil if nobody did.
    public let identity: Identity?

    public struct Identity: Hashable, Sendable {
        public let identifier: String
        public let version: String

        public init(identifier: String, version: String) {
            self.identifier = identifier
            self.version = version
        }
    }

    public init(path: String, digest: String?, identity: Identity?) {
        self.path = path
        self.digest = digest
        self.identity = identity
    }
}

extension AdmittedLibrary {
    /// Refuses a module that is not the one that was signed.
    func check(_ module: LoadedModule) throws(LibraryRefusal) {
        try check(identifier: module.identifier, version: module.version, path: module.path)
    }

    func check(identifier: String, version: String, path: String) throws(LibraryRefusal) {
        guard let identity, identity != Identity(identifier: identifier, version: version) else { return }
        throw .untrusted(
            "\(path) is not what its signature says (expected \(identity.identifier) \(identity.version); got "
                + "\(identifier) \(version); sign the library again)")
    }
}
