public import Topics

/// A site as its folder describes it: `site.yaml` and `services/*.yaml`.
public struct Site: Sendable {
    /// The folder, as it was named.
    public let folder: String
    /// The name of the site, shown in the console.
    public let name: String
    public let databus: DatabusSettings
    public let storage: StorageSettings
    public let gateway: GatewaySettings
    /// How this host shares the site with others; `nil` if it is the only one.
    public var hosts: HostSettings?
    public let access: AccessSettings
    /// Folders in which libraries are looked for, in this order; already joined to the site's folder where they were relative.
    public let pluginFolders: [String]
    /// Which libraries are trusted.
    public let trust: TrustSettings
    /// How devices are commanded.
    public let commands: CommandSettings
    /// Topics whose messages the console may watch live.
    public let liveTopics: [TopicFilter]
    /// How often the platform's own metrics are stored; nil: they are not.
    public let healthInterval: Duration?
    /// The least severe log line that is written.
    public let logLevel: LogLevel
    /// The services, sorted by name; disabled ones too.
    public let services: [ServiceManifest]

    /// `databus` in `site.yaml`.
    public struct DatabusSettings: Sendable {
        public var driver = Driver.embedded
        public var listen = ListenAddress(host: "127.0.0.1", port: 1883)
        /// Bytes of the largest MQTT packet that is taken.
        public var maximumPacketBytes = 16 << 20
        /// Connections at a time.
        public var maximumConnections = 65_536
        /// QoS 1 messages that wait for one session, connected or not.
        public var sessionQueueMessages = 250_000
        /// Bytes of those messages.
        public var sessionQueueBytes = 256 << 20

        /// The external broker of `driver: mqtt`.
        public var broker: ExternalBroker?

        /// `embedded`: the host's own broker; `mqtt`: an external one, to which the host links its own.
        public enum Driver: String, CaseIterable, Sendable { case embedded, mqtt }
    }

    /// `gateway` in `site.yaml`.
    public struct GatewaySettings: Sendable {
        public var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    }

    /// `hosts` in `site.yaml`.
    public struct HostSettings: Sendable {
        /// This host's name; `nil` for the machine's.
        public var name: String?
        /// How long a lease lasts without a sign of life of its holder.
        public var ttl = Duration.seconds(5)
        /// The broker that leases are held at; `nil` for the databus's own.
        public var broker: Broker?

        /// An MQTT broker.
        public struct Broker: Sendable {
            public let address: ListenAddress
            public let user: String?
            public let password: String?
        }
    }

    /// `access` in `site.yaml`.
    public struct AccessSettings: Sendable {
        public var users: [User] = []
        public var topics: [TopicRule] = []

        /// A user whom the site itself names.
        public struct User: Sendable {
            public let name: String
            public let role: SiteRole
            public let secret: Secret
            /// Where it is written, for refusals.
            public let place: ManifestPlace
        }

        /// What a user proves to be with.
        public enum Secret: Sendable {
            case password(String)
            /// As the module Access writes it; checked there.
            case hash(String)
        }

        /// What a role or a user may publish and subscribe to.
        public struct TopicRule: Sendable {
            public let subject: Subject
            public let publish: [TopicFilter]
            public let subscribe: [TopicFilter]
            public let place: ManifestPlace

            public enum Subject: Hashable, Sendable {
                case role(SiteRole)
                case user(String)
            }
        }
    }

    /// Severities, as swift-log calls them.
    public enum LogLevel: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error, critical }
}
