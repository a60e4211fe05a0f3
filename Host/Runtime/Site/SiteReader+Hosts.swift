/// `hosts` in `site.yaml`.
extension SiteReader {
    /// - Parameter sharesDatabus: whether the databus is an external broker, where leases are held unless the site says otherwise.
    func hosts(_ node: ManifestNode, sharesDatabus: Bool) -> Site.HostSettings {
        var settings = Site.HostSettings()
        let hosts = reader(node, name: "hosts", keys: ["name", "ttl", "broker"])
        if let name = hosts.text("name", expected: "this host's name") {
            if HostPattern.isHostName(name) {
                settings.name = name
            } else {
                hosts.report("name", "the host's name is not acceptable (expected \(HostPattern.nameForm); got '\(name.prefix(80))')")
            }
        }
        // Below a second the scheduler of a busy machine decides who holds a lease.
        if let ttl = hosts.duration("ttl", in: 1_000_000_000...300_000_000_000) { settings.ttl = ttl }
        guard let node = hosts.node("broker") else {
            if !sharesDatabus {
                hosts.missing("broker", expected: "a mapping with the address of the MQTT broker that all hosts share, or databus.driver: mqtt")
            }
            return settings
        }
        let broker = reader(node, name: "hosts.broker", keys: ["address", "user", "password"])
        if !broker.has("address") { broker.missing("address", expected: "host:port of an MQTT broker") }
        let (user, password) = (broker.text("user"), broker.text("password"))
        if password != nil, user == nil {
            broker.report("password", "'password' of hosts.broker has no user (expected user beside it, as MQTT 3.1.1 asks for; got none)")
        }
        if let address = listen(broker, "address", example: "broker.example:1883") {
            settings.broker = .init(address: address, user: user, password: password)
        }
        return settings
    }
}
