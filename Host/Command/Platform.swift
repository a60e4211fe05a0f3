internal import Access
internal import Databus
internal import Gateway
internal import Glibc
internal import Logging
internal import NIOPosix
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import UnixSignals

/// A running site: the one place where databus, storage, access, gateway and runtime meet.
///
/// They are opened in this order and ended in the reverse one, so that what a service still writes while it drains is stored.
struct Platform {
    private let site: Site
    private let listening: Listening
    private let store: any StorageDriver
    private let memory: KeyValueStore
    private let broker: Broker
    private let databus: DatabusBridge
    private let supervisor: ServiceSupervisor
    private let desk: CommandDesk
    private let reload: SiteReload
    private let gateway: Gateway
    private let placement: Placement?
    private let clock: any ServiceClock
    private let clockMemory: SiteClockMemory
    private let live: LiveBridge
    private let rates = RateMeter()
    private let readiness: Readiness
    private let threads: NIOThreadPool
    private let health: HealthRecorder?
    private let announcement: Announcement
    private let logger: Logger

    /// Opens everything that a site needs and starts the databus; services and gateway start with ``runUntilSignalled(emulating:)``.
    ///
    /// - Throws: ``PlatformError`` with a sentence for a person.
    static func start(_ request: PlatformRequest) async throws(PlatformError) -> Platform {
        let site = try SiteChecks.load(request.siteFolder, hostName: request.hostName)
        let listening = Listening(site, databus: request.databusAddress, gateway: request.gatewayAddress)
        if request.databusAddress != nil, site.databus.broker != nil {
            throw PlatformError("--databus is for the embedded broker: with driver: mqtt devices connect to the external one; leave it out")
        }
        let users = try SiteChecks.users(of: site, listening: listening)
        PlatformProcess.prepare(logLevel: site.logLevel)
        let logger = Logger(label: "dsotp")
        try PlatformProcess.makeFolder(request.dataFolder)
        let store = try StorageOpening.open(site, dataFolder: request.dataFolder, logger: logger)
        let (access, generated) = try openAccess(site, users: users, dataFolder: request.dataFolder)
        do {
            let clockMemory = SiteClockMemory(dataFolder: request.dataFolder)
            try clockMemory.begin(request.clock) { logger.warning("\($0)") }
            let memory = try KeyValueStore(path: request.dataFolder + "/services.sqlite")
            let trail = try AuditTrail(path: request.dataFolder + "/audit.jsonl")
            let broker = try await Broker.start(
                options: try BrokerOptions(site, listening: listening, dataFolder: request.dataFolder), authority: DatabusGuard(access: access),
                logger: Logger(label: "dsotp.databus"))
            SiteClock.announce(request.clock, on: broker, logger: logger)
            let databus = DatabusBridge(broker: broker, site: site, dataFolder: request.dataFolder)
            let desk = try CommandDesk(
                settings: site.commands, databus: databus, clock: request.clock, audit: CommandAuditBridge(trail: trail, logger: logger), dataFolder: request.dataFolder,
                logger: Logger(label: "dsotp.commands"))
            let supervisor = try ServiceSupervisor(
                site: site,
                bridges: ServiceBridges(
                    databus: databus, timeSeries: TimeSeriesBridge(driver: store), memory: MemoryBridge(store: memory),
                    clock: request.clock, commands: desk),
                dataFolder: request.dataFolder, hostVersion: Dsotp.version, pluginFolders: [PlatformProcess.executableFolder()],
                trust: try TrustBridge(site.trust, dataFolder: request.dataFolder), logger: Logger(label: "dsotp.services"))
            let placement = LeaseBridge(site).flatMap {
                Placement(site: site, supervisor: supervisor, broker: $0, logger: Logger(label: "dsotp.hosts"))
            }
            let announcement = Announcement(
                databus: site.databus.broker.map { $0.announced } ?? "mqtt://\(ListenAddress(host: broker.host, port: broker.port))", generatedPassword: generated, users: users)
            return Platform(
                site: site, listening: listening, clock: request.clock, clockMemory: clockMemory, store: store, memory: memory, broker: broker, databus: databus, supervisor: supervisor,
                desk: desk, placement: placement, access: access, trail: trail, announcement: announcement, logger: logger)
        } catch {
            store.close()
            throw PlatformError("\(error)")
        }
    }

