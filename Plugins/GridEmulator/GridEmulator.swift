import Grid
import LiveGrid
import PluginAPI

/// Plays the devices of a grid on the databus: a power flow of the day's loads, and what PMUs, bays and meters would measure of it.
/// Switches report their positions and obey commands.
final class GridEmulator: Service {
    let host: Host
    private(set) var settings: EmulatorSettings?
    private var grid: EmulatedGrid?
    private var profiles: ProfileMeters?
    var protection: EmulatedProtection?
    private var random = NormalNoise(seed: 0)
    private var letters = PublicationBatch()
    private var began = Timestamp(nanoseconds: 0)
    private var lastHour = 0.0
    private var moving: [Move] = []
    private var failure: String?

    /// A switch that is on its way.
    private struct Move {
        let position: Int
        let isOpen: Bool
        let arrives: Timestamp
    }

    private enum Timer: UInt64 { case pmu = 1, scada, meters, switches, profiles, pastWeather }

    init(host: Host, name: String) { self.host = host }

    func validate(_ configuration: Configuration) throws { _ = try EmulatorSettings(configuration) }

    func configure(_ configuration: Configuration) throws { settings = try EmulatorSettings(configuration) }

    func start() throws {
        guard let settings else { throw ServiceError.invalidState("start before configure") }
        let network = try settings.grid.load(host.log)
        var grid = try EmulatedGrid(network, seed: settings.seed)
        for regulator in settings.regulators { try grid.add(regulator) }
        for pmu in settings.pmus where grid.voltage(at: pmu.at) == nil {
            throw ServiceError.invalidConfiguration("the PMU '\(pmu.device)' is at '\(pmu.at)', which is no busbar or node of the grid")
        }
        self.grid = grid
        random = NormalNoise(seed: settings.seed &+ 1)
        began = host.clock.now
        lastHour = hour(began)
        advance(to: began)
        let first = host.clock.monotonic
        if !settings.pmus.isEmpty { try host.timers.set(Timer.pmu.rawValue, first: first, every: settings.pmuPeriod) }
        if let scada = settings.scada { try host.timers.set(Timer.scada.rawValue, first: first, every: scada.period) }
        if let meters = settings.meters { try host.timers.set(Timer.meters.rawValue, first: first, every: meters.period) }
        if let profiles = settings.profiles { try start(ProfileMeters(settings: profiles, seed: settings.seed)) }
        for position in network.switches.indices { reportSwitch(position) }
        for regulator in grid.regulators { reportTap(regulator) }
        if settings.faults != nil {
            protection = try EmulatedProtection(network)
            try addFaultRoutes()
            reportIndicators()
        }
        publish()
    }

    /// Load-profile meters report two seconds after each quarter of an hour.
    private func start(_ meters: ProfileMeters) throws {
        let now = began.nanoseconds / 1_000_000_000
        try meters.fillPast(host, now: now)
        let wait = ProfileMeters.step - now % ProfileMeters.step + 2
        try host.timers.set(
            Timer.profiles.rawValue, first: host.clock.monotonic + .seconds(wait), every: .seconds(ProfileMeters.step))
        // Who takes weather in needs a moment to be there.
        try host.timers.set(Timer.pastWeather.rawValue, first: host.clock.monotonic + .seconds(5))
        profiles = meters
    }

    /// A new run of the weather forecast comes every six hours.
    private func reportProfiles(_ now: Timestamp) {
        guard let settings, let profiles else { return }
        let ended = now.nanoseconds / 1_000_000_000 / ProfileMeters.step * ProfileMeters.step
        profiles.report(ended, topic: topic, to: &letters)
        guard ended % 21_600 == 0, let weather = settings.profiles?.weatherTopic else { return }
        letters.append(weather, profiles.weather(issued: ended), retain: true)
    }

