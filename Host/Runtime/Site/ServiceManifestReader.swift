internal import Topics

/// Reads one file under `services/`.
struct ServiceManifestReader {
    let file: String
    let problems: ProblemList

    private static let keys = [
        "service", "library", "digest", "description", "enabled", "isolation", "subscribe", "publish", "timeseries", "commands", "queue", "deadline", "drain",
        "kv_quota", "limits", "restart", "upgrade", "replicas", "hosts", "labels", "config", "foreign",
    ]

    /// The manifest; after problems it holds defaults in their places and must not be used.
    func read(_ root: ManifestNode) -> ServiceManifest {
        let manifest = reader(root, name: "the service manifest", keys: Self.keys)
        let queue = queue(manifest.node("queue"))
        let subscriptions = (manifest.items("subscribe", of: "topic filters") ?? []).compactMap(subscription)
        checkAcknowledgement(subscriptions, queue: queue)
        return ServiceManifest(
            service: name(manifest),
            library: manifest.requiredText("library", expected: "the name or path of a shared library") ?? "",
            description: manifest.text("description", expected: "one line for a person") ?? "",
            isEnabled: manifest.boolean("enabled") ?? true,
            isolation: manifest.choice("isolation") ?? .inProcess,
            subscriptions: subscriptions,
            publish: manifest.filters("publish") ?? [],
            timeSeries: timeSeries(manifest.node("timeseries")),
            commands: commands(manifest),
            queue: queue,
            deadline: manifest.duration("deadline", in: 1_000_000...3_600_000_000_000) ?? .seconds(5),
            drain: manifest.duration("drain", in: 0...3_600_000_000_000) ?? .seconds(10),
            memoryQuota: manifest.size("kv_quota", in: 0...(1 << 30)) ?? 1 << 20,
            limits: limits(manifest),
            restart: restart(manifest.node("restart")),
            upgrade: upgrade(manifest.node("upgrade")),
            replicas: manifest.choice("replicas") ?? .one,
            hosts: (manifest.texts("hosts", of: "patterns of host names") ?? []).map { HostPattern($0.text) },
            labels: labels(manifest.node("labels")),
            config: config(manifest),
            place: manifest.place(of: "service"),
            libraryPlace: manifest.place(of: "library"),
            publishPlace: manifest.place(of: "publish"),
            configPlace: manifest.place(of: "config"),
            digest: pin(manifest),
            foreign: foreign(manifest, subscriptions: subscriptions))
    }

    func reader(_ node: ManifestNode, name: String, keys: [String]) -> MappingReader {
        MappingReader(node, name: name, keys: keys, file: file, problems: problems)
    }

    private func name(_ manifest: MappingReader) -> String {
        let expected = "a name of lower-case letters, digits and hyphens that begins with a letter"
        guard let name = manifest.requiredText("service", expected: expected) else { return "" }
        if !Self.isServiceName(name) {
            manifest.report("service", "the service's name is not acceptable (expected \(expected), at most 63; got '\(name.prefix(80))')")
        }
        return name
    }

