import EmulatedWeather
import Grid
import LiveGrid
import PluginAPI
import SiteCalendar
import Synchronization

/// Plays a site's field: advances it with the site's clock and lets its devices say what they measure.
final class FieldPlayer {
    /// What comes in from the databus or from the clock.
    enum Event {
        case tick
        case setPoint(asset: String, payload: [UInt8])
        case switchCommand(mRID: String, payload: [UInt8])
    }

    let description: SiteDescription
    let fleet: Fleet
    let clock: FieldClock
    var field: Field
    let misbehaviour: Misbehaviour
    private var schedule = ReportSchedule()
    private var noiseCount: Int64 = 0
    private let noise: SmoothNoise
    private var delivered: Double = 0
    private var daysMeans: [Double: [Double]] = [:]

    init(_ description: SiteDescription, fleet: Fleet, clock: FieldClock) throws {
        self.description = description
        self.fleet = fleet
        self.clock = clock
        field = try Field(description, beginning: clock.now)
        misbehaviour = Misbehaviour(description)
        noise = SmoothNoise(seed: description.seed &+ 1)
    }

    /// What holds already: positions of switches, the last quarter of an hour of meters, a weather forecast.
    func begin() {
        let quarter = (clock.now / 900).rounded(.down) * 900 - 900
        reportMeters(quarter) { number in supposed(description.customers[number], quarter) }

        for unit in description.instruments.units { for mRID in unit.switches { reportSwitch(mRID, of: unit) } }
        if let weather = description.weather { issueWeather(weather, at: (clock.now / Double(weather.everyHours * 3600)).rounded(.down) * Double(weather.everyHours * 3600)) }
    }

    func take(_ event: Event) {
        switch event {
        case .tick: tick()
        case .setPoint(let asset, let payload): obey(asset, payload)
        case .switchCommand(let mRID, let payload): throwSwitch(mRID, payload)
        }
    }

    /// What the field needs to be told about, in one line.
    var status: String {
        let power = description.instruments.exchanges.first.map { " exchange \(Int((exchangeKW($0)).rounded())) kW" } ?? ""
        return "\(DeviceMessages.stamp(field.time))\(power)\(field.grid.failure.map { " (no power flow: \($0))" } ?? "")"
    }

    private func tick() {
        let now = clock.now
        let ended = field.advance(to: now)
        for begin in ended { endQuarter(begin) }
        watchTheNetwork()
        reportInstruments()
        reportAssets()
    }

    // A device reports at most once a tick: sped up, slow instruments keep their pace and fast ones are as fast as the field.

    private func reportInstruments() {
        let now = field.time
        for pmu in description.instruments.pmus where schedule.isDue(pmu.device, every: pmu.periodSeconds, at: now) {
            guard let node = field.grid.busbar(pmu.at) else { continue }
            let flow = pmu.bay.map { field.grid.flow(intoBay: $0) } ?? (.zero, .zero)
            let hertz = 50 + 0.02 * noise.wander(99, at: now, every: 120)
            let stamp = (now / pmu.periodSeconds).rounded(.down) * pmu.periodSeconds
            let payload = DeviceMessages.pmu(
                pmu.device, at: pmu.at, bay: pmu.bay, time: stamp, voltage: field.grid.voltage(atNode: node), current: flow.current, power: flow.power, hertz: hertz,
                noise: measured)
            fleet.post(pmu.device, named(pmu.topic, pmu.device), payload, qos: 0)
        }
        for unit in description.instruments.units where unit.measures && schedule.isDue(unit.device, every: unit.periodSeconds, at: now) {
            let bays = unit.bays.map { mRID in
                let flow = field.grid.flow(intoBay: mRID)
                return DeviceMessages.BayValues(mRID: mRID, power: flow.power, current: flow.current)
            }
            let busbar = unit.busbar.flatMap { mRID in field.grid.busbar(mRID).map { (mRID, field.grid.voltage(atNode: $0)) } }
            fleet.post(unit.device, named(unit.topic, unit.device), DeviceMessages.unit(unit.device, time: now, busbar: busbar, bays: bays, noise: measured))
        }
        for plant in description.plants {
            guard let period = plant.periodSeconds, schedule.isDue(plant.device, every: period, at: now) else { continue }
            let watts = -field.generation(plant, at: now) * 1000 * (1 + 0.005 * measured())
            fleet.post(plant.device, "measurements/scada/\(plant.device)", DeviceMessages.powers(plant.device, time: now, [(plant.at, watts)]))
        }
        for exchange in description.instruments.exchanges where schedule.isDue(exchange.device + "/exchange", every: exchange.periodSeconds, at: now) {
            fleet.post(exchange.device, exchange.topic, DeviceMessages.exchange(time: now, kilowatts: exchangeKW(exchange) * (1 + 0.002 * measured())))
        }
    }

