internal import Databus
internal import Dispatch
internal import Glibc
internal import Runtime
internal import Synchronization

extension LinkOptions {
    /// The link that a site asks for; nil with the embedded broker alone.
    ///
    /// - Parameter dataFolder: where the filters subscribed to are remembered; nil to only look at the options.
    init?(_ site: Site, dataFolder: String? = nil) {
        guard let broker = site.databus.broker else { return nil }
        self.init(
            addresses: broker.addresses.map { Address(host: $0.host, port: $0.port) },
            clientIdentifier: broker.clientIdentifier ?? "dsotp-\(site.name)-\(site.hosts?.name ?? Self.machine)", user: broker.user, password: broker.password)
        tls = broker.tls.map {
            MQTTTLS(authorities: $0.authorities, certificate: $0.certificate, key: $0.key, serverName: $0.serverName)
        }
        dot = broker.dot
        keepAliveSeconds = UInt16(clamping: broker.keepAlive.components.seconds)
        connectTimeoutSeconds = broker.connectTimeout / .seconds(1)
        longestPauseSeconds = broker.longestPause / .seconds(1)
        maximumInFlight = broker.inFlight
        maximumQueuedMessages = broker.queueMessages
        maximumQueuedBytes = broker.queueBytes
        maximumPacketBytes = site.databus.maximumPacketBytes
        memory = dataFolder.map { FilterFile(path: $0 + "/link-filters").memory }
    }

    /// Reads the files of TLS, so that what is wrong with them is found at the start.
    func check() throws(DatabusError) { try tls?.check() }

    /// The name of this machine, or of its pod.
    private static var machine: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "host" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension LinkSession {
    /// The session of a service that one host of several runs: by its name all of them find what waits for it.
    init(_ site: Site, service: String, dataFolder: String, isHeld: @escaping @Sendable () -> Bool) {
        self.init(
            clientIdentifier: "dsotp-service-\(site.name)-\(service)", memory: FilterFile(path: "\(dataFolder)/link-filters.\(service)").memory,
            isHeld: isHeld)
    }
}

extension ExternalBroker {
    /// For the person at the terminal.
    var announced: String {
        "linked to " + addresses.map { "\(tls == nil ? "mqtt" : "mqtts")://\($0)" }.joined(separator: ", ") + " (devices connect there)"
    }
}

/// The filters of the session at the external broker, one a line, in a file of the data folder.
private struct FilterFile: Sendable {
    let path: String
    private let queue = DispatchQueue(label: "dsotp.databus.link-filters")

    init(path: String) { self.path = path }

    var memory: LinkMemory { LinkMemory(load: load, save: { [self] filters in queue.async { write(filters) } }) }

    @Sendable private func load() -> [String] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { String(validating: $0, as: UTF8.self) }
    }

    /// A filter may hold any character but U+0000; one with a line break is not remembered.
    private func write(_ filters: [String]) {
        let text = filters.filter { !$0.contains("\n") }.map { $0 + "\n" }.joined()
        guard let file = fopen(path + ".new", "w") else { return }
        let isWritten = fputs(text, file) >= 0
        if fclose(file) == 0, isWritten { rename(path + ".new", path) }
    }
}
