/// Reads `site.yaml`.
struct SiteReader {
    let file: String
    let folder: String
    let environment: (String) -> String?
    let problems: ProblemList

    private static let keys = ["site", "databus", "storage", "gateway", "hosts", "access", "plugins", "commands", "live", "health", "log"]

    func read(_ root: ManifestNode, services: [ServiceManifest]) -> Site {
        let node = SiteEnvironment(lookUp: environment, file: file, problems: problems).substitute(in: root)
        let site = reader(node, name: "site.yaml", keys: Self.keys)
        let plugins = site.node("plugins").map { reader($0, name: "plugins", keys: ["folders", "trust"]) }
        let commands = commands(site.node("commands"))
        checkCommands(of: services, topics: commands.topics)
        let databus = databus(site.node("databus"))
        return Site(
            folder: folder,
            name: site.requiredText("site", expected: "the name of the site") ?? "",
            databus: databus,
            storage: storage(site.node("storage")),
            gateway: gateway(site.node("gateway")),
            hosts: site.node("hosts").map { hosts($0, sharesDatabus: databus.broker != nil) },
            access: access(site.node("access")),
            pluginFolders: pluginFolders(plugins),
            trust: trust(plugins),
            commands: commands,
            liveTopics: site.node("live").flatMap { reader($0, name: "live", keys: ["topics"]).filters("topics") } ?? [],
            healthInterval: site.node("health").flatMap { reader($0, name: "health", keys: ["store"]).duration("store", in: 1_000_000_000...3_600_000_000_000) },
            logLevel: site.node("log").flatMap { reader($0, name: "log", keys: ["level"]).choice("level") } ?? .info,
            services: services)
    }

    func reader(_ node: ManifestNode, name: String, keys: [String]) -> MappingReader {
        MappingReader(node, name: name, keys: keys, file: file, problems: problems)
    }

    private func databus(_ node: ManifestNode?) -> Site.DatabusSettings {
        var settings = Site.DatabusSettings()
        guard let node else { return settings }
        let keys = ["driver", "listen", "maximum_packet", "maximum_connections", "session_queue", "broker"]
        let databus = reader(node, name: "databus", keys: keys)
        if let driver = databus.choice("driver", of: Site.DatabusSettings.Driver.self) { settings.driver = driver }
        if let listen = listen(databus, example: "127.0.0.1:1883") { settings.listen = listen }
        // 256 MiB is the largest packet that MQTT 3.1.1 can express (section 2.2.3).
        if let size = databus.size("maximum_packet", in: 1_024...(256 << 20)) { settings.maximumPacketBytes = size }
        if let count = databus.integer("maximum_connections", in: 1...1_000_000) { settings.maximumConnections = count }
        if let queue = databus.node("session_queue") {
            let queue = reader(queue, name: "databus.session_queue", keys: ["messages", "bytes"])
            if let count = queue.integer("messages", in: 1...100_000_000) { settings.sessionQueueMessages = count }
            if let size = queue.size("bytes", in: 1_024...(1 << 40)) { settings.sessionQueueBytes = size }
        }
        settings.broker = externalBroker(databus, driver: settings.driver)
        return settings
    }

    private func gateway(_ node: ManifestNode?) -> Site.GatewaySettings {
        var settings = Site.GatewaySettings()
        guard let node else { return settings }
        if let listen = listen(reader(node, name: "gateway", keys: ["listen"]), example: "127.0.0.1:8080") { settings.listen = listen }
        return settings
    }

    func listen(_ reader: MappingReader, _ key: String = "listen", example: String) -> ListenAddress? {
        guard let text = reader.text(key, expected: "an address such as \(example)") else { return nil }
        if let address = ListenAddress(text) { return address }
        reader.report(
            key, "'\(key)' of \(reader.name) is malformed (expected host:port such as \(example), port 0 … 65535; got '\(text)')")
        return nil
    }

    private func pluginFolders(_ plugins: MappingReader?) -> [String] {
        (plugins?.texts("folders", of: "folders") ?? []).map { SiteFolder.join(folder, $0.text) }
    }

    private func access(_ node: ManifestNode?) -> Site.AccessSettings {
        var settings = Site.AccessSettings()
        guard let node else { return settings }
        let access = reader(node, name: "access", keys: ["users", "topics"])
        for item in access.items("users", of: "users") ?? [] {
            guard let user = user(item) else { continue }
            if let other = settings.users.first(where: { $0.name == user.name }) {
                problems.add(
                    user.place, "the user '\(user.name)' is there twice (expected each name once; got it at line \(other.place.line) too)")
            }
            settings.users.append(user)
        }
        settings.topics = (access.items("topics", of: "topic rules") ?? []).compactMap(topicRule)
        return settings
    }

    private func user(_ node: ManifestNode) -> Site.AccessSettings.User? {
        let user = reader(node, name: "a user", keys: ["name", "role", "password", "password_hash"])
        guard case .mapping = node.content else { return nil }
        let name = user.requiredText("name", expected: "the user's name")
        if !user.has("role") { user.missing("role", expected: MappingReader.list(SiteRole.allCases.map(\.rawValue))) }
        let role = user.choice("role", of: SiteRole.self)
        let secret: Site.AccessSettings.Secret?
        switch (user.has("password"), user.has("password_hash")) {
        case (true, false): secret = user.text("password", expected: "a password").map { .password($0) }
        case (false, true): secret = user.text("password_hash", expected: "a hash made by dsotp").map { .hash($0) }
        default:
            let got = user.has("password") ? "both" : "neither"
            problems.add(user.place(of: "name"), "a user has one way to prove itself (expected password or password_hash; got \(got))")
            secret = nil
        }
        guard let name, let role, let secret else { return nil }
        return Site.AccessSettings.User(name: name, role: role, secret: secret, place: user.place(of: "name"))
    }

    private func topicRule(_ node: ManifestNode) -> Site.AccessSettings.TopicRule? {
        let rule = reader(node, name: "a topic rule", keys: ["role", "user", "publish", "subscribe"])
        guard case .mapping = node.content else { return nil }
        let subject: Site.AccessSettings.TopicRule.Subject?
        switch (rule.has("role"), rule.has("user")) {
        case (true, false): subject = rule.choice("role", of: SiteRole.self).map { .role($0) }
        case (false, true): subject = rule.text("user", expected: "the name of a user").map { .user($0) }
        default:
            let place = ManifestPlace(file: file, line: rule.line)
            problems.add(
                place, "a topic rule is for one role or one user (expected role or user; got \(rule.has("role") ? "both" : "neither"))")
            subject = nil
        }
        let publish = rule.filters("publish") ?? []
        let subscribe = rule.filters("subscribe") ?? []
        return subject.map {
            .init(subject: $0, publish: publish, subscribe: subscribe, place: ManifestPlace(file: file, line: rule.line))
        }
    }
}