    /// What flows out of the transformer at its bay, kW.
    private func exchangeKW(_ exchange: SiteDescription.Exchange) -> Double { -field.grid.flow(intoBay: exchange.bay).power.real / 1000 }

    private func measured() -> Double {
        noiseCount += 1
        return noise.normal(7, noiseCount)
    }

    private func reportAssets() {
        let temperature = field.weather.temperature(at: field.time)
        for (name, asset) in field.assets where !misbehaviour.isAway(name, at: field.time) && schedule.isDue(name, every: description.assets.reportSeconds, at: field.time) {
            report(asset, name, temperature)
        }
    }

    private func report(_ asset: FieldAsset, _ name: String, _ temperature: Double) {
        let payload = DeviceMessages.report(asset, temperature: temperature, time: field.time, community: description.assets.community)
        fleet.post(Fleet.gateway(of: name, description), description.assets.report.replacing("{asset}", with: name), payload)
    }

    private func watchTheNetwork() {
        let second = field.weather.zone.local(Int(field.time)).secondOfDay
        for device in fleet.names {
            let assets = fleet.assets(of: device)
            let isAway = !assets.isEmpty && assets.allSatisfy { misbehaviour.isAway($0, at: field.time) }
            fleet.setCut(device, isAway || misbehaviour.isCut(device, secondOfDay: second))
        }
    }

    func named(_ topic: String, _ device: String) -> String { topic.replacing("{device}", with: device) }
}

/// Quarters of an hour and what comes with them.
extension FieldPlayer {
    private func endQuarter(_ begin: Double) {
        reportMeters(begin) { field.means.last[$0] }
        for aggregate in description.instruments.aggregates {
            fleet.post(aggregate.device, named(aggregate.topic, aggregate.device), aggregated(aggregate, begin: begin) { number in
                let powers = field.means.last[number]
                return (powers.load, powers.generation)
            })
        }
        daysMeans[begin] = field.means.last.map(\.net)
        deliver(at: begin + 900)
        if let weather = description.weather, Int(begin + 900) % (weather.everyHours * 3600) == 0 { issueWeather(weather, at: begin + 900) }
    }

    /// Live meters say the means of a quarter, and the voltage of now.
    private func reportMeters(_ begin: Double, _ means: (Int) -> QuarterMeans.Powers) {
        for (number, customer) in description.customers.enumerated() where customer.meter == .live {
            let powers = means(number)
            let node = field.grid.load(customer.at).flatMap { field.grid.node(ofLoad: $0) }
            let device = Fleet.meter(of: customer)
            let payload = DeviceMessages.meter(
                device, component: customer.at, time: begin + 900, watts: powers.net * 1000, vars: powers.load * 1000 * field.grid.reactivePerActive(customer.shape),
                voltage: node.map { field.grid.voltage(atNode: $0) } ?? .zero, noise: measured)
            fleet.post(device, named(description.meters.topic, device), payload)
        }
    }

    /// - Parameter powers: load and generation of a customer, kW.
    func aggregated(_ aggregate: SiteDescription.Aggregate, begin: Double, _ powers: (Int) -> (load: Double, generation: Double)) -> [UInt8] {
        var (load, generation) = (0.0, 0.0)
        for (number, customer) in description.customers.enumerated() where aggregate.shape == nil || aggregate.shape == customer.shape {
            let each = powers(number)
            load += each.load
            generation += each.generation
        }
        if aggregate.shape == nil {
            for plant in description.plants { generation += intervalMean(from: begin, seconds: 900) { field.generation(plant, at: $0) } }
        }
        return DeviceMessages.powers(aggregate.device, time: begin + 450, [("load", load * 1000), ("generation", generation * 1000)])
    }

    func issueWeather(_ weather: SiteDescription.WeatherTopic, at time: Double) {
        fleet.post(Fleet.weatherService, weather.topic, field.weather.forecastMessage(issued: time, hours: weather.horizonHours), retain: true)
    }

    /// The head end delivers the day that is over at its time of the day.
    private func deliver(at time: Double) {
        let local = field.weather.zone.local(Int(time))
        guard local.secondOfDay / 900 == description.meters.deliverySecond / 900, delivered < time else { return }
        delivered = time
        let end = Double(field.weather.zone.start(of: local.day)), begin = Double(field.weather.zone.start(of: local.day.adding(days: -1)))
        deliver(from: begin, to: end)
        daysMeans = daysMeans.filter { $0.key >= end }
    }

