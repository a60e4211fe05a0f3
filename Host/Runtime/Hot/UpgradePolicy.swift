/// `upgrade` in a service's manifest: how a new build or a new configuration takes the place of the one that runs.
public struct UpgradePolicy: Hashable, Sendable {
    public var mode = Mode.direct
    public var state = StateRule.keep
    /// How far two numbers may lie apart and still count as equal in a shadow's report, relative to the larger one.
    public var tolerance = 0.0
    /// Members of JSON objects that a shadow's report passes over, at any depth: times of computation and the like.
    public var ignore: [String] = []

    public enum Mode: String, CaseIterable, Sendable {
        /// It takes over as soon as it is found good.
        case direct
        /// It runs beside the other one, unheard, until a person promotes or discards it.
        case shadow
    }

    public enum StateRule: String, CaseIterable, Sendable {
        /// What the one saves the other loads; a pair that can't is refused.
        case keep
        /// The new one begins without.
        case discard
    }

    public init() {}
}

extension ServiceManifestReader {
    func upgrade(_ node: ManifestNode?) -> UpgradePolicy {
        var policy = UpgradePolicy()
        guard let node else { return policy }
        let upgrade = reader(node, name: "upgrade", keys: ["mode", "state", "tolerance", "ignore"])
        if let mode = upgrade.choice("mode", of: UpgradePolicy.Mode.self) { policy.mode = mode }
        if let state = upgrade.choice("state", of: UpgradePolicy.StateRule.self) { policy.state = state }
        if let text = upgrade.text("tolerance", expected: "a relative tolerance such as 1e-6") {
            if let number = Double(text), (0...1).contains(number) {
                policy.tolerance = number
            } else {
                upgrade.report("tolerance", "'tolerance' of upgrade is malformed (expected a number from 0 to 1 such as 1e-6; got '\(text.prefix(60))')")
            }
        }
        policy.ignore = (upgrade.texts("ignore", of: "names of members") ?? []).map(\.text)
        return policy
    }
}
