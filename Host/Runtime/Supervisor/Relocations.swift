internal import Synchronization

/// Which services the host moved into a process of their own though their manifests say in-process, kept in `isolation.json` in the data
/// folder so that it holds after a restart. It holds for the manifest it was decided on: another one is given its chance.
final class Relocations: Sendable {
    /// A decision about one service.
    struct Relocation: Sendable, Equatable {
        /// SHA-256 of the manifest it was decided on.
        let manifestDigest: String
        /// Why, for a person.
        let sentence: String
        /// When, or when a person took it back; nanoseconds since 1970-01-01T00:00:00Z.
        let time: Int64
        /// Whether it holds, and no person took it back.
        let isInForce: Bool
    }

    private let path: String
    private let relocations: Mutex<[String: Relocation]>

    /// Reads the file; one that is not there, or can't be read, is empty: the flight recorder would bring it about again.
    init(dataFolder: String) {
        path = SiteFolder.join(dataFolder, "isolation.json")
        let document = try? JSONReader.parse((try? HostFiles.read(path)) ?? [])
        var relocations: [String: Relocation] = [:]
        if case .object(let members)? = document?["services"] {
            for member in members { relocations[member.key] = Relocation(member.value) }
        }
        self.relocations = Mutex(relocations)
    }

    /// The decision about a service, in force or taken back.
    subscript(service: String) -> Relocation? { relocations.withLock { $0[service] } }

    /// Keeps a decision; returns why it could not be written, or `nil`. It holds until the host ends in any case.
    func keep(_ relocation: Relocation, for service: String) -> String? {
        relocations.withLock { relocations in
            relocations[service] = relocation
            let members = relocations.sorted { $0.key < $1.key }.map { ConfigValue.Member(key: $0.key, value: $0.value.document) }
            let json = ConfigValue.object([.init(key: "services", value: .object(members))]).json + "\n"
            do throws(HostFiles.Failure) {
                try HostFiles.replace(path, with: Array(json.utf8))
                return nil
            } catch {
                return error.description
            }
        }
    }
}

extension Relocations.Relocation {
    fileprivate init?(_ document: ConfigValue) {
        guard case .text(let digest)? = document["manifest_digest"], case .text(let sentence)? = document["sentence"],
            case .integer(let time)? = document["time_ns"], case .boolean(let isInForce)? = document["in_force"]
        else { return nil }
        self.init(manifestDigest: digest, sentence: sentence, time: time, isInForce: isInForce)
    }

    fileprivate var document: ConfigValue {
        .object([
            .init(key: "in_force", value: .boolean(isInForce)), .init(key: "manifest_digest", value: .text(manifestDigest)),
            .init(key: "sentence", value: .text(sentence)), .init(key: "time", value: .text(TimeOfDay.text(time))),
            .init(key: "time_ns", value: .integer(time)),
        ])
    }
}
