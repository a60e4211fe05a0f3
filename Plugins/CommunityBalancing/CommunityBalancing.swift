import Balancing
import LinearProgramming
import PluginAPI

/// Balances local energy communities: plans on a thread of its own, follows the plan with the measured exchange every some seconds, commands the
/// assets through the arbiter, watches whether they obey, and tells how it went.
final class CommunityBalancing: Service {
    let host: Host
    let name: String
    var settings: BalancingSettings?
    var communities: [Community] = []
    /// What comes on topics of communities, and whose assets are whose.
    private var inputs: [String: [(input: Input, community: Community)]] = [:]
    var communityOfAsset: [String: Community] = [:]
    var forecasts = ForecastBoard()
    var worker: PlanWorker?
    var metrics: BalancingMetrics?
    var columns: BalancingColumns?
    var outgoing = PublicationBatch()
    /// What the awaited plans are for, by job.
    var pending: [UInt64: (problem: BalancingProblem, begin: Timestamp)] = [:]
    /// Requests that wait for a plan, by job.
    var openRequests: [UInt64: Request.Number] = [:]
    private var nextJob: UInt64 = 1
    private var refusals = RefusalCount()
    private var outputFailure: String?

    private enum Input { case exchange, tariff, mode }

    static let pollTimer: UInt64 = 1
    /// Timers of the communities' loops begin here.
    static let firstLoopTimer: UInt64 = 16

    init(host: Host, name: String) {
        self.host = host
        self.name = name
    }

    func validate(_ configuration: Configuration) throws { _ = try BalancingSettings(configuration) }

    func configure(_ configuration: Configuration) throws { settings = try BalancingSettings(configuration) }

    func start() throws {
        guard let settings else { throw ServiceError.invalidState("start before configure") }
        communities = settings.communities.map(Community.init)
        for index in communities.indices { listen(index) }
        do throws(BalancingWorkerError) { worker = try PlanWorker() } catch { throw ServiceError.internal(error.description) }
        metrics = try BalancingMetrics(host.metrics)
        if let database = settings.database { columns = BalancingColumns(database: database) }
        try BalancingRoutes.add(to: host.http, service: name)
        restoreTriggers()
        let now = host.clock.monotonic
        for (index, community) in communities.enumerated() { try setTimer(index, community, now) }
        try host.timers.set(Self.pollTimer, first: now + .milliseconds(200), every: .milliseconds(200))
    }

    /// Notes what a community listens to, and which assets are its own.
    func listen(_ index: Int) {
        let community = communities[index], own = "\(settings?.topics.communities ?? "communities")/\(community.settings.name)"
        var topics = [("\(own)/exchange", Input.exchange), ("\(own)/tariff", .tariff), ("\(own)/mode/set", .mode)]
        if let topic = community.settings.exchangeTopic, topic != "\(own)/exchange" { topics.append((topic, .exchange)) }
        for (topic, input) in topics { inputs[topic, default: []].append((input, community)) }
        for id in community.assets.keys where communityOfAsset[id] == nil { communityOfAsset[id] = community }
    }

    /// The turns of a community's fast loop.
    func setTimer(_ index: Int, _ community: Community, _ now: Timestamp) throws(ServiceError) {
        try host.timers.set(Self.firstLoopTimer + UInt64(index), first: now + community.settings.period, every: community.settings.period)
    }

    func stop() throws {
        worker?.end()
        (worker, metrics, columns) = (nil, nil, nil)
        (communities, inputs, communityOfAsset) = ([], [:], [:])
        openRequests = [:]
    }

    func process(_ batch: MessageBatch) throws {
        let now = host.clock.now
        for message in batch {
            let topic = message.topicText
            do throws(ServiceError) { try take(message, topic, now) } catch {
                refusals.add("a message on '\(topic.prefix(200))' is left: \(error)", host.log)
            }
        }
        flush()
    }

