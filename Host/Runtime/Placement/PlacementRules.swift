internal import Glibc
internal import Synchronization

/// Whether it is this host's to run a service.
enum HostStanding: Hashable, Sendable {
    /// It is, whatever other hosts do.
    case free
    /// It is while its lease is held.
    case held
    /// It is not at present; why.
    case standby(String)
}

/// A lease as a host knows it.
public struct LeaseHolding: Hashable, Sendable {
    /// The lease's name: that of the service, or what services share that belong together.
    public let lease: String
    /// The host that holds it, or held it last; `nil` if none was heard of.
    public let host: String?
    /// Whether it is this host.
    public let isHere: Bool
    /// Grows with each change of the holder; 0 if none was heard of.
    public let term: UInt64
    /// When this host learnt of the term, nanoseconds since 1970-01-01T00:00:00Z.
    public let since: Int64
}

/// What a host knows of its own place among the hosts of a site.
struct PlacementRules: Sendable {
    let host: String
    let ttl: Int64

    init(_ settings: Site.HostSettings) {
        host = settings.name ?? Self.machine
        ttl = settings.ttl.nanoseconds
    }

    /// The machine's own name.
    private static var machine: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The place of the first pattern that this host matches; `nil` if the service is for others.
    func preference(_ manifest: ServiceManifest) -> Int? {
        manifest.hosts.isEmpty ? 0 : manifest.hosts.firstIndex { $0.matches(host) }
    }

    /// Why the service never runs here, if it does not.
    func exclusion(_ manifest: ServiceManifest) -> String? {
        guard preference(manifest) == nil else { return nil }
        return "it runs on hosts \(MappingReader.list(manifest.hosts.map(\.description))) only, and this one is '\(host)'"
    }

    /// Gives a service its standing, which it keeps until the lease says otherwise.
    func register(_ service: SupervisedService) {
        let manifest = service.manifest
        let standing: HostStanding
        if let sentence = exclusion(manifest) {
            standing = .standby(sentence)
        } else {
            standing = manifest.replicas == .each ? .free : .standby("no lease yet")
        }
        service.fence.set(openUntil: standing == .free ? .max : .min)
        service.content.withLock { $0.standing = standing }
    }
}
