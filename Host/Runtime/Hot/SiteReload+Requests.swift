internal import Logging
internal import Synchronization
internal import Glibc

/// What a manifest would change, or has changed.
public struct ManifestPlan: Sendable {
    /// The service that it names; empty if it can't be read.
    public let service: String
    /// Where it stands, or would be written.
    public let file: String
    /// What is different from the manifest that the service runs by; everything if there is no such service.
    public let changes: [ManifestDiff.Change]
    public let effect: Effect
    /// Everything that is wrong with it; it is not applied then.
    public let problems: [ManifestProblem]

    /// What applying it does.
    public enum Effect: String, Sendable {
        /// Nothing.
        case none
        /// It is taken over while the service runs.
        case noted
        /// The instance is exchanged, with its state.
        case exchange
        /// The instance is exchanged, with its state, subscriptions and mailbox.
        case reconnect
        /// A new service begins.
        case add
    }
}

/// A manifest's file of the site.
public struct ManifestFile: Sendable {
    public let file: String
    /// The service that it names; `nil` if it can't be read.
    public let service: String?
    /// What is wrong with it, one problem a line; empty if nothing is.
    public let problems: String
}

extension SiteReload {
    /// The manifests of the site, and the keys of `site.yaml` that wait for a restart of the host.
    public func overview() -> (files: [ManifestFile], siteChanges: [String]) {
        let list = files.sorted { $0.key < $1.key }.map { file, state in
            ManifestFile(file: file, service: state.manifest?.service, problems: state.problems)
        }
        return (list, siteChanges)
    }

    /// The text of the manifest that a service runs by, and where it came from.
    public nonisolated func manifest(of name: String) throws(SupervisorError) -> (file: String, text: String) {
        let manifest = try supervisor.find(name).manifest
        return (manifest.place.file, String(decoding: manifest.source, as: UTF8.self))
    }

    /// What a manifest would do, after all checks that its application makes: its keys, its library, and the service's own word.
    ///
    /// - Parameter name: the service that it has to be of; `nil` for whichever it names.
    public func plan(_ text: [UInt8], for name: String? = nil) async -> ManifestPlan {
        let present = name.flatMap { try? supervisor.find($0) }
        let file = present?.manifest.place.file ?? SiteFolder.join(servicesFolder, "\(name ?? "manifest").yaml")
        do throws(ManifestErrors) {
            let manifest = try SiteFolder.manifest(text, file: file)
            if let name, manifest.service != name {
                let sentence = "the manifest is of another service (expected service: \(name); got '\(manifest.service)'; correct it, or put it under its own name)"
                throw ManifestErrors([ManifestProblem(place: manifest.place, sentence: sentence)])
            }
            return await plan(manifest, present: try? supervisor.find(manifest.service))
        } catch {
            return ManifestPlan(service: name ?? "", file: file, changes: [], effect: .none, problems: error.problems)
        }
    }

    private func plan(_ manifest: ServiceManifest, present: SupervisedService?) async -> ManifestPlan {
        let diff = present.map { ManifestDiff(from: $0.manifest, to: manifest) } ?? ManifestDiff(adding: manifest)
        let effect: ManifestPlan.Effect =
            if present == nil {
                .add
            } else {
                switch diff.effect {
                case .none: .none
                case .noted: .noted
                case .instance: .exchange
                case .connection: .reconnect
                }
            }
        return ManifestPlan(
            service: manifest.service, file: manifest.place.file, changes: diff.changes, effect: effect, problems: await supervisor.problems(of: manifest))
    }

    /// Puts a manifest into effect and writes it to the site's folder, in one step for whoever reads it there.
    ///
    /// - Returns: what it did; one with problems did nothing.
    public func put(_ text: [UInt8], for name: String) async throws(SupervisorError) -> ManifestPlan {
        try await whileBusy(name) { () async throws(SupervisorError) in try await putUndisturbed(text, for: name) }
    }

