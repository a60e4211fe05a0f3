internal import Topics

extension Site {
    /// `commands` in `site.yaml`: how devices are commanded.
    public struct CommandSettings: Sendable {
        public var topics = CommandTopics.standard
        /// Everything is decided, recorded and told, and nothing is published, unless a person decided otherwise since.
        public var isDryRun = false
        /// Where it is written, for refusals.
        public var place: ManifestPlace?

        public init() {}
    }
}

extension SiteReader {
    func commands(_ node: ManifestNode?) -> Site.CommandSettings {
        var settings = Site.CommandSettings()
        guard let node else { return settings }
        let commands = MappingReader(node, name: "commands", keys: ["topics", "confirmations", "dry_run"], file: file, problems: problems)
        settings.place = ManifestPlace(file: file, line: node.line)
        if let topics = commands.filters("topics") { settings.topics.commands = topics }
        if let reports = commands.filters("confirmations") { settings.topics.reports = reports }
        if let isDryRun = commands.boolean("dry_run") { settings.isDryRun = isDryRun }
        return settings
    }

    /// What services' manifests and the site's command topics say against each other.
    func checkCommands(of services: [ServiceManifest], topics: CommandTopics) {
        for service in services {
            for filter in service.publish {
                guard topics.commands.contains(where: { $0.covers(filter) }), !topics.reports.contains(where: { $0.covers(filter) }) else { continue }
                problems.add(
                    service.publishPlace,
                    "'publish' of the service '\(service.service)' names the command topic '\(filter)', to which services publish by dsotp.command/1 "
                        + "alone (move it to 'topics' of 'commands')")
            }
            guard let commands = service.commands else { continue }
            for filter in commands.topics where !topics.commands.contains(where: { $0.overlaps(filter) }) {
                let expected = MappingReader.list(topics.commands.map(\.description))
                problems.add(
                    commands.place,
                    "'\(filter)' of 'topics' of commands of the service '\(service.service)' is no command topic of the site (expected one within "
                        + "\(expected); got '\(filter)'; change it, or add it to 'topics' of 'commands' in site.yaml)")
            }
        }
    }
}
