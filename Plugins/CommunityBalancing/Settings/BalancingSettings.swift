import PluginAPI

/// What the configuration says.
struct BalancingSettings {
    var communities: [CommunitySettings] = []
    /// What a community is like that its devices announce; nil if none may be.
    let template: JSONValue?
    /// Whether the service waits for its plans: replay and tests on virtual time then have one outcome.
    let waits: Bool
    let database: String?
    let topics: Topics

    /// Topics that the service reads and writes.
    struct Topics {
        /// Reports of assets; the `+` is the asset.
        var assets = "assets/+/report"
        /// Below it, each community has `<name>/mode/set`, `exchange`, `state`, `plan` and `events`.
        var communities = "communities"
        /// Forecasts; the last level is the series.
        var forecasts = "forecasts"
        /// Results of the state estimation.
        var estimates = "estimates"
    }

    /// - Throws: ``Status/invalidConfiguration`` with a sentence that says where.
    init(_ configuration: Configuration) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch { throw .invalidConfiguration("config is not JSON, \(error)") }
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(["communities", "announced_communities", "topics", "store", "wait"])
        waits = try object.boolean("wait") ?? false
        let store = try object.object("store")
        try store?.allow(["database"])
        database = store == nil ? nil : try store?.text("database") ?? "dsotp"
        var topics = Topics()
        if let named = try object.object("topics") {
            try named.allow(["assets", "communities", "forecasts", "estimates"])
            topics.assets = try named.text("assets") ?? topics.assets
            topics.communities = try named.text("communities") ?? topics.communities
            topics.forecasts = try named.text("forecasts") ?? topics.forecasts
            topics.estimates = try named.text("estimates") ?? topics.estimates
            guard topics.assets.split(separator: "/", omittingEmptySubsequences: false).filter({ $0 == "+" }).count == 1 else {
                throw .invalidConfiguration("config.topics.assets is '\(topics.assets)', expected a topic with one '+' for the asset")
            }
        }
        self.topics = topics
        template = root["announced_communities"]
        if let template { _ = try CommunitySettings(try ConfigurationObject(template, at: "config.announced_communities"), announced: "announced") }
        guard let listed = try object.objects("communities") ?? (template == nil ? nil : []), !listed.isEmpty || template != nil else {
            throw .invalidConfiguration("config.communities is missing: list each community with its name and transformer")
        }
        for one in listed {
            let community = try CommunitySettings(one)
            guard !communities.contains(where: { $0.name == community.name }) else { throw .invalidConfiguration("\(one.path).name is '\(community.name)', which another community has") }
            communities.append(community)
        }
    }
}
