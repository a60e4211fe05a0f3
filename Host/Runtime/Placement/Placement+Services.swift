internal import Glibc
internal import Logging
internal import Synchronization

/// Which services are under which lease, and what is told of it.
extension Placement {
    /// Looks at the services of the site, which come and go, and at their manifests, which change.
    func refresh() {
        var leased: [String: [SupervisedService]] = [ServiceManifest.commandsLease: []]
        for service in supervisor.services {
            let manifest = service.manifest
            guard manifest.replicas == .one else {
                settle(service)
                continue
            }
            leased[manifest.lease, default: []].append(service)
        }
        for (name, members) in leased {
            if groups[name] == nil { groups[name] = makeGroup(name, members) }
            for service in members where !(groups[name]?.members.contains { $0 === service } ?? false) { join(service, name) }
            groups[name]?.members = members
        }
        for (name, group) in groups where leased[name] == nil {
            groups[name]?.members = []
            if !group.isBusy { groups[name] = nil }
        }
    }

    private func makeGroup(_ name: String, _ members: [SupervisedService]) -> LeaseGroup {
        let now = MachineClock.sinceBoot()
        let preference = members.compactMap { rules.preference($0.manifest) }.max() ?? 0
        var lease = Lease(
            timing: LeaseTiming(ttl: rules.ttl), host: rules.host, run: run,
            standback: HostRank.standback(host: rules.host, lease: name, preference: preference, ttl: rules.ttl),
            timeOfDay: MachineClock.read(CLOCK_REALTIME) - now, now: now)
        if watch != nil { _ = lease.handle(.watching, at: now) }
        return LeaseGroup(lease: lease, members: [])
    }

    /// A service that comes under a lease gets the standing that the lease has here.
    private func join(_ service: SupervisedService, _ name: String) {
        guard let group = groups[name] else { return }
        if let until = group.lease.fencedAt {
            service.fence.set(openUntil: until)
            service.content.withLock { $0.standing = .held }
            Task { [supervisor] in await supervisor.takeUp(service) }
        } else if service.content.withLock({ $0.standing }) == .free {
            rules.register(service)
            Task { [supervisor] in await supervisor.giveUp(service, "no lease yet", drains: true) }
        }
    }

    /// A service that runs on each host may have been under a lease before its manifest changed.
    private func settle(_ service: SupervisedService) {
        guard rules.exclusion(service.manifest) == nil, service.content.withLock({ $0.standing }) != .free else { return }
        service.fence.set(openUntil: .max)
        service.content.withLock { ($0.standing, $0.holding) = (.free, nil) }
        let isWaiting = service.board.current.state == .standby
        if isWaiting { Task { [supervisor] in _ = try? await supervisor.restart(service.name) } }
    }

    /// Whether this host can run the services of a lease: they are wanted here, and nothing speaks against it.
    func mayTake(_ name: String) -> Bool {
        guard let group = groups[name] else { return false }
        // Operators command devices also where no service does.
        if name == ServiceManifest.commandsLease, group.members.isEmpty { return true }
        let wanted = group.members.filter { $0.content.withLock { $0.isEnabled && !$0.isRemoved } }
        guard !wanted.isEmpty, wanted.allSatisfy({ rules.preference($0.manifest) != nil }) else { return false }
        let states = wanted.map { $0.board.current.state }
        if group.lease.fencedAt != nil {
            return states.contains { ![.refused, .failed, .quarantined, .disabled, .stopped].contains($0) }
        }
        return states.contains(.standby) && !states.contains { $0 == .discovered || $0 == .verified }
    }

    /// Makes visible who holds a lease.
    func note(_ name: String) {
        guard let group = groups[name] else { return }
        let lease = group.lease
        let isHere = lease.fencedAt != nil
        let host = isHere ? rules.host : lease.last?.state == .held ? lease.last?.host : nil
        let term = isHere ? lease.term : lease.last?.term ?? 0
        if let known = group.holding, known.host == host, known.isHere == isHere, known.term == term {
            for service in group.members { service.content.withLock { $0.holding = known } }
            return
        }
        let holding = LeaseHolding(lease: name, host: host, isHere: isHere, term: term, since: supervisor.bridges.clock.now())
        groups[name]?.holding = holding
        for service in group.members {
            let sentence = rules.exclusion(service.manifest) ?? Self.sentence(holding)
            service.content.withLock { content in
                content.holding = holding
                if case .standby = content.standing { content.standing = .standby(sentence) }
            }
            if !isHere, service.board.current.state == .standby { service.board.move(to: .standby, sentence) }
        }
        let leases = groups.values.compactMap(\.holding).sorted { $0.lease < $1.lease }
        figures.withLock { $0.leases = leases }
    }

    private static func sentence(_ holding: LeaseHolding) -> String {
        holding.host.map { "host '\($0)' runs it, in term \(holding.term)" } ?? "no host holds its lease yet"
    }

    /// Why devices are not commanded at this host; `nil` if it holds the lease for that.
    public nonisolated var commandsElsewhere: String? {
        guard let lease = statistics.leases.first(where: { $0.lease == ServiceManifest.commandsLease }), let host = lease.host else {
            return "no host holds the lease 'commands' yet, so that nobody decides about devices (try again in some seconds)"
        }
        return lease.isHere ? nil : "devices are commanded at host '\(host)', which holds the lease 'commands' (use its gateway)"
    }

    /// What is to be counted, and who holds what.
    public nonisolated var statistics: PlacementStatistics { figures.withLock { $0 } }

    /// Metrics in Prometheus' text format.
    public nonisolated func metricsText() -> String {
        let statistics = statistics
        var text = MetricsRegistry.heading(
            name: "dsotp_lease_held", kind: .gauge, help: "1 if this host holds the lease of services that run once.")
        for lease in statistics.leases { text += "dsotp_lease_held{lease=\"\(lease.lease)\"} \(lease.isHere ? 1 : 0)\n" }
        text += MetricsRegistry.heading(name: "dsotp_lease_term", kind: .gauge, help: "The term of the lease, with its holder.")
        for lease in statistics.leases {
            text += "dsotp_lease_term{lease=\"\(lease.lease)\",host=\"\(MetricsRegistry.escape(lease.host ?? ""))\"} \(lease.term)\n"
        }
        text += MetricsRegistry.heading(name: "dsotp_lease_terms_total", kind: .counter, help: "Terms that this host began.")
        text += "dsotp_lease_terms_total \(statistics.terms)\n"
        text += MetricsRegistry.heading(
            name: "dsotp_lease_lapses_total", kind: .counter, help: "Terms that ended because the broker acknowledged nothing for too long.")
        return text + "dsotp_lease_lapses_total \(statistics.lapses)\n"
    }
}
