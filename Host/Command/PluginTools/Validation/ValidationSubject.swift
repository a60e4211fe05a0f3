internal import PluginAPI
internal import PluginTestKit
internal import Runtime
internal import Topics

/// The library under validation, with the manifest that it is to work under.
struct ValidationSubject: Sendable {
    let path: String
    /// nil if none was given; then everything is permitted and `config` is empty.
    let manifest: ServiceManifest?
    let seed: UInt64

    /// Opens the library in this process. Never in the process of who asked for the validation.
    func library() throws -> ServiceLibrary { try ServiceLibrary(path: path) }

    var configuration: ConfigValue { manifest?.config ?? .object([]) }

    var permissions: Permissions {
        guard let manifest else { return .all }
        func measurements(_ patterns: [MeasurementPattern]) -> Set<String>? {
            patterns.contains { $0.measurement == "*" } ? nil : Set(patterns.map(\.measurement))
        }
        return Permissions(
            subscribe: manifest.subscriptions.map(\.filter.description), publish: manifest.publish.map(\.description),
            read: measurements(manifest.timeSeries.read), write: measurements(manifest.timeSeries.write),
            keyValueQuota: manifest.memoryQuota)
    }

    /// An instance that is neither configured nor started.
    func instance(_ library: ServiceLibrary, withholding: Set<HostExtension> = []) throws -> ServiceHarness {
        try ServiceHarness(library: library, name: "validation", permissions: permissions, withholding: withholding, starts: false)
    }

    /// A running instance.
    /// - Throws: a ``Finding`` that skips the test if the library refuses the configuration, as it may where none was given.
    func running(_ library: ServiceLibrary) throws -> ServiceHarness {
        let harness = try instance(library)
        do {
            try harness.configure(configuration.json)
        } catch let error as ServiceError {
            guard manifest == nil else {
                throw Finding.failed("it refuses the manifest's config: \(error)")
            }
            throw Finding.skipped("it needs a configuration: give its manifest with --manifest (it says: \(error))")
        }
        do { try harness.start() } catch let error as ServiceError { throw Finding.failed("start fails: \(error)") }
        return harness
    }

    /// Topics that the manifest's subscriptions match, one each.
    var topics: [String] {
        permissions.subscribe.map { filter in
            filter.split(separator: "/", omittingEmptySubsequences: false)
                .map { $0 == "+" ? "validation" : $0 == "#" ? "validation/1" : String($0) }.joined(separator: "/")
        }
    }
}

extension ServiceHarness {
    /// Runs a step whose error is an answer that a service may give, provided that it says why.
    /// - Returns: whether the service accepted.
    @discardableResult
    func accepts(_ what: String, _ step: (ServiceHarness) throws -> ServiceHarness) throws -> Bool {
        do {
            _ = try step(self)
            return true
        } catch let error as ServiceError {
            guard !error.sentence.isEmpty else {
                throw Finding.failed("\(what) fails with \(error.status) and without a sentence for a person (fill error->sentence)")
            }
            return false
        }
    }

    /// Ends the instance's work; breaches of the ABI's rules since it was made fail the test.
    func finish() throws {
        do { try stop() } catch let error as HarnessError { throw Finding.failed(error.description) } catch let error as ServiceError {
            throw Finding.failed("stop fails: \(error)")
        }
    }
}