    private func reportPastWeather(_ now: Timestamp) {
        guard let past = settings?.profiles, let profiles else { return }
        let last = now.nanoseconds / 1_000_000_000 / 21_600 * 21_600
        for run in (0...max(0, past.pastDays * 4)).reversed() {
            letters.append(past.weatherTopic, profiles.weather(issued: last - Int64(run) * 21_600), retain: run == 0)
        }
    }

    func stop() throws { (grid, profiles, protection) = (nil, nil, nil) }

    func health() -> Health { failure.map(Health.degraded) ?? .well }

    func process(_ batch: MessageBatch) throws {
        for message in batch {
            guard let settings, let mRID = settings.commandTopic.mRID(of: message.topic) else { continue }
            guard let position = grid?.switchPosition(mRID) else {
                host.log.warning("a command for the switch '\(mRID)', which the grid does not have, is left")
                continue
            }
            do throws(ServiceError) {
                let command = try SwitchMessage(message.payload)
                guard !command.isDoubtful else { throw .invalidArgument("a switch is told to open or to close, not '\(command.position.rawValue)'") }
                try begin(Move(position: position, isOpen: command.position == .open, arrives: host.clock.monotonic + .milliseconds(settings.switchMillis)))
            } catch {
                host.log.warning("a command for the switch '\(mRID)' is left: \(error)")
            }
        }
    }

    func timer(_ timer: UInt64, at now: Timestamp) throws {
        guard let kind = Timer(rawValue: timer) else { return }
        switch kind {
        case .pmu: reportPMUs(now)
        case .scada: reportBays(now)
        case .meters: reportMeters(now)
        case .switches: arrive()
        case .profiles: reportProfiles(now)
        case .pastWeather: reportPastWeather(now)
        }
        publish()
    }

    /// The emulated hour of the day.
    private func hour(_ now: Timestamp) -> Double {
        guard let settings else { return 0 }
        let start = settings.startHour ?? Double(began.nanoseconds / 1_000_000_000 % 86_400) / 3_600
        let passed = Double(now.nanoseconds - began.nanoseconds) / 1e9 * settings.speed / 3_600
        return (start + passed).truncatingRemainder(dividingBy: 24)
    }

    /// Brings the grid to the hour, at most once a second and in any case when a device is about to report.
    private func advance(to now: Timestamp) {
        let hour = hour(now)
        var elapsed = (hour - lastHour) * 3_600
        if elapsed < 0 { elapsed += 86_400 }
        lastHour = hour
        failure = grid?.advance(toHour: hour, elapsed: elapsed)
        do throws(ServiceError) {
            for index in try grid?.regulate(elapsed: elapsed) ?? [] {
                if let regulator = grid?.regulators[index] { reportTap(regulator) }
            }
        } catch {
            failure = error.description
        }
    }

    private func reportPMUs(_ now: Timestamp) {
        guard let settings else { return }
        advance(to: now)
        // All PMUs stamp the same instant: a whole multiple of their period.
        let period = settings.pmuPeriod.nanoseconds
        let stamp = Timestamp(nanoseconds: now.nanoseconds / period * period)
        for pmu in settings.pmus {
            guard let voltage = grid?.voltage(at: pmu.at) else { continue }
            let payload = DeviceMessages.pmu(
                pmu.device, at: pmu.at, time: stamp, voltage: voltage, frequencyHertz: grid?.network.frequencyHertz ?? 50,
                noise: settings.pmuNoise, angleNoise: settings.pmuAngleNoise, &random)
            letters.append(topic(settings.pmuTopic, pmu.device), payload)
        }
    }

    /// A bay measures at each end of a line and transformer that hangs at a closed switch.
    private func reportBays(_ now: Timestamp) {
        guard let settings, let scada = settings.scada, let grid else { return }
        advance(to: now)
        for (position, device) in grid.network.switches.enumerated() {
            guard let end = grid.end(behindSwitch: position) else { continue }
            let flow = grid.assembly.topology.isSwitchClosed(position) ? grid.flow(into: end) : (.zero, .zero)
            let payload = DeviceMessages.bay(
                device.identity.mRID, component: device.identity.mRID, time: now, power: flow.power, current: flow.current,
                noise: scada.noise, &random)
            letters.append(topic(scada.topic, device.identity.mRID), payload)
        }
    }

