internal import Synchronization

/// Which services a person switched on or off, kept in `services.json` in the data folder so that it holds after a restart.
final class RememberedChoices: Sendable {
    private let path: String
    private let choices: Mutex<[String: Bool]>

    /// Reads the file; one that is not there is empty.
    init(dataFolder: String) throws(SupervisorError) {
        path = SiteFolder.join(dataFolder, "services.json")
        var choices: [String: Bool] = [:]
        if HostFiles.isFile(path) {
            for (service, isEnabled) in try Self.read(path) { choices[service] = isEnabled }
        }
        self.choices = Mutex(choices)
    }

    private static func read(_ path: String) throws(SupervisorError) -> [(String, Bool)] {
        let document: ConfigValue
        do {
            document = try JSONReader.parse(try HostFiles.read(path))
        } catch {
            throw .inputOutput("\(path) can't be read: \(error) (correct it, or remove it to go by the manifests)")
        }
        guard case .object(let members)? = document["services"] else {
            throw .inputOutput("\(path) is malformed (expected an object with the member 'services'; correct it, or remove it)")
        }
        return members.compactMap { member in
            guard case .boolean(let isEnabled)? = member.value["enabled"] else { return nil }
            return (member.key, isEnabled)
        }
    }

    /// What a person decided for a service, or `nil`.
    func choice(for service: String) -> Bool? { choices.withLock { $0[service] } }

    /// Remembers a decision; it is on the disk when this returns, or the old one stands.
    func remember(_ service: String, isEnabled: Bool) throws(SupervisorError) {
        try choices.withLock { choices throws(SupervisorError) in
            var changed = choices
            changed[service] = isEnabled
            let members = changed.sorted { $0.key < $1.key }.map { name, isEnabled in
                ConfigValue.Member(key: name, value: .object([.init(key: "enabled", value: .boolean(isEnabled))]))
            }
            let json = ConfigValue.object([.init(key: "services", value: .object(members))]).json + "\n"
            do throws(HostFiles.Failure) {
                try HostFiles.replace(path, with: Array(json.utf8))
            } catch {
                throw .inputOutput("the decision about '\(service)' can't be remembered: \(error); nothing was changed")
            }
            choices = changed
        }
    }
}