    /// Day-late readings of an interval: what was metered, and where the field did not run yet, what the customers would have drawn.
    func deliver(from begin: Double, to end: Double) {
        var message = MeterReadingsMessage()
        for (number, customer) in description.customers.enumerated() where customer.meter == .late {
            let powers = stride(from: begin, to: end, by: 900).map { quarter in
                (quarter, daysMeans[quarter]?[number] ?? supposed(customer, quarter).net)
            }
            message.add(meter: Fleet.meter(of: customer), usagePoint: customer.at, powers: powers)
            if message.meters == description.meters.perMessage { send(&message) }
        }
        if message.meters > 0 { send(&message) }
    }

    private func send(_ message: inout MeterReadingsMessage) {
        fleet.post(Fleet.headEnd, description.meters.lateTopic, message.bytes)
        message = MeterReadingsMessage()
    }

    /// Means of a quarter in which the field did not run: without assets.
    private func supposed(_ customer: SiteDescription.Customer, _ quarter: Double) -> QuarterMeans.Powers {
        let load = intervalMean(from: quarter, seconds: 900) { field.customers.load(customer, at: $0) }
        let roof = intervalMean(from: quarter, seconds: 900) { field.generation(customer, at: $0) }
        return QuarterMeans.Powers(net: load - roof, load: load, generation: roof)
    }

    /// Publishes the past of what people learn from: aggregates, day-late readings, runs of the weather forecast.
    func publishPast(days: Int) async throws {
        let end = (clock.now / 900).rounded(.down) * 900, begin = end - Double(days) * 86_400
        if let weather = description.weather {
            let step = Double(weather.everyHours * 3600)
            for issued in stride(from: (begin / step).rounded(.up) * step, to: end, by: step) { issueWeather(weather, at: issued) }
        }
        for aggregate in description.instruments.aggregates {
            for quarter in stride(from: (begin / 900).rounded(.up) * 900, to: end, by: 900) {
                fleet.post(aggregate.device, named(aggregate.topic, aggregate.device), aggregated(aggregate, begin: quarter) { number in
                    let customer = description.customers[number]
                    let middle = quarter + 450
                    return (
                        field.customers.load(customer, at: middle),
                        customer.freeRoofKW > 0 ? field.generation(customer, at: middle) : 0)
                })
                if fleet.backlog > DeviceConnection.longestQueue / 4 { try await waitUntilTold() }
            }
        }
        let today = field.weather.zone.local(Int(end)).day
        for back in (1...max(1, min(days, 8))).reversed() where description.customers.contains(where: { $0.meter == .late }) {
            let day = today.adding(days: -back)
            deliver(from: Double(field.weather.zone.start(of: day)), to: Double(field.weather.zone.start(of: day.adding(days: 1))))
            try await waitUntilTold()
        }
    }

    /// Waits until the databus has taken what the devices had to say.
    func waitUntilTold() async throws { while fleet.backlog > 0 { try await Task.sleep(for: .milliseconds(10)) } }
}

/// Commands.
extension FieldPlayer {
    private func obey(_ name: String, _ payload: [UInt8]) {
        guard let asset = field.assets[name], let order = SetPoint(payload) else { return }
        fleet.counters.setPoints.add(1, ordering: .relaxed)
        guard let delay = misbehaviour.delay(of: name), !misbehaviour.isAway(name, at: field.time) else { return }
        let now = clock.now
        field.obey(name, kilowatts: order.kilowatts, from: now + delay, until: now + delay + description.assets.holdSeconds)
        let topic = description.assets.setPoint.replacing("{asset}", with: name) + "/ack"
        fleet.post(Fleet.gateway(of: asset.description.id, description), topic, DeviceMessages.acknowledgement(command: order.command, time: now))
    }

    private func throwSwitch(_ mRID: String, _ payload: [UInt8]) {
        guard let position = field.grid.switchgear(mRID), let unit = description.instruments.units.first(where: { $0.switches.contains(mRID) }),
            let message = payload.withUnsafeBytes({ try? SwitchMessage($0) }), !message.isDoubtful
        else { return }
        field.setSwitch(position, isOpen: message.position == .open)
        reportSwitch(mRID, of: unit)
    }

    private func reportSwitch(_ mRID: String, of unit: SiteDescription.RemoteUnit) {
        guard let position = field.grid.switchgear(mRID) else { return }
        let report = SwitchMessage(field.grid.isOpen(position) ? .open : .closed, time: Timestamp(nanoseconds: Int64(field.time * 1e9)))
        fleet.post(unit.device, "switches/\(mRID)", report.json.bytes, retain: true)
    }
}

/// When each device reports next.
struct ReportSchedule {
    private var last: [String: Int64] = [:]

    /// Whether a whole period has begun since the device reported last.
    mutating func isDue(_ device: String, every seconds: Double, at time: Double) -> Bool {
        let number = Int64((time / seconds).rounded(.down))
        guard last[device] != number else { return false }
        last[device] = number
        return true
    }
}
