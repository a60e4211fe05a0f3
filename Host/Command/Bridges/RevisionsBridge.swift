internal import Gateway
internal import NIOPosix
internal import Runtime

/// The gateway's view of manifests and revisions: the runtime's hot reload, and the libraries of the site.
struct RevisionsBridge: RevisionAdministration {
    let reload: SiteReload
    let supervisor: ServiceSupervisor
    let libraries: LibraryShelf
    /// Where files are read and hashed.
    let threads: NIOThreadPool

    func manifests() async -> ManifestOverview {
        let (files, changes) = await reload.overview()
        return ManifestOverview(
            manifests: files.map { .init(file: $0.file, service: $0.service ?? "", problems: $0.problems) }, restartNeeded: changes)
    }

    func manifest(of name: String) async -> String? { try? reload.manifest(of: name).text }

    func plan(_ yaml: [UInt8], for name: String?) async -> ManifestReport { Self.checked(await reload.plan(yaml, for: name)) }

    func put(_ yaml: [UInt8], for name: String) async throws -> ManifestReport {
        if Gateway.reservedServiceNames.contains(name) { return await plan(yaml, for: name) }
        do { return ManifestReport(try await reload.put(yaml, for: name)) } catch { throw GatewayError(error) }
    }

    func delete(_ name: String) async throws { do { try await reload.delete(name) } catch { throw GatewayError(error) } }

    func rollBack(_ name: String) async throws { do { try await supervisor.rollBack(name) } catch { throw GatewayError(error) } }

    func shadow(of name: String) async throws -> ServiceShadow {
        do { return ServiceShadow(try supervisor.shadow(name)) } catch { throw GatewayError(error) }
    }

    func promote(_ name: String) async throws { do { try await supervisor.promote(name) } catch { throw GatewayError(error) } }

    func discardShadow(_ name: String) async throws { do { try await supervisor.discardShadow(name) } catch { throw GatewayError(error) } }

    /// None once the host ends.
    func libraries() async -> [LibraryEntry] {
        (try? await threads.runIfActive { [libraries, supervisor] in libraries.entries(of: supervisor) }) ?? []
    }

    /// A plan for a name that the gateway itself answers at has a problem more.
    private static func checked(_ plan: ManifestPlan) -> ManifestReport {
        var checked = ManifestReport(plan)
        if Gateway.reservedServiceNames.contains(plan.service) {
            checked.problems.append(
                .init(
                    file: plan.file, line: 0,
                    sentence: "the service's name '\(plan.service)' is the platform's own (expected another name, since /api/\(plan.service) is taken)"))
        }
        return checked
    }
}

extension ManifestReport {
    fileprivate init(_ plan: ManifestPlan) {
        self.init(
            service: plan.service, file: plan.file, effect: plan.effect.rawValue,
            changes: plan.changes.map { Change(key: $0.key, old: $0.old, new: $0.new) },
            problems: plan.problems.map { Problem(file: $0.place.file, line: $0.place.line, sentence: $0.sentence) })
    }
}

extension ServiceShadow {
    fileprivate init(_ status: ShadowStatus) {
        let report = status.report
        self.init(
            service: status.service, version: status.version, digest: status.digest ?? "", state: status.state.rawValue, detail: status.detail,
            processed: Int(status.processed), errors: Int(status.errors), dropped: Int(status.dropped),
            since: Timestamp(milliseconds: report.since / 1_000_000), total: Counts(report.total),
            outputs: report.outputs.map {
                Output(kind: $0.key.kind.rawValue, name: $0.key.name, counts: Counts($0.counts), waiting: $0.waiting)
            },
            differences: report.differences.map {
                Difference(
                    kind: $0.key.kind.rawValue, name: $0.key.name, time: Timestamp(milliseconds: $0.time / 1_000_000), running: $0.running,
                    shadow: $0.shadow)
            })
    }
}

extension ServiceShadow.Counts {
    fileprivate init(_ counts: ShadowReport.Counts) {
        self.init(equal: counts.equal, different: counts.different, missing: counts.missing, extra: counts.extra,
            notCompared: counts.notCompared)
    }
}