    private func reportMeters(_ now: Timestamp) {
        guard let settings, let meters = settings.meters, let grid else { return }
        advance(to: now)
        for (position, load) in grid.network.loads.enumerated() {
            append(meters, load.identity.mRID, now, grid.consumption(ofLoad: position))
        }
        for (position, generator) in grid.network.generators.enumerated() {
            append(meters, generator.identity.mRID, now, -grid.generation(of: position))
        }
    }

    private func append(_ meters: EmulatorSettings.Reporting, _ mRID: String, _ now: Timestamp, _ power: Complex) {
        letters.append(
            topic(meters.topic, mRID),
            DeviceMessages.meter(mRID, component: mRID, time: now, power: power, noise: meters.noise, &random))
    }

    private func topic(_ pattern: String, _ device: String) -> String {
        pattern.split(separator: "/", omittingEmptySubsequences: false).map { $0 == "{device}" ? device[...] : $0 }.joined(separator: "/")
    }
}

/// Switches.
extension GridEmulator {
    private func begin(_ move: Move) throws(ServiceError) {
        moving.removeAll { $0.position == move.position }
        moving.append(move)
        try host.timers.set(Timer.switches.rawValue, first: move.arrives)
    }

    /// Throws the switches whose time has come.
    private func arrive() {
        let now = host.clock.monotonic
        for move in moving where move.arrives <= now {
            throwSwitch(move.position, isOpen: move.isOpen)
        }
        moving.removeAll { $0.arrives <= now }
        letProtectionAct()
        if let next = moving.map(\.arrives).min() { try? host.timers.set(Timer.switches.rawValue, first: next) }
    }

    /// Throws a switch at once and lets it report.
    func throwSwitch(_ position: Int, isOpen: Bool) {
        do throws(ServiceError) {
            failure = try grid?.setSwitch(position, isOpen: isOpen) ?? nil
            reportSwitch(position)
        } catch {
            failure = error.description
        }
    }

    /// Positions of the switches: true for closed.
    var positions: [Bool] { grid?.network.switches.map { !$0.isOpen } ?? [] }
    var failed: [String] { protection?.faults.values.sorted() ?? [] }
    func mRID(_ position: Int) -> String { grid?.network.switches[position].identity.mRID ?? "" }

    func failAndReact(_ equipment: String) throws(ServiceError) {
        try protection?.fail(equipment, positions: positions)
        letProtectionAct()
        publish()
    }

    func repair(_ equipment: String?) throws(ServiceError) { try protection?.repair(equipment) }

    func append(_ topic: String, _ payload: String, retain: Bool = false) {
        letters.append(topic, Array(payload.utf8), qos: 1, retain: retain)
    }

    private func reportSwitch(_ position: Int) {
        guard let grid, let settings else { return }
        let device = grid.network.switches[position]
        let report = SwitchMessage(device.isOpen ? .open : .closed, time: host.clock.now)
        letters.append(settings.switchTopic.topic(of: device.identity.mRID), report.json.bytes, qos: 1, retain: true)
    }

    private func reportTap(_ regulator: TapRegulator) {
        guard let grid, let settings else { return }
        let report = TapMessage(grid.tapPosition(regulator), time: host.clock.now)
        letters.append(settings.tapTopic.topic(of: regulator.mRID), report.json.bytes, qos: 1, retain: true)
    }

    /// Publishes what waits. What the databus does not take now is let go: devices do not repeat themselves either.
    private func publish() {
        do throws(ServiceError) {
            try host.databus.publish(&letters)
        } catch {
            host.log.warning("\(letters.count) messages of devices are not published: \(error)")
            letters.removeAll()
        }
    }
}
