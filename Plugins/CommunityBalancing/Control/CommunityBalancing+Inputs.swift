import PluginAPI

extension CommunityBalancing {
    /// Takes what an asset reports of itself; one that nobody described joins the community that it names.
    func takeReport(_ report: JSONValue, of id: String, _ now: Timestamp) throws(ServiceError) {
        let known = communityOfAsset[id]
        guard let community = known == nil ? try announce(report, id, now) : known else {
            throw .invalidArgument("no community has the asset '\(id)', and it names none: describe it in the manifest, or let it announce community and kind")
        }
        try community.takeReport(report, of: id, now)
    }

    private func announce(_ report: JSONValue, _ id: String, _ now: Timestamp) throws(ServiceError) -> Community? {
        guard let name = report["community"]?.text else { return nil }
        let there = communities.first { $0.settings.name == name }
        guard let community = there == nil ? try found(name) : there, community.settings.takesAnnounced else {
            throw .invalidArgument("the asset '\(id)' wants to join '\(name)', which is not there or takes none")
        }
        guard community.assets.count < 20_000 else { throw .limitReached("the community '\(name)' has 20000 assets") }
        let described = (report.members ?? []).filter { AssetDescription.keys.contains($0.key) && $0.key != "id" }
        let description = try AssetDescription(try ConfigurationObject(.object(described), at: "the announcement"), id: id)
        community.assets[id] = AssetRecord(description, isAnnounced: true)
        communityOfAsset[id] = community
        community.note("announced", id, "the asset '\(id)' (\(description.kind.rawValue)) announced itself", now)
        return community
    }

    /// A community that its first device announces, made as the configuration's template says; nil if there is no template.
    private func found(_ name: String) throws(ServiceError) -> Community? {
        guard let template = settings?.template else { return nil }
        guard communities.count < 1_000 else { throw .limitReached("there are 1000 communities") }
        let community = Community(try CommunitySettings(try ConfigurationObject(template, at: "config.announced_communities"), announced: name))
        communities.append(community)
        listen(communities.count - 1)
        restoreTrigger(community)
        try setTimer(communities.count - 1, community, host.clock.monotonic)
        return community
    }

    /// The room of the communities' transformers and lines by the estimated state: what their rating leaves beside the reactive power that they carry.
    func takeEstimate(_ message: JSONValue) {
        let branches = message["branches"]?.elements ?? []
        for community in communities {
            let wanted = Set(community.settings.lines.compactMap(\.branch) + [community.settings.transformerBranch].compactMap { $0 })
            guard !wanted.isEmpty else { continue }
            let before = community.limitsKW
            for branch in branches {
                guard let id = branch["id"]?.text, wanted.contains(id), let room = Self.room(branch) else { continue }
                community.estimatedLimits[id] = room
            }
            guard before == nil, community.limitsKW != nil else { continue }
            community.planFailure = nil
            community.beginRun()
            community.replan("the estimated grid says what the transformer carries")
        }
    }

    /// Active power that a branch can carry beside its present reactive power, kW; nil where its loading says too little of its rating.
    private static func room(_ branch: JSONValue) -> Double? {
        guard let loading = branch["loading_percent"]?.number, loading > 2, let watts = branch["p_from"]?.number else { return nil }
        let vars = branch["q_from"]?.number ?? 0
        let rating = (watts * watts + vars * vars).squareRoot() / 1000 * 100 / loading
        return max(0, rating * rating - vars * vars / 1e6).squareRoot()
    }
}
