internal import PluginAPI
internal import PluginTestKit
internal import Runtime

extension ValidationTest {
    static let configurationTests: [ValidationTest] = [
        ValidationTest(
            name: "bad-configuration",
            prose: "Each value of the configuration is replaced by one of a wrong type: refused with a sentence, by validating as by configuring."
        ) { subject in
            let changed = spoilt(subject)
            guard !changed.isEmpty else { return .skipped("there is no value to spoil: give its manifest with --manifest") }
            let library = try subject.library()
            var accepted: [String] = []
            for (key, config) in changed {
                let validated = try subject.instance(library).accepts("validating \(config)") { try $0.validate(config) }
                let configured = try subject.instance(library).accepts("configuring \(config)") { try $0.configure(config) }
                guard validated == configured else {
                    return .failed(
                        "with \(config) validating says \(validated ? "yes" : "no") and configuring \(configured ? "yes" : "no") (check the same in both)")
                }
                if configured { accepted.append(key) }
            }
            if accepted.isEmpty { return .passed(changed.count == 1 ? "one wrong value refused" : "\(changed.count) wrong values refused") }
            return .warning("a wrong type is accepted for \(accepted.joined(separator: ", ")), so that a typing error would go unnoticed")
        },
        ValidationTest(
            name: "refusal-ownership",
            prose: "A thousand refusals: the texts of errors are released once, by who received them, and none is left."
        ) { subject in
            let library = try subject.library()
            let candidates = spoilt(subject).map(\.config) + ["{}"]
            let refused = try candidates.first { config in
                try !subject.instance(library).accepts("validating \(config)") { try $0.validate(config) }
            }
            guard let refused else { return .skipped("no configuration was found that it refuses") }
            let growth = try MemoryUse.growth(cycles: 1_000) {
                try subject.instance(library).accepts("validating \(refused)") { try $0.validate(refused) }
            }
            return MemoryUse.verdict(growth, of: "refusal")
        },
    ]

    /// The configuration with one member each of a type that can't be meant.
    private static func spoilt(_ subject: ValidationSubject) -> [(key: String, config: String)] {
        guard case .object(let members) = subject.configuration else { return [] }
        return members.indices.map { index in
            var changed = members
            let wrong: ConfigValue =
                switch members[index].value {
                case .object, .list: .text("neither a list nor an object")
                default: .object([.init(key: "of a wrong", value: .text("type"))])
                }
            changed[index] = ConfigValue.Member(key: members[index].key, value: wrong)
            return (members[index].key, ConfigValue.object(changed).json)
        }
    }
}