    static func isServiceName(_ name: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let first = name.utf8.first, letters.contains(first), name.utf8.count <= 63 else { return false }
        return name.utf8.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "-") }
    }

    private func subscription(_ node: ManifestNode) -> ServiceSubscription? {
        let place = ManifestPlace(file: file, line: node.line)
        if case .scalar(let text, _) = node.content, !node.isNothing {
            return filter(text, line: node.line).map { ServiceSubscription(filter: $0, place: place) }
        }
        let entry = reader(node, name: "a subscription", keys: ["topic", "qos", "session", "acknowledge"])
        guard case .mapping = node.content else { return nil }
        let session = entry.choice("session", of: ServiceSubscription.Session.self) ?? .clean
        let acknowledge = entry.choice("acknowledge", of: ServiceSubscription.Acknowledge.self) ?? .received
        // What is kept or acknowledged later needs QoS 1, so that is what it gets unless the manifest says otherwise.
        let needsQoS1 = session == .persistent || acknowledge == .stored
        let qos = entry.integer("qos", in: 0...1)
        if needsQoS1, qos == 0 {
            let key = acknowledge == .stored ? "acknowledge: stored" : "session: persistent"
            entry.report("qos", "\(key) needs acknowledged deliveries (expected qos: 1; got 0)")
        }
        guard let text = entry.requiredText("topic", expected: "a topic filter"),
            let filter = filter(text, line: entry.place(of: "topic").line)
        else { return nil }
        return ServiceSubscription(
            filter: filter, qos: UInt8(qos ?? (needsQoS1 ? 1 : 0)), session: session, acknowledge: acknowledge, place: place)
    }

    private func filter(_ text: String, line: Int) -> TopicFilter? {
        MappingReader(ManifestNode(line: line, content: .mapping([])), name: "subscribe", keys: [], file: file, problems: problems)
            .filter(text, line: line)
    }

    private func checkAcknowledgement(_ subscriptions: [ServiceSubscription], queue: QueueLimits) {
        guard queue.overflow != .block, queue.overflow != .spill, let stored = subscriptions.first(where: { $0.acknowledge == .stored }) else { return }
        problems.add(
            stored.place,
            "acknowledge: stored and overflow: \(queue.overflow.rawValue) exclude each other, since a dropped message is never stored "
                + "(expected overflow: block or spill; got \(queue.overflow.rawValue))")
    }

    private func timeSeries(_ node: ManifestNode?) -> TimeSeriesPermissions {
        guard let node else { return TimeSeriesPermissions() }
        let permissions = reader(node, name: "timeseries", keys: ["read", "write"])
        return TimeSeriesPermissions(read: patterns(permissions, "read"), write: patterns(permissions, "write"))
    }

    private func patterns(_ permissions: MappingReader, _ key: String) -> [MeasurementPattern] {
        (permissions.items(key, of: "measurements") ?? []).compactMap { item in
            let pattern = reader(item, name: "timeseries.\(key)", keys: ["database", "measurement"])
            guard case .mapping = item.content else { return nil }
            let database = pattern.requiredText("database", expected: "the name of a database")
            let measurement = pattern.requiredText("measurement", expected: "a measurement, or \"*\" for all")
            guard let database, let measurement else { return nil }
            return MeasurementPattern(database: database, measurement: measurement)
        }
    }

    private func queue(_ node: ManifestNode?) -> QueueLimits {
        var limits = QueueLimits()
        guard let node else { return limits }
        let queue = reader(node, name: "queue", keys: ["messages", "bytes", "overflow", "spill"])
        if let messages = queue.integer("messages", in: 1...10_000_000) { limits.messages = messages }
        if let bytes = queue.size("bytes", in: 1_024...(4 << 30)) { limits.bytes = bytes }
        if let overflow = queue.choice("overflow", of: QueueLimits.Overflow.self) { limits.overflow = overflow }
        if let spill = queue.size("spill", in: (1 << 20)...(1 << 40)) { limits.spill = spill }
        if queue.node("spill") != nil, limits.overflow != .spill {
            queue.report("spill", "'spill' of queue is of no effect (expected overflow: spill beside it; got \(limits.overflow.rawValue))")
        }
        return limits
    }

    private func labels(_ node: ManifestNode?) -> [(key: String, value: String)] {
        guard let node else { return [] }
        guard case .mapping(let entries) = node.content else {
            problems.add(
                ManifestPlace(file: file, line: node.line), "labels has the wrong type (expected a mapping of words; got \(node.shown))")
            return []
        }
        return entries.compactMap { entry in
            if case .scalar(let text, _) = entry.value.content, !entry.value.isNothing { return (entry.key, text) }
            let sentence = "the label '\(entry.key)' has the wrong type (expected a text; got \(entry.value.shown))"
            problems.add(ManifestPlace(file: file, line: entry.line), sentence)
            return nil
        }
    }

    private func config(_ manifest: MappingReader) -> ConfigValue {
        guard let node = manifest.node("config"), !node.isNothing else { return .object([]) }
        guard case .mapping = node.content else {
            manifest.wrongType("config", expected: "a mapping")
            return .object([])
        }
        return ConfigValue(node, file: file, problems: problems)
    }
}