    private func putUndisturbed(_ text: [UInt8], for name: String) async throws(SupervisorError) -> ManifestPlan {
        let plan = await plan(text, for: name)
        guard plan.problems.isEmpty else { return plan }
        let manifest: ServiceManifest
        do throws(ManifestErrors) { manifest = try SiteFolder.manifest(text, file: plan.file) } catch { return plan }
        guard HostFiles.isFolder(servicesFolder), access(servicesFolder, W_OK) == 0 else {
            throw .inputOutput("the manifest can't be written (expected a folder \(servicesFolder) that the host may write); nothing was changed")
        }
        if let service = try? supervisor.find(name) {
            try await apply(manifest, to: service)
            try write(manifest, otherwise: "the service goes back to what its file says")
        } else {
            try checkIsFree(plan.file, for: name)
            try write(manifest, otherwise: "nothing was changed")
            await supervisor.add(manifest)
        }
        return plan
    }

    /// Refuses to write over a file that is not the service's own.
    private func checkIsFree(_ file: String, for name: String) throws(SupervisorError) {
        guard access(file, F_OK) == 0 else { return }
        let owner = (try? HostFiles.read(file)).flatMap { try? SiteFolder.manifest($0, file: file).service }
        guard owner != name else { return }
        let got = owner.map { "one of the service '\($0)'" } ?? "one that can't be read as a manifest"
        throw .conflict(
            "the manifest of '\(name)' would overwrite another file (expected no \(file), or a manifest of '\(name)' there; got \(got); rename that file); "
                + "nothing was changed")
    }

    private func apply(_ manifest: ServiceManifest, to service: SupervisedService) async throws(SupervisorError) {
        let library = LibrarySight(path: try? supervisor.desk.find(manifest))
        let former: Sight? = service.content.withLock { content in
            defer { content.sight = Sight(manifest: SHA256.digest(of: manifest.source), library: library) }
            return content.sight
        }
        guard case .refused(let sentence) = await supervisor.change(service, to: manifest) else { return }
        // The file stays as it is, and so does what is known of it.
        service.content.withLock { $0.sight = former }
        throw .conflict("the manifest is refused, and what ran before runs on: \(sentence)")
    }

    /// - Parameter consequence: what it means for the service if the file stays as it was; the next look sees to that.
    private func write(_ manifest: ServiceManifest, otherwise consequence: String) throws(SupervisorError) {
        let file = manifest.place.file
        do throws(HostFiles.Failure) { try HostFiles.replace(file, with: manifest.source) } catch {
            throw .inputOutput("the manifest can't be written, and \(consequence): \(error)")
        }
        files[file] = FileState(signature: FileSignature(file), digest: SHA256.digest(of: manifest.source), manifest: manifest)
    }

    /// Removes the manifest of a service from the site's folder, drains and ends the service, and takes it off the list.
    public func delete(_ name: String) async throws(SupervisorError) {
        let service = try supervisor.find(name)
        let file = service.manifest.place.file
        guard unlink(file) == 0 || errno == ENOENT else {
            throw .inputOutput(HostFiles.Failure("the manifest can't be removed: \(file)").description)
        }
        files[file] = nil
        try await whileBusy(name) { () async throws(SupervisorError) in await supervisor.remove(service) }
    }
}

extension ServiceSupervisor {
    /// What is wrong with a manifest whose keys are in order: its library, or what the service itself says.
    func problems(of manifest: ServiceManifest) async -> [ManifestProblem] {
        let file: (path: String, admitted: AdmittedLibrary)
        do throws(ChangeRefusal) { file = try await admit(manifest) } catch {
            return [ManifestProblem(place: manifest.libraryPlace, sentence: error.description)]
        }
        guard let sentence = await rehearse(manifest, runnerLibrary(file)) else { return [] }
        return [ManifestProblem(place: manifest.configPlace, sentence: sentence)]
    }

    /// The library's file that a service's manifest leads to now, or `nil`.
    public nonisolated func libraryPath(of name: String) -> String? {
        guard let service = try? find(name) else { return nil }
        return try? desk.find(service.manifest)
    }

    /// The folders that libraries are looked for in.
    public nonisolated var libraryFolders: [String] { desk.folders }
}
