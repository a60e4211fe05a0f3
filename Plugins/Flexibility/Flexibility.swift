import FlexibilityMarket
import LiveGrid
import PluginAPI

/// Deals in the flexibility of communities and assets: requests come in, are checked against assets and grid, offered, ordered, carried out, verified
/// and settled; and the operator's own need goes out as requests.
///
/// The rules are in `Plugins/FlexibilityMarket`, the grid's calculations in `Plugins/Congestion`. This keeps what is known live, and acts.
final class Flexibility: Service {
    let host: Host
    let name: String
    var settings: FlexibilitySettings?
    var book = RequestBook()
    var resources: [Resource] = []
    var grid: GridView?
    var forecasts = ForecastBoard()
    var needs = NeedBoard()
    var memory: RequestMemory?
    var metrics: FlexibilityMetrics?
    var columns: StoredColumns?
    var outgoing = PublicationBatch()
    /// Requests that are carried out are checked against the grid at once: switches or the estimate say that something changed.
    var isGridChanged = false
    /// What is promised changed, and with it what is left.
    var isAvailabilityChanged = false
    var lastRecheck: Timestamp?
    /// Requests that were cut and could have more back, by id.
    var recoveries: [String: Recovery] = [:]
    /// Since when it runs.
    var started = Timestamp(nanoseconds: 0)
    /// Why a request that waits for its check could not be checked last time.
    var checkFailure: String?
    /// When the periods that are being metered were kept last.
    var metersKept: Timestamp?
    private var assetTopic: SwitchTopic?
    private var resourceByID: [String: Resource] = [:]
    private var refusals = RefusalCount()
    private var outputFailure: String?
    /// Why the memory could not keep a request last time.
    var memoryFailure: String?

    private static let clockTimer: UInt64 = 1

    init(host: Host, name: String) {
        self.host = host
        self.name = name
    }

    func validate(_ configuration: Configuration) throws { _ = try FlexibilitySettings(configuration, service: name) }

    func configure(_ configuration: Configuration) throws { settings = try FlexibilitySettings(configuration, service: name) }

    func start() throws {
        guard let settings else { throw ServiceError.invalidState("start before configure") }
        if let files = settings.files { grid = try GridView(try files.load(host.log), limits: settings.limits, injections: settings.injections) }
        let holds = settings.activation.silentSeconds
        var resources: [Resource] = []
        for one in settings.resources {
            let node = try one.place.flatMap { (place) throws(ServiceError) in try grid?.node(place) }
            resources.append(Resource(one, node: node, meter: PeriodMeter(minutes: settings.periods.minutes, holdsSeconds: holds), since: host.clock.now))
        }
        self.resources = resources
        resourceByID = Dictionary(uniqueKeysWithValues: resources.map { ($0.id, $0) })
        assetTopic = try SwitchTopic(settings.topics.assets, at: "config.topics.assets", of: "asset")
        started = host.clock.now
        for places in settings.congestionPoints.values { _ = try grid?.nodes(places) }
        metrics = try FlexibilityMetrics(host.metrics)
        if let database = settings.database { columns = StoredColumns(database: database) }
        let memory = RequestMemory(host.keyValues)
        self.memory = memory
        for record in try memory.all(host.log) { book.restore(record) }
        restoreMeters(started)
        try restoreOffers(started)
        try FlexibilityRoutes.add(to: host.http, service: name)
        for record in book.sorted { outgoing.append(stateTopic(record), record.stateMessage().bytes, qos: 1, retain: true) }
        try host.timers.set(Self.clockTimer, first: host.clock.monotonic + settings.activation.period, every: settings.activation.period)
        flush()
    }

    func stop() throws {
        (memory, metrics, columns, grid) = (nil, nil, nil, nil)
        (resources, resourceByID, book, needs, forecasts) = ([], [:], RequestBook(), NeedBoard(), ForecastBoard())
        (lastRecheck, metersKept, recoveries) = (nil, nil, [:])
    }

    func process(_ batch: MessageBatch) throws {
        let now = host.clock.now
        for message in batch {
            do throws(ServiceError) { try take(message, now) } catch {
                refusals.add("a message on '\(message.topicText.prefix(200))' is left: \(error)", host.log)
            }
        }
        flush()
    }

    private func take(_ message: Message, _ now: Timestamp) throws(ServiceError) {
        guard let settings else { return }
        if let mRID = settings.switchTopic.mRID(of: message.topic) {
            if grid?.take(try SwitchMessage(message.payload), of: mRID) == true { isGridChanged = true }
            return
        }
        let topic = message.topicText, topics = settings.topics
        if topic == settings.estimateTopic {
            if grid?.takeEstimate(try Self.json(message), now: now) == true { isGridChanged = true }
        } else if let series = Self.after(topic, topics.forecasts), !series.contains("/") {
            try forecasts.take(try Self.json(message), series: series)
        } else if let rest = Self.after(topic, topics.communities), rest.hasSuffix("/state") {
            guard let resource = resource(String(rest.dropLast(6)), .community) else { return }
            store(try resource.takeState(try Self.json(message), now), resource)
        } else if let asset = assetTopic?.mRID(of: message.topic) {
            guard let resource = resourceByID[asset], resource.settings.kind != .community else { return }
            store(try resource.takeReport(try Self.json(message), now), resource)
        } else if let rest = Self.after(topic, topics.base) {
            // What was asked for before this service began is known, or was withdrawn.
            guard !message.isRetained else { return }
            try takeOrder(rest, message, now)
        }
    }

    static func json(_ message: Message) throws(ServiceError) -> JSONValue {
        do throws(JSONError) { return try JSONValue(message.payload) } catch { throw .invalidArgument("it is not JSON, \(error)") }
    }

    private static func after(_ topic: String, _ prefix: String) -> String? {
        topic.hasPrefix(prefix + "/") ? String(topic.dropFirst(prefix.count + 1)) : nil
    }

    func resource(_ id: String, _ kind: ResourceSettings.Kind? = nil) -> Resource? {
        resourceByID[id].flatMap { kind == nil || $0.settings.kind == kind ? $0 : nil }
    }

    func timer(_ timer: UInt64, at now: Timestamp) throws {
        tick(host.clock.now)
        flush()
    }

    /// One turn: what is due by the clock.
    private func tick(_ now: Timestamp) {
        advanceMeters(now)
        expire(now)
        examineThoseLeft(now)
        recheck(now)
        for record in book.chosen(where: { $0.state.isCommitted }) { follow(record, now) }
        tellSetPoints(now)
        watch(now)
        for record in book.chosen(where: { $0.state == .completed || $0.state == .verified }) { settle(record, now) }
        keepMeters(now)
        publishAvailability(now)
        followNeed(now)
        forget(now)
        metrics?.note(book, resources)
    }

    /// Publishes what was collected.
    func flush() {
        outputFailure = nil
        do throws(ServiceError) { try host.databus.publish(&outgoing) } catch {
            outgoing.removeAll()
            outputFailure = error.description
        }
    }

    func health() -> Health {
        if let memoryFailure { return .degraded("requests would not outlive a restart: \(memoryFailure)") }
        if let checkFailure { return .degraded("requests wait for their check: \(checkFailure)") }
        if let outputFailure { return .degraded("results can't be delivered: \(outputFailure)") }
        if let failure = needs.failure { return .degraded("the own need is not known: \(failure)") }
        if let failure = needs.askFailure { return .degraded("not all that is needed could be asked for: \(failure)") }
        if let failure = needs.tariffFailure { return .degraded(failure) }
        return .well
    }
}
