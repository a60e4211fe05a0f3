import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// The platform's HTTP side, over what the rest of the host provides.
public struct Gateway: Service {
    /// What the rest of the host provides.
    public struct Parts: Sendable {
        /// Verifies credentials.
        public var authenticator: any Authenticator
        /// Lists and switches services.
        public var administration: any ServiceAdministration
        /// Commands of devices.
        public var commands: any CommandAdministration
        /// Changes manifests and revisions of services.
        public var revisions: any RevisionAdministration
        /// Hands requests to services.
        public var requests: any ServiceRequests
        /// The store behind the InfluxDB API.
        public var timeSeries: any TimeSeriesGateway
        /// Databus messages as they arrive.
        public var liveFeed: any LiveFeed
        /// The databus's clients and counters.
        public var databus: any DatabusStatistics
        /// The store's counters, and how it stands with an external engine.
        public var store: any StoreStatistics
        /// Prometheus text.
        public var metrics: any MetricsSource
        /// Whether the host is ready.
        public var readiness: any ReadinessSource
        /// The audit trail.
        public var audit: any AuditSink
        /// The time that the site goes by.
        public var clock: @Sendable () -> SiteTime

        /// All parts; each is needed, but a clock of the site's own.
        public init(
            authenticator: any Authenticator, administration: any ServiceAdministration, revisions: any RevisionAdministration,
            commands: any CommandAdministration, requests: any ServiceRequests,
            timeSeries: any TimeSeriesGateway, liveFeed: any LiveFeed, databus: any DatabusStatistics, store: any StoreStatistics, metrics: any MetricsSource,
            readiness: any ReadinessSource, audit: any AuditSink, clock: @escaping @Sendable () -> SiteTime = { .machine() }
        ) {
            self.authenticator = authenticator
            self.administration = administration
            self.commands = commands
            self.revisions = revisions
            self.requests = requests
            self.timeSeries = timeSeries
            self.liveFeed = liveFeed
            self.databus = databus
            self.store = store
            self.metrics = metrics
            self.readiness = readiness
            self.audit = audit
            self.clock = clock
        }
    }

    /// Names that a service must not have, since the host itself answers at `/api/<name>`.
    public static let reservedServiceNames: Set<String> = [
        "audit", "clock", "commands", "databus", "incidents", "libraries", "live", "login", "logout", "manifests", "services", "session", "storage", "topics", "users",
    ]

    let table: RouteTable
    private let configuration: GatewayConfiguration
    private let authenticator: any Authenticator
    private let logger: Logger
    private let onListening: @Sendable (GatewayAddress) async -> Void

    /// A gateway that is not yet listening. `onListening` is called once, with the actual address, when it accepts connections.
    public init(
        configuration: GatewayConfiguration, parts: Parts, logger: Logger,
        onListening: @escaping @Sendable (GatewayAddress) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onListening = onListening
        authenticator = parts.authenticator
        let files = ConsoleFiles(
            folder: configuration.consoleFolder ?? ConsoleFiles.builtFolder(), chartLibrary: configuration.chartLibrary)
        if files["index.html"] == nil { logger.warning("the console's files are not beside the executable: the console is not served") }
        table = RouteTable(Self.routes(parts: parts, configuration: configuration, files: files, logger: logger))
    }

    /// Listens and answers until graceful shutdown, which ends live streams and lets other requests finish.
    ///
    /// Throws a sentence when it cannot listen.
    public func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw GatewayError.unavailable(
                "the gateway cannot listen on \(configuration.host) port \(configuration.port): \(error); choose another port in the site's "
                    + "manifest or stop what listens there")
        }
    }

    /// The server; also what tests start.
    var application: some ApplicationProtocol {
        Application(
            responder: GatewayResponder(table: table, gate: Gate(authenticator: authenticator), logger: logger),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [ProtocolErrorHandler()],
                    idleTimeout: .seconds(Int64(configuration.idleTimeoutSeconds)),
                    httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                        maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.maximumConnections)),
            onServerRunning: { [configuration, onListening] channel in
                let address = channel.localAddress
                await onListening(
                    GatewayAddress(
                        host: address?.ipAddress ?? configuration.host, port: address?.port ?? configuration.port))
            },
            logger: logger)
    }

    private static func routes(
        parts: Parts, configuration: GatewayConfiguration, files: ConsoleFiles, logger: Logger
    ) -> [Route] {
        let documented =
            SessionRoutes(
                authenticator: parts.authenticator, audit: parts.audit, usesSecureCookies: configuration.usesSecureCookies
            ).routes
            + ServiceRoutes(administration: parts.administration, audit: parts.audit).routes
            + CommandRoutes(administration: parts.commands, audit: parts.audit).routes
            + RevisionRoutes(revisions: parts.revisions, administration: parts.administration, audit: parts.audit).routes
            + LiveRoutes(
                feed: parts.liveFeed, authenticator: parts.authenticator, heartbeatInterval: .seconds(configuration.heartbeatSeconds)
            ).routes
            + HealthRoutes(
                readiness: parts.readiness, metrics: parts.metrics, databus: parts.databus, store: parts.store, clock: parts.clock,
                opensMetricsOnLoopback: configuration.opensMetricsOnLoopback
            ).routes
            + TimeSeriesRoutes(store: parts.timeSeries).routes
        let documents = DocumentRoutes(requests: parts.requests, logger: logger)
        let list = documents.routes(documenting: { documented + documents.routes(documenting: { [] }) })
        return documented + list + ConsoleRoutes(files: files).routes + ServiceProxyRoutes(requests: parts.requests, administration: parts.administration).routes
    }
}
