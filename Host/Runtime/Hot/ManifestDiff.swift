/// What is different between two manifests of one service, and what that asks for.
public struct ManifestDiff: Sendable {
    /// One value that changed.
    public struct Change: Hashable, Sendable, CustomStringConvertible {
        /// Keys and indexes joined by dots: `config.mappings.0.format`.
        public let key: String
        /// As it was written; `nil` if it was not there.
        public let old: String?
        /// As it is written; `nil` if it is not there any more.
        public let new: String?

        public var description: String { "\(key): \(old ?? "(nothing)") → \(new ?? "(nothing)")" }
    }

    /// From the least to the most that a change asks for.
    public enum Effect: Int, Comparable, Sendable {
        /// Nothing changed but comments, order or places.
        case none
        /// Words about the service, or rules of the host: taken over while it runs.
        case noted
        /// The instance is exchanged for one that knows the new manifest, with its state.
        case instance
        /// The instance is exchanged, and its subscriptions and mailbox change with it.
        case connection

        public static func < (left: Effect, right: Effect) -> Bool { left.rawValue < right.rawValue }
    }

    /// In the order of the keys.
    public let changes: [Change]

    /// What an instance never sees.
    private static let noted: Set<String> = ["service", "description", "enabled", "labels", "restart", "upgrade", "replicas", "hosts"]
    private static let connection: Set<String> = ["subscribe", "queue"]

    /// Compares the texts that the manifests were read from.
    init(from old: ServiceManifest, to new: ServiceManifest) {
        let before = Self.values(of: old), after = Self.values(of: new)
        changes = Set(before.keys).union(after.keys).sorted().compactMap { key in
            before[key] == after[key] ? nil : Change(key: key, old: before[key], new: after[key])
        }
    }

    /// Everything that a new manifest says.
    init(adding manifest: ServiceManifest) {
        changes = Self.values(of: manifest).sorted { $0.key < $1.key }.map { Change(key: $0.key, old: nil, new: $0.value) }
    }

    /// The most that any of the changes asks for. A key that is not known here asks for a new instance.
    public var effect: Effect {
        changes.map { change in
            let top = String(change.key.prefix { $0 != "." })
            if Self.noted.contains(top) { return .noted }
            return Self.connection.contains(top) ? .connection : .instance
        }.max() ?? .none
    }

    /// The keys of the first level that changed.
    var topKeys: [String] { Set(changes.map { String($0.key.prefix { $0 != "." }) }).sorted() }

    private static func values(of manifest: ServiceManifest) -> [String: String] {
        let text = String(decoding: manifest.source, as: UTF8.self)
        guard let root = ManifestNode.parse(yaml: text, file: manifest.place.file, problems: ProblemList()) else { return [:] }
        return values(of: root)
    }

    /// The scalars of a document by their keys.
    static func values(of root: ManifestNode) -> [String: String] {
        var values: [String: String] = [:]
        func walk(_ node: ManifestNode, _ key: String) {
            switch node.content {
            case .scalar(let text, _): values[key] = node.isNothing ? "" : text
            case .list(let items):
                if items.isEmpty { values[key] = "[]" }
                for (index, item) in items.enumerated() { walk(item, "\(key).\(index)") }
            case .mapping(let entries):
                if entries.isEmpty, !key.isEmpty { values[key] = "{}" }
                for entry in entries { walk(entry.value, key.isEmpty ? entry.key : "\(key).\(entry.key)") }
            }
        }
        walk(root, "")
        return values
    }
}
