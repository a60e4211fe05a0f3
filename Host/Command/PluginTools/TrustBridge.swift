internal import Runtime
internal import Trust

/// The runtime's question which libraries may be loaded, answered by the site's trust settings.
struct TrustBridge: LibraryTrust {
    private let gatekeeper: Gatekeeper

    /// - Parameter dataFolder: holds the copies that are loaded, in `libraries/`; nil to verify alone, as `dsotp check` does.
    /// - Throws: the keys and digests of `site.yaml` that are not such.
    init(_ settings: Site.TrustSettings, dataFolder: String?) throws(ManifestErrors) {
        var keys: [VerifyingKey] = []
        var digests: Set<Digest> = []
        var problems: [ManifestProblem] = []
        for key in settings.keys {
            do throws(TrustError) {
                keys.append(try VerifyingKey(parsing: key.text))
            } catch {
                problems.append(ManifestProblem(place: key.place, sentence: error.description))
            }
        }
        // Their form was checked when the site was read.
        for text in settings.digests { if let digest = try? Digest(parsing: text) { digests.insert(digest) } }
        guard problems.isEmpty else { throw ManifestErrors(problems) }
        let stance: TrustPolicy.Stance =
            switch settings.policy {
            case .require: .require
            case .runnerOnly: .runnerOnly
            case .allow: .allow
            }
        gatekeeper = Gatekeeper(
            policy: TrustPolicy(stance: stance, keys: keys, digests: digests), copies: dataFolder.map { $0 + "/libraries" })
    }

    /// What the site thinks of a library that would run in a process of its own: `signed`, `listed`, `tolerated` or `refused`, and why.
    func verdict(on path: String) -> (word: String, detail: String) {
        do throws(TrustError) {
            return switch try gatekeeper.admit(Candidate(path: path, isIsolated: true)).grounds {
            case .signature(let key): ("signed", "by key \(key)")
            case .digest: ("listed", "")
            case .stance(.runnerOnly): ("tolerated", "in a process of its own alone")
            case .stance: ("tolerated", "")
            }
        } catch {
            return ("refused", error.description)
        }
    }

    func admit(_ candidate: LibraryCandidate) throws(LibraryRefusal) -> AdmittedLibrary {
        do throws(TrustError) {
            let manifest = candidate.manifest
            let admission = try gatekeeper.admit(
                Candidate(
                    path: candidate.path, pinned: try manifest.digest.map { text throws(TrustError) in try Digest(parsing: text) },
                    manifest: manifest.source, isIsolated: manifest.isolation != .inProcess))
            return AdmittedLibrary(
                path: admission.path, digest: admission.digest.description,
                identity: admission.identity.map { .init(identifier: $0.identifier, version: $0.version) })
        } catch {
            throw .untrusted(error.description)
        }
    }
}
