public import Logging

/// Checks a site without starting it: loads every library and lets each service look at its configuration.
public struct SiteChecker: Sendable {
    private let hostVersion: String
    private let pluginFolders: [String]
    private let trust: @Sendable (Site) throws(ManifestErrors) -> (any LibraryTrust)?
    private let logger: Logger
    private let runner: RunnerLaunch

    /// - Parameters:
    ///   - runner: how libraries that are no services are tried.
    ///   - pluginFolders: looked in for libraries after those of the site.
    ///   - trust: makes what decides which libraries of a site are loaded; nil trusts every library.
    public init(
        hostVersion: String, pluginFolders: [String] = [], logger: Logger, runner: RunnerLaunch = RunnerLaunch(),
        trust: @escaping @Sendable (Site) throws(ManifestErrors) -> (any LibraryTrust)? = { _ throws(ManifestErrors) in nil }
    ) {
        self.trust = trust
        self.runner = runner
        self.hostVersion = hostVersion
        self.pluginFolders = pluginFolders
        self.logger = logger
    }

    /// Reads and checks the site in a folder. Services that are disabled are checked too: they may be enabled at any time.
    public func check(folder: String) async -> SiteReport {
        let site: Site
        let trust: (any LibraryTrust)?
        do throws(ManifestErrors) {
            site = try SiteFolder.load(folder)
            trust = try self.trust(site)
        } catch {
            return SiteReport(problems: error.problems, topicGraph: "")
        }
        let desk = LibraryDesk(
            loader: LibraryLoader(hostVersion: hostVersion), folders: site.pluginFolders + pluginFolders, siteFolder: site.folder,
            trust: trust)
        var problems: [ManifestProblem] = []
        for manifest in site.services {
            if let problem = await problem(of: manifest, desk: desk) { problems.append(problem) }
        }
        return SiteReport(problems: problems, topicGraph: TopicGraph(services: site.services).text)
    }

    /// The libraries of enabled services that are nowhere to be found, without loading any.
    public func missingLibraries(of site: Site) -> [ManifestProblem] {
        let search = LibrarySearch(folders: site.pluginFolders + pluginFolders, siteFolder: site.folder)
        return site.services.filter(\.isEnabled).compactMap { manifest in
            do throws(LibraryRefusal) {
                _ = try search.find(manifest)
                return nil
            } catch {
                return ManifestProblem(place: manifest.libraryPlace, sentence: error.description)
            }
        }
    }

    private func problem(of manifest: ServiceManifest, desk: LibraryDesk) async -> ManifestProblem? {
        let makeInstance: InstanceMaker
        do throws(LibraryRefusal) { makeInstance = try await instanceMaker(for: manifest, desk: desk) } catch {
            return ManifestProblem(place: manifest.libraryPlace, sentence: error.description)
        }
        return await refusal(of: manifest, makeInstance).map { ManifestProblem(place: manifest.configPlace, sentence: $0) }
    }

    /// A library that is no service is never loaded into this process.
    private func instanceMaker(for manifest: ServiceManifest, desk: LibraryDesk) async throws(LibraryRefusal) -> InstanceMaker {
        guard manifest.isolation == .foreign else {
            let module = try await desk.module(for: manifest).module
            return { InProcessInstance(module: module, context: $0) }
        }
        let (path, library) = try await desk.file(for: manifest)
        let (launch, version) = (runner, hostVersion)
        return { ProcessInstance(library: library, path: path, context: $0, launch: launch, hostVersion: version) { _ in } }
    }

    /// What the service itself says against its configuration, or `nil`.
    private func refusal(of manifest: ServiceManifest, _ makeInstance: @escaping InstanceMaker) async -> String? {
        let bridges = ClosedBridges.bridges()
        let context = ServiceContext(
            manifest: manifest, bridges: bridges, log: ServiceLog(service: manifest.service, logger: logger),
            metrics: ServiceMetrics(service: manifest.service, registry: MetricsRegistry()), counters: ServiceCounters(),
            signal: WorkSignal())
        let board = StatusBoard(service: manifest.service, clock: bridges.clock) { _ in }
        let worker = ServiceWorker(context: context, board: board, makeInstance: makeInstance)
        guard worker.startThread() else { return "the system has no thread to give for checking '\(manifest.service)'" }
        let checked = OneShot<String>()
        worker.post(.validate { fault, step in checked.settle(fault.map { "\(step.word) failed: \($0)" } ?? "") })
        guard let sentence = await checked.value(
            timeout: manifest.deadline * 3 + .seconds(1) + (manifest.runsInRunner ? ServiceManifest.processStart : .zero)) else {
            return "the service did not check its configuration in time (expected \(manifest.deadline) a callback)"
        }
        return sentence.isEmpty ? nil : sentence
    }
}

/// What a check of a site found.
public struct SiteReport: Sendable {
    /// Empty if the site can be run.
    public let problems: [ManifestProblem]
    /// Who feeds whom, for printing; empty if the manifests could not be read.
    public let topicGraph: String
}
