/// A library that wants to be loaded for one service.
public struct Candidate: Sendable {
    /// Canonical path of the file.
    public let path: String
    /// `digest:` in the service's manifest.
    public let pinned: Digest?
    /// The bytes that the service's manifest was read from, for signatures that cover it.
    public let manifest: [UInt8]
    /// Whether it would run in a process of its own.
    public let isIsolated: Bool

    public init(path: String, pinned: Digest? = nil, manifest: [UInt8] = [], isIsolated: Bool = false) {
        self.path = path
        self.pinned = pinned
        self.manifest = manifest
        self.isIsolated = isIsolated
    }
}

/// A library that may be loaded.
public struct Admission: Sendable {
    /// What to load: a copy of exactly the bytes that were verified, or the file itself where no copies are kept.
    public let path: String
    public let digest: Digest
    public let grounds: Grounds
    /// The identifier and the version that the module must have; nil if nobody vouches for them.
    public let identity: (identifier: String, version: String)?

    /// Why a library may be loaded.
    public enum Grounds: Hashable, Sendable {
        /// A key of the site signed it; its identifier.
        case signature(key: String)
        /// The service's manifest or the site lists its digest.
        case digest
        /// The site does not trust it and lets it run all the same.
        case stance(TrustPolicy.Stance)
    }
}
