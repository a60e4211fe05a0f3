/// The topics and client identifiers of leases.
///
/// Only letters, digits, `-` and `_` stand in a level: RabbitMQ takes a dot for the end of a level.
struct LeaseTopics: Sendable {
    private let site: String

    init(site: String) { self.site = Self.level(site) }

    var allLeases: String { "dsotp/hosts/\(site)/leases/+" }

    func lease(_ name: String) -> String { "dsotp/hosts/\(site)/leases/\(name)" }

    /// The lease whose heartbeats a topic carries.
    func lease(of topic: String) -> String? {
        let prefix = "dsotp/hosts/\(site)/leases/"
        guard topic.hasPrefix(prefix) else { return nil }
        return String(topic.dropFirst(prefix.count))
    }

    /// Where a process sends messages to itself.
    func probes(_ run: String) -> String { "dsotp/hosts/\(site)/probes/\(run)" }

    /// The client identifier that belongs to a lease's holder alone.
    func session(_ lease: String) -> String { "dsotp-lease-\(site)-\(lease)" }

    func watcher(_ host: String, _ run: String) -> String { "dsotp-host-\(site)-\(Self.level(host))-\(run)" }

    private static func level(_ text: String) -> String {
        var level = ""
        for scalar in text.unicodeScalars {
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal || scalar == "-")
            level += isPlain ? String(scalar) : "_" + String(scalar.value, radix: 16)
        }
        return level
    }
}
