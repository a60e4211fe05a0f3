/// Manifests and revisions of services; what the gateway needs of the runtime to change them while it runs.
///
/// Functions throw `GatewayError` with a sentence: `.notFound`, `.conflict` where a change is refused and what ran before runs on,
/// `.unavailable` where the disk does not take it.
public protocol RevisionAdministration: Sendable {
    /// The manifests of the site, and what of `site.yaml` waits for a restart of the host.
    func manifests() async -> ManifestOverview
    /// The YAML text of the manifest that a service runs by; nil if there is no such service.
    func manifest(of name: String) async -> String?
    /// What a manifest would do, after every check that its application makes. `name` is the service that it has to be of, or nil.
    func plan(_ yaml: [UInt8], for name: String?) async -> ManifestReport
    /// Puts a manifest into effect and writes it to the site's folder; a plan with problems was not carried out.
    func put(_ yaml: [UInt8], for name: String) async throws -> ManifestReport
    /// Removes a service's manifest from the site's folder, and drains and ends the service.
    func delete(_ name: String) async throws
    /// Goes back to the revision that ran before.
    func rollBack(_ name: String) async throws
    /// How the shadow of a service does. Throws `.conflict` if it has none.
    func shadow(of name: String) async throws -> ServiceShadow
    /// Lets the shadow take the place of the one that runs.
    func promote(_ name: String) async throws
    /// Ends the shadow.
    func discardShadow(_ name: String) async throws
    /// The service libraries in the site's folders.
    func libraries() async -> [LibraryEntry]
}

/// The manifests of a site.
public struct ManifestOverview: Encodable, Sendable {
    /// Each file below `services/`.
    public var manifests: [File]
    /// Keys of `site.yaml` that were changed and take effect when the host is restarted.
    public var restartNeeded: [String]

    /// A manifest's file.
    public struct File: Encodable, Sendable {
        public var file: String
        /// The service that it names, or empty if it can't be read.
        public var service: String
        /// What is wrong with it, one problem a line, or empty.
        public var problems: String

        public init(file: String, service: String, problems: String) {
            self.file = file
            self.service = service
            self.problems = problems
        }
    }

    public init(manifests: [File], restartNeeded: [String]) {
        self.manifests = manifests
        self.restartNeeded = restartNeeded
    }

    enum CodingKeys: String, CodingKey {
        case manifests
        case restartNeeded = "restart_needed"
    }
}

/// What a manifest would do, or has done.
public struct ManifestReport: Encodable, Sendable {
    public var service: String
    public var file: String
    /// `none`, `noted`, `exchange`, `reconnect` or `add`.
    public var effect: String
    public var changes: [Change]
    public var problems: [Problem]

    /// A value that is different.
    public struct Change: Encodable, Sendable {
        public var key: String
        /// nil if it was not there.
        public var old: String?
        /// nil if it is not there any more.
        public var new: String?

        public init(key: String, old: String?, new: String?) {
            self.key = key
            self.old = old
            self.new = new
        }
    }

    /// One thing that is wrong.
    public struct Problem: Encodable, Sendable {
        public var file: String
        /// From 1; 0 for the file as a whole.
        public var line: Int
        public var sentence: String

        public init(file: String, line: Int, sentence: String) {
            self.file = file
            self.line = line
            self.sentence = sentence
        }
    }

    public init(service: String, file: String, effect: String, changes: [Change], problems: [Problem]) {
        self.service = service
        self.file = file
        self.effect = effect
        self.changes = changes
        self.problems = problems
    }
}

/// Which revision of a service runs, and which would.
public struct ServiceRevision: Encodable, Sendable {
    /// `sha256:…` of the library that runs, or empty.
    public var digest: String
    /// Why the latest change is not made while the revision before runs on, or empty.
    public var pendingRefusal: String
    /// Whether the files of the site say something else than what runs: after a roll-back, or beside a shadow.
    public var isPutAside: Bool
    /// What a roll-back leads to, or nil.
    public var previous: Previous?
    /// Whether another revision runs in its shadow.
    public var hasShadow: Bool

    /// A revision that was replaced.
    public struct Previous: Encodable, Sendable {
        public var version: String
        public var digest: String
        public var replaced: Timestamp