    private func take(_ message: Message, _ topic: String, _ now: Timestamp) throws(ServiceError) {
        guard let settings else { return }
        if let asset = Self.level(topic, settings.topics.assets) { return try takeReport(try Self.json(message), of: asset, message.received) }
        if let concerned = inputs[topic] { return try take(message, concerned, now) }
        if let series = Self.after(topic, settings.topics.forecasts), !series.contains("/") { return try takeForecast(try Self.json(message), series) }
        if Self.after(topic, settings.topics.estimates) != nil { takeEstimate(try Self.json(message)) }
    }

    /// Several communities may share a topic: a PMU that measures more than one transformer.
    private func take(_ message: Message, _ concerned: [(input: Input, community: Community)], _ now: Timestamp) throws(ServiceError) {
        var refusal: ServiceError?, isTaken = false
        for (input, community) in concerned {
            do throws(ServiceError) {
                switch input {
                case .exchange: try community.takeExchange(try Self.json(message), message.received)
                case .tariff:
                    try community.tariff.take(try Self.json(message))
                    community.replan("a new tariff")
                case .mode: begin(try Trigger(message.payload, source: "mqtt", now: now), community, now)
                }
                isTaken = true
            } catch { refusal = refusal ?? error }
        }
        if let refusal, !isTaken { throw refusal }
    }

    private static func json(_ message: Message) throws(ServiceError) -> JSONValue {
        do throws(JSONError) { return try JSONValue(message.payload) } catch { throw .invalidArgument("it is not JSON, \(error)") }
    }

    /// What stands in a topic where the filter has its `+`; nil if it does not match.
    private static func level(_ topic: String, _ filter: String) -> String? {
        let (levels, wanted) = (topic.split(separator: "/", omittingEmptySubsequences: false), filter.split(separator: "/", omittingEmptySubsequences: false))
        guard levels.count == wanted.count else { return nil }
        var found: String?
        for (level, want) in zip(levels, wanted) {
            if want == "+" { found = String(level) } else if level != want { return nil }
        }
        return found
    }

    private static func after(_ topic: String, _ prefix: String) -> String? {
        topic.hasPrefix(prefix + "/") ? String(topic.dropFirst(prefix.count + 1)) : nil
    }

    private func takeForecast(_ message: JSONValue, _ series: String) throws(ServiceError) {
        try forecasts.take(message, series: series)
        for community in communities where community.settings.loadSeries == series || community.settings.generationSeries == series
            || community.assets.values.contains(where: { $0.description.series == series }) {
            community.replanReason = community.replanReason ?? "a new forecast of \(series)"
        }
    }

    func timer(_ timer: UInt64, at now: Timestamp) throws {
        takeAnswers()
        if timer >= Self.firstLoopTimer, communities.indices.contains(Int(timer - Self.firstLoopTimer)) { loop(communities[Int(timer - Self.firstLoopTimer)], host.clock.now) }
        flush()
    }

    /// A number for a job.
    func jobNumber() -> UInt64 {
        defer { nextJob += 1 }
        return nextJob
    }

    /// Publishes what was collected.
    func flush() {
        for community in communities { tellEvents(community) }
        outputFailure = nil
        do throws(ServiceError) { try host.databus.publish(&outgoing) } catch {
            outgoing.removeAll()
            outputFailure = error.description
        }
    }

    func health() -> Health {
        if let outputFailure { return .degraded("results can't be delivered: \(outputFailure)") }
        for community in communities {
            if let failure = community.planFailure { return .degraded("no plan for \(community.settings.name): \(failure)") }
            guard community.trigger != nil else { continue }
            let away = community.assets.values.filter { $0.absence != nil && $0.absence != .unheard }.map(\.id).sorted()
            if !away.isEmpty { return .degraded("\(community.settings.name) does without \(away.prefix(5).joined(separator: ", "))\(away.count > 5 ? " and others" : "")") }
        }
        return .well
    }
}

/// Counts what is refused and tells of it now and then: a device that reports nonsense does so many times a second.
struct RefusalCount {
    private var count = 0
    private var next = 1

    mutating func add(_ sentence: String, _ log: Log) {
        count += 1
        guard count >= next else { return }
        next = count * 10
        log.warning(count == 1 ? sentence : "\(sentence) (number \(count) since the start)")
    }
}
