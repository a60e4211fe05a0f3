import Grid
import LiveGrid
import PluginAPI
import Readings

/// Estimates the state of a grid from what its devices report: readings and switch positions in, voltages, flows and their certainty out.
///
/// Readings only fill the board of channels; a timer makes the estimates. A switch or tap changer that reports another position is taken
/// into the estimate at once.
final class StateEstimation: Service {
    let host: Host
    let name: String
    private(set) var settings: EstimationSettings?
    private(set) var grid: FollowedGrid?
    private(set) var board: ChannelBoard?
    private(set) var live: LiveEstimate?
    private var points: EstimatePoints?
    private var metrics: EstimationMetrics?
    private var parser = MessageParser()
    private var parsed = ParsedMessage()
    private var outgoing = PublicationBatch()
    private var refusals = RefusalCount()
    private var switchRefusals = RefusalCount()
    private var tapRefusals = RefusalCount()
    /// Why results could not be stored or published last time.
    private var outputFailure: String?

    private static let frameTimer: UInt64 = 1

    init(host: Host, name: String) {
        self.host = host
        self.name = name
    }

    func validate(_ configuration: Configuration) throws { _ = try EstimationSettings(configuration, service: name) }

    func configure(_ configuration: Configuration) throws { settings = try EstimationSettings(configuration, service: name) }

    func start() throws {
        guard let settings else { throw ServiceError.invalidState("start before configure") }
        let network = try settings.files.load(host.log)
        let calculation = chosenCalculation(settings, network)
        let grid = FollowedGrid(network, loaded: host.clock.now, calculation: calculation)
        for problem in (grid.threePhase?.problems ?? grid.assembly.problems).prefix(20) { host.log.warning("grid: \(problem)") }
        self.grid = grid
        var board = ChannelBoard(network, places: MeteringPlaces(network, index: grid.index), settings: settings)
        for name in board.supposed.unknownLoads { host.log.warning("config.profiles.loads names '\(name)', which is no load of the grid") }
        board.supposed.refresh(now: host.clock.now.seconds)
        self.board = board
        live = LiveEstimate(settings)
        if let database = settings.database { points = try EstimatePoints(host, grid, settings, database: database) }
        metrics = try EstimationMetrics(host.metrics)
        try EstimationRoutes.add(to: host.http, service: name)
        try host.timers.set(Self.frameTimer, first: host.clock.monotonic + settings.period, every: settings.period)
    }

    func stop() throws {
        parser.release()
        (grid, board, live, points, metrics) = (nil, nil, nil, nil, nil)
    }

    func process(_ batch: MessageBatch) throws {
        guard let settings else { return }
        var gridChanged = false
        for message in batch {
            if let mRID = settings.switchTopic.mRID(of: message.topic) {
                gridChanged = takeSwitch(message, mRID) || gridChanged
            } else if let mRID = settings.tapTopic.mRID(of: message.topic) {
                gridChanged = takeTap(message, mRID) || gridChanged
            } else {
                take(message, settings)
            }
        }
        if gridChanged { makeFrame(host.clock.now) }
    }

    private func take(_ message: Message, _ settings: EstimationSettings) {
        let topic = message.topic
        let source = settings.sources.firstIndex { $0.form.matches(topic) }
        // What is not measured is forecast.
        guard let form = source.map({ settings.sources[$0].form }) ?? settings.suppositions.forecasts.first(where: { $0.matches(topic) }) else { return }
        do throws(MessageRefusal) {
            try parser.parse(message.payload, form, into: &parsed)
        } catch {
            return refusals.add("a message on '\(shown(topic))' can't be read: \(error.reason)", host.log)
        }
        let device = form.device(of: parsed, topic: topic)
        let now = host.clock.now
        var named: NamedReading?
        for reading in parsed.readings {
            guard form.name(reading, of: parsed, device: device, into: &named) == nil, let named else { continue }
            let reception = source.map { board?.take(named, source: $0, now: now) } ?? board?.supposed.takeForecast(named, now: now)
            guard case .refused(let reason)? = reception else { continue }
            refusals.add("a reading of '\(shown(named.device))' is left: \(reason)", host.log)
        }
        if let first = parsed.refusals.first {
            refusals.add("\(parsed.refusals.count) readings of a message on '\(shown(topic))' are left: number \(first.index) \(first.reason)", host.log)
        }
    }

    private func takeSwitch(_ message: Message, _ mRID: String) -> Bool {
        do throws(ServiceError) {
            guard let changed = try grid?.take(try SwitchMessage(message.payload), of: mRID, now: host.clock.now) else {
                switchRefusals.add("a report of the switch '\(mRID)' is left: the grid model has no switch of that mRID", host.log)
                return false
            }
            return changed
        } catch {
            switchRefusals.add("a report of the switch '\(mRID)' is left: \(error)", host.log)
            return false
        }
    }

    private func takeTap(_ message: Message, _ mRID: String) -> Bool {
        do throws(ServiceError) {
            guard let changed = try grid?.take(try TapMessage(message.payload), ofTap: mRID, now: host.clock.now) else {
                tapRefusals.add("a report of the tap changer '\(mRID)' is left: the grid model has none of that mRID", host.log)
                return false
            }
            return changed
        } catch {
            tapRefusals.add("a report of the tap changer '\(mRID)' is left: \(error)", host.log)
            return false
        }
    }

    /// What the configuration says, or what the grid model asks for.
    private func chosenCalculation(_ settings: EstimationSettings, _ network: Network) -> Calculation {
        let (suitable, reason) = Calculation.suitable(for: network)
        let chosen = settings.calculation ?? suitable
        host.log.info("calculation: \(chosen.rawValue), \(settings.calculation == nil ? reason : "as configured")")
        if chosen == .positiveSequence, suitable == .threePhase {
            host.log.warning("the positive sequence is calculated though \(reason): the phases' own voltages stay unknown")
        }
        return chosen
    }

    func timer(_ timer: UInt64, at now: Timestamp) throws { makeFrame(now) }

    /// Estimates, stores and publishes.
    private func makeFrame(_ now: Timestamp) {
        let began = host.clock.monotonic
        board?.supposed.refresh(now: now.seconds)
        guard let grid, let board, let live else { return }
        live.update(grid, board, now: now)
        metrics?.note(live, seconds: Double((host.clock.monotonic - began).nanoseconds) / 1e9)
        deliver(live.state, grid, now)
    }

    private func deliver(_ state: GridState, _ grid: FollowedGrid, _ now: Timestamp) {
        guard let settings else { return }
        outgoing.append(settings.topic, state.json(grid.drawn, grid, name: settings.grid, now: now).bytes)
        let isNew = state.time == now
        if isNew, let topic = settings.componentTopic { ComponentMessages(topic: topic).append(state, grid.drawn, to: &outgoing) }
        outputFailure = nil
        do throws(ServiceError) {
            if isNew { try points?.write(state) }
        } catch {
            outputFailure = error.description
        }
        do throws(ServiceError) {
            try host.databus.publish(&outgoing)
        } catch {
            // The next frame brings newer results; the databus is not to be filled with old ones.
            outgoing.removeAll()
            outputFailure = error.description
        }
    }

    func health() -> Health {
        if let outputFailure { return .degraded("results can't be delivered: \(outputFailure)") }
        guard let state = live?.state else { return .well }
        switch state.status {
        case .stale, .notConverged: return .degraded(state.detail)
        default: return .well
        }
    }
}
