internal import Synchronization

/// Which services rest until a person acts, kept in `quarantine.json` in the data folder so that they still do after a restart of the host.
/// It holds for the manifest that a service failed with: another one is given its chance.
final class Quarantines: Sendable {
    private struct Quarantine {
        /// SHA-256 of the manifest.
        let manifestDigest: String
        /// Why, for a person.
        let sentence: String
    }

    private let path: String
    private let quarantines: Mutex<[String: Quarantine]>

    /// Reads the file; one that is not there, or can't be read, is empty: a service that still fails comes to rest again.
    init(dataFolder: String) {
        path = SiteFolder.join(dataFolder, "quarantine.json")
        let document = try? JSONReader.parse((try? HostFiles.read(path)) ?? [])
        var quarantines: [String: Quarantine] = [:]
        if case .object(let members)? = document?["services"] {
            for member in members {
                guard case .text(let digest)? = member.value["manifest_digest"], case .text(let sentence)? = member.value["sentence"] else { continue }
                quarantines[member.key] = Quarantine(manifestDigest: digest, sentence: sentence)
            }
        }
        self.quarantines = Mutex(quarantines)
    }

    /// Why a service rests with a manifest; `nil` if it does not.
    func sentence(for service: String, manifestDigest: String) -> String? {
        quarantines.withLock { $0[service].flatMap { $0.manifestDigest == manifestDigest ? $0.sentence : nil } }
    }

    /// Lets a service rest; returns why that could not be written, or `nil`.
    func keep(_ service: String, manifestDigest: String, sentence: String) -> String? {
        quarantines.withLock { quarantines in
            quarantines[service] = Quarantine(manifestDigest: manifestDigest, sentence: sentence)
            return write(quarantines)
        }
    }

    /// A person has acted; returns why that could not be written, or `nil`.
    func lift(_ service: String) -> String? {
        quarantines.withLock { quarantines in quarantines.removeValue(forKey: service) == nil ? nil : write(quarantines) }
    }

    private func write(_ quarantines: [String: Quarantine]) -> String? {
        let members = quarantines.sorted { $0.key < $1.key }.map { service, quarantine in
            ConfigValue.Member(
                key: service,
                value: .object([
                    .init(key: "manifest_digest", value: .text(quarantine.manifestDigest)), .init(key: "sentence", value: .text(quarantine.sentence)),
                ]))
        }
        let json = ConfigValue.object([.init(key: "services", value: .object(members))]).json + "\n"
        do throws(HostFiles.Failure) {
            try HostFiles.replace(path, with: Array(json.utf8))
            return nil
        } catch {
            return error.description
        }
    }
}