        public init(version: String, digest: String, replaced: Timestamp) {
            self.version = version
            self.digest = digest
            self.replaced = replaced
        }
    }

    public init(digest: String = "", pendingRefusal: String = "", isPutAside: Bool = false, previous: Previous? = nil, hasShadow: Bool = false) {
        self.digest = digest
        self.pendingRefusal = pendingRefusal
        self.isPutAside = isPutAside
        self.previous = previous
        self.hasShadow = hasShadow
    }

    enum CodingKeys: String, CodingKey {
        case digest, previous
        case pendingRefusal = "pending_refusal"
        case isPutAside = "files_put_aside"
        case hasShadow = "shadow"
    }
}

/// How the shadow of a service does.
public struct ServiceShadow: Encodable, Sendable {
    public var service: String
    public var version: String
    public var digest: String
    public var state: String
    public var detail: String
    /// Messages it took.
    public var processed: Int
    /// Errors it reported.
    public var errors: Int
    /// Messages it was too slow for.
    public var dropped: Int
    /// Since when is compared.
    public var since: Timestamp
    /// All topics and series together.
    public var total: Counts
    public var outputs: [Output]
    /// The first that were found.
    public var differences: [Difference]

    /// How the outputs of both compare.
    public struct Counts: Encodable, Sendable {
        public var equal: Int
        public var different: Int
        /// The running one alone sent it.
        public var missing: Int
        /// The shadow alone sent it.
        public var extra: Int
        /// Too much waited for its match.
        public var notCompared: Int

        public init(equal: Int, different: Int, missing: Int, extra: Int, notCompared: Int = 0) {
            self.equal = equal
            self.different = different
            self.missing = missing
            self.extra = extra
            self.notCompared = notCompared
        }

        enum CodingKeys: String, CodingKey {
            case equal, different, missing, extra
            case notCompared = "not_compared"
        }
    }

    /// One topic or series.
    public struct Output: Encodable, Sendable {
        /// `topic` or `series`.
        public var kind: String
        public var name: String
        public var counts: Counts
        /// What may still find its match.
        public var waiting: Int

        public init(kind: String, name: String, counts: Counts, waiting: Int) {
            self.kind = kind
            self.name = name
            self.counts = counts
            self.waiting = waiting
        }
    }

    /// A difference with its values.
    public struct Difference: Encodable, Sendable {
        public var kind: String
        public var name: String
        public var time: Timestamp
        /// nil if it sent nothing.
        public var running: String?
        /// nil if it sent nothing.
        public var shadow: String?

        public init(kind: String, name: String, time: Timestamp, running: String?, shadow: String?) {
            self.kind = kind
            self.name = name
            self.time = time
            self.running = running
            self.shadow = shadow
        }
    }

    public init(
        service: String, version: String, digest: String, state: String, detail: String, processed: Int, errors: Int, dropped: Int,
        since: Timestamp, total: Counts, outputs: [Output], differences: [Difference]
    ) {
        self.service = service
        self.version = version
        self.digest = digest
        self.state = state
        self.detail = detail
        self.processed = processed
        self.errors = errors
        self.dropped = dropped
        self.since = since
        self.total = total
        self.outputs = outputs
        self.differences = differences
    }
}

/// A library in one of the site's folders.
public struct LibraryEntry: Encodable, Sendable {
    public var path: String
    /// `sha256:…`, or empty if it can't be read.
    public var digest: String
    /// From its identity note, which is read without running any code of it; empty if it has none.
    public var identifier: String
    public var version: String
    public var summary: String
    public var abi: String
    /// `signed`, `listed`, `tolerated` or `refused`.
    public var trust: String
    /// Why, in one sentence; empty if there is nothing to say.
    public var detail: String
    /// Services whose manifests lead to it.
    public var usedBy: [String]

    public init(
        path: String, digest: String, identifier: String, version: String, summary: String, abi: String, trust: String, detail: String,
        usedBy: [String]
    ) {
        self.path = path
        self.digest = digest
        self.identifier = identifier
        self.version = version
        self.summary = summary
        self.abi = abi
        self.trust = trust
        self.detail = detail
        self.usedBy = usedBy
    }

    enum CodingKeys: String, CodingKey {
        case path, digest, identifier, version, summary, abi, trust, detail
        case usedBy = "used_by"
    }
}