    private init(
        site: Site, listening: Listening, clock: any ServiceClock, clockMemory: SiteClockMemory, store: any StorageDriver, memory: KeyValueStore, broker: Broker, databus: DatabusBridge,
        supervisor: ServiceSupervisor, desk: CommandDesk, placement: Placement?, access: AccessControl, trail: AuditTrail, announcement: Announcement, logger: Logger
    ) {
        self.site = site
        self.listening = listening
        self.store = store
        self.memory = memory
        self.broker = broker
        self.databus = databus
        self.supervisor = supervisor
        self.desk = desk
        self.placement = placement
        reload = SiteReload(site: site, supervisor: supervisor, logger: Logger(label: "dsotp.site"))
        self.announcement = announcement
        self.logger = logger
        self.clock = clock
        self.clockMemory = clockMemory
        live = LiveBridge(clock: clock)
        readiness = Readiness(broker: broker, store: store)
        threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        let metrics = MetricsBridge(supervisor: supervisor, desk: desk, broker: broker, store: store, placement: placement)
        if let every = site.healthInterval {
            health = HealthRecorder(
                metrics: metrics, store: store, database: site.storage.database, every: every, clock: clock, threads: threads, logger: logger)
        } else {
            health = nil
        }
        let parts = Gateway.Parts(
            authenticator: GatewayAuthenticator(access: access), administration: ServicesBridge(supervisor: supervisor, rates: rates),
            revisions: RevisionsBridge(reload: reload, supervisor: supervisor, libraries: LibraryShelf(site: site), threads: threads),
            commands: CommandsBridge(desk: desk, placement: placement),
            requests: RequestsBridge(supervisor: supervisor), timeSeries: InfluxBridge(driver: store, threads: threads, clock: clock, trail: trail, logger: logger),
            liveFeed: live.hub, databus: DatabusMonitor(broker: broker), store: StoreMonitor(store: store, driver: site.storage.driver),
            metrics: metrics, readiness: readiness,
            audit: GatewayAudit(trail: trail, logger: logger), clock: { SiteTime(nanoseconds: clock.now(), speed: clock.speed) })
        gateway = Gateway(
            configuration: GatewayConfiguration(host: listening.gateway.host, port: listening.gateway.port), parts: parts,
            logger: Logger(label: "dsotp.gateway"), onListening: { announcement.print(console: $0.consoleURL) })
    }

    /// Runs until SIGTERM or SIGINT, then ends everything in order.
    ///
    /// - Parameter emulating: settings of emulated PMUs that publish to this platform's databus over TCP, or `nil`.
    /// - Throws: ``PlatformError`` if the gateway cannot listen.
    func runUntilSignalled(emulating settings: EmulatorSettings?) async throws(PlatformError) {
        var services: [any ServiceLifecycle.Service] = [
            Part { [store, memory, clock, clockMemory] in
                store.close()
                memory.close()
                clockMemory.end(clock)
            },
            Part { [broker] in await broker.shutdown() },
            Part(before: { [supervisor, reload, desk, readiness, broker, databus] in
                await desk.start()
                await supervisor.start()
                await reload.start()
                // What the external broker has kept is for services: they have subscribed by now.
                await databus.reserve(for: supervisor.list())
                await broker.connectLink()
                readiness.servicesStarted()
                ServiceManager.tell(.ready)
            }) { [supervisor, reload, desk, broker, placement] in
                ServiceManager.tell(.stopping)
                reload.stop()
                // Nothing more is accepted that could no longer be stored; what was accepted is stored and acknowledged.
                await broker.quiesce()
                // Other hosts go on with what runs once as soon as it has ended here.
                await placement?.release()
                await supervisor.shutdown()
                await desk.stop()
            },
            Work { [clock, clockMemory] in await clockMemory.keep(clock) },
            Work { [rates, supervisor] in await rates.run(supervisor) },
            Work { [live, broker, site, logger] in await live.run(broker: broker, topics: site.liveTopics, logger: logger) },
            gateway,
        ]
        if settings != nil, site.databus.broker != nil {
            throw PlatformError("--emulate is for the embedded broker: with driver: mqtt run `dsotp emulate pmu` with host and port of the external one")
        }
        if let health { services.append(Work { await health.run() }) }
        // Ended after the services, whose leases are given back over it, and before the databus.
        if let placement { services.insert(Backdrop { await placement.run() }, at: 2) }
        if var settings {
            settings.port = broker.port
            services.append(Work { [settings, logger] in await emulate(settings, logger: logger) })
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            store.close()
            throw PlatformError("\(error)")
        }
        try? await threads.shutdownGracefully()
    }

    private func emulate(_ settings: EmulatorSettings, logger: Logger) async {
        do {
            _ = try await PMUFleet(settings: settings).run()
        } catch {
            logger.warning("the emulated PMUs cannot publish: \(error)")
        }
    }

    private static func openAccess(
        _ site: Site, users: [SiteUser], dataFolder: String
    ) throws(PlatformError) -> (AccessControl, String?) {
        do throws(AccessError) {
            let rules = site.access.topics.map { rule in
                let subject: TopicRule.Subject =
                    switch rule.subject {
                    case .role(let role): .role(Role(role))
                    case .user(let name): .user(name)
                    }
                return TopicRule(subject: subject, publish: rule.publish, subscribe: rule.subscribe)
            }
            let (access, generated) = try AccessControl.open(dataFolder: dataFolder, siteUsers: users, topicRules: rules)
            return (access, generated)
        } catch {
            throw PlatformError(error.description)
        }
    }
}

extension BrokerOptions {
    fileprivate init(_ site: Site, listening: Listening, dataFolder: String) throws {
        self.init()
        host = listening.databus?.host ?? host
        port = listening.databus?.port ?? 0
        link = LinkOptions(site, dataFolder: dataFolder)
        try link?.check()
        version = "dsotp \(Dsotp.version)"
        maximumPacketBytes = site.databus.maximumPacketBytes
        maximumConnections = site.databus.maximumConnections
        maximumQueuedMessages = site.databus.sessionQueueMessages
        maximumQueuedBytes = site.databus.sessionQueueBytes
    }
}
