internal import Runtime

/// What `dsotp run` was asked for.
struct PlatformRequest: Sendable {
    let siteFolder: String
    let dataFolder: String
    /// Instead of what `site.yaml` says.
    let databusAddress: ListenAddress?
    let gatewayAddress: ListenAddress?
    /// The time that services, commands and queries go by.
    var clock: any ServiceClock = SystemServiceClock()
    /// This host's name among the hosts of the site, instead of what `site.yaml` says.
    var hostName: String?
}

/// Where the servers of the platform listen.
struct Listening: Sendable {
    /// nil with an external broker, where devices connect instead.
    let databus: ListenAddress?
    let gateway: ListenAddress

    init(_ site: Site, databus: ListenAddress? = nil, gateway: ListenAddress? = nil) {
        self.databus = site.databus.broker == nil ? databus ?? site.databus.listen : nil
        self.gateway = gateway ?? site.gateway.listen
    }
}

/// Why the platform does not start; `description` is a sentence for a person.
struct PlatformError: Error, CustomStringConvertible {
    let description: String

    init(_ sentence: String) {
        description = sentence
    }
}
