/// `limits` in a service's manifest; without a limit there is none.
public struct ServiceLimits: Hashable, Sendable {
    /// Bytes of resident memory of its process; not for `isolation: in-process`.
    public var memory: Int?
    /// Messages a second that it may publish, with one second's worth at once.
    public var publishRate: Int?

    public init(memory: Int? = nil, publishRate: Int? = nil) {
        self.memory = memory
        self.publishRate = publishRate
    }
}

/// `restart` in a service's manifest: a service whose process ends more than `attempts` times within `window` rests until a person acts.
public struct RestartPolicy: Hashable, Sendable {
    public var attempts = 5
    public var window = Duration.seconds(600)
    /// How long the first restart waits; each further one within the window twice as long, up to a minute, with jitter. The host's if `nil`.
    public var backoff: Duration?

    public init(attempts: Int = 5, window: Duration = .seconds(600), backoff: Duration? = nil) {
        self.attempts = attempts
        self.window = window
        self.backoff = backoff
    }
}

extension ServiceManifest {
    /// How long the process of a service may take to start and to load its library.
    static let processStart = Duration.seconds(20)

    /// How long the host waits for create, configure and start: three callbacks, each with its deadline, and a moment.
    var startPatience: Duration {
        deadline * 4 + .seconds(1) + (runsInRunner ? Self.processStart + .seconds(20) : .zero)
    }
}

extension ServiceManifestReader {
    func limits(_ manifest: MappingReader) -> ServiceLimits {
        var limits = ServiceLimits()
        guard let node = manifest.node("limits") else { return limits }
        let given = reader(node, name: "limits", keys: ["memory", "publish_rate"])
        limits.memory = given.size("memory", in: (16 << 20)...(1 << 40))
        limits.publishRate = publishRate(given)
        if limits.memory != nil, [nil, ServiceManifest.Isolation.inProcess.rawValue].contains(manifest.text("isolation")) {
            given.report(
                "memory", "'memory' of limits can't be kept in the host's process (expected isolation: process; add it, or remove the limit)")
        }
        return limits
    }

    private func publishRate(_ limits: MappingReader) -> Int? {
        guard let text = limits.text("publish_rate", expected: "a rate such as 1000/s") else { return nil }
        let number = text.hasSuffix("/s") ? Int(text.dropLast(2).filter { $0 != "_" }) : nil
        guard let number, (1...100_000_000).contains(number) else {
            limits.report("publish_rate", "'publish_rate' of limits is malformed (expected a rate such as 1000/s, at most 100000000/s; got '\(text)')")
            return nil
        }
        return number
    }

    func restart(_ node: ManifestNode?) -> RestartPolicy {
        var policy = RestartPolicy()
        guard let node else { return policy }
        let given = reader(node, name: "restart", keys: ["attempts", "window", "backoff"])
        if let attempts = given.integer("attempts", in: 0...1_000_000) { policy.attempts = attempts }
        if let window = given.duration("window", in: 1_000_000_000...86_400_000_000_000) { policy.window = window }
        if let backoff = given.duration("backoff", in: 1_000_000...60_000_000_000) { policy.backoff = backoff }
        return policy
    }
}
