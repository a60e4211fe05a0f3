import Grid
import LiveGrid
import PluginAPI
import Restoration

/// Fault location, isolation and service restoration: trips, indications and switch positions in, cards, plans and commands out.
///
/// Everything that it decides is in ``IncidentDesk``; this reads messages, submits what the desk wishes for, and tells what changed.
final class FaultRestoration: Service {
    let host: Host
    let name: String
    private(set) var settings: FaultSettings?
    private(set) var desk: IncidentDesk?
    private var loads: LoadEstimate?
    private var memory: FaultMemory?
    private var metrics: FaultMetrics?
    private var outgoing = PublicationBatch()
    private var refusals = RefusalCount()
    /// Why cards could not be published last time.
    private var outputFailure: String?

    private static let clockTimer: UInt64 = 1
    /// How often cycles and waits are looked at.
    private static let tick = Duration.milliseconds(200)

    init(host: Host, name: String) {
        self.host = host
        self.name = name
    }

    func validate(_ configuration: Configuration) throws { _ = try FaultSettings(configuration, service: name) }

    func configure(_ configuration: Configuration) throws { settings = try FaultSettings(configuration, service: name) }

    func start() throws {
        guard let settings else { throw ServiceError.invalidState("start before configure") }
        let network = try settings.files.load(host.log)
        let model: SwitchingModel
        do throws(RestorationError) { model = try SwitchingModel(network, duties: try duties(network, settings)) } catch {
            throw ServiceError.invalidConfiguration(error.description)
        }
        let memory = FaultMemory(host.keyValues)
        let desk = IncidentDesk(model, settings, nextNumber: try memory.nextNumber())
        for kept in try memory.unrepaired(model, now: host.clock.now, demand: Demand(model)) { desk.restore(kept) }
        let commands = host.commands
        desk.isTagged = { device in
            guard let state = try? commands.device(model.network.switches[device].identity.mRID) else { return false }
            return state.lock != nil
        }
        self.desk = desk
        self.memory = memory
        loads = LoadEstimate(network)
        metrics = try FaultMetrics(host.metrics)
        try FaultRoutes.add(to: host.http, service: name)
        try host.timers.set(Self.clockTimer, first: host.clock.monotonic + Self.tick, every: Self.tick)
        carryOut()
    }

    private func duties(_ network: Network, _ settings: FaultSettings) throws(RestorationError) -> [SwitchDuty] {
        var duties = network.switches.map { SwitchDuty(of: $0.kind) }
        let index = NetworkIndex(network)
        for change in settings.duties {
            guard let equipment = index.equipment[NetworkIndex.normalised(change.id)], equipment.kind == .switchgear else {
                host.log.warning("config.duties: the grid has no switch '\(change.id)'; the entry is left")
                continue
            }
            if let remote = change.isRemoteControlled { duties[equipment.index].isRemoteControlled = remote }
            if let breaks = change.breaksLoadCurrent { duties[equipment.index].breaksLoadCurrent = breaks }
            if let availability = change.availability { duties[equipment.index].availability = availability }
        }
        return duties
    }

    func stop() throws { (desk, loads, memory, metrics) = (nil, nil, nil, nil) }

    func process(_ batch: MessageBatch) throws {
        guard let settings, let desk else { return }
        var isIndicated = false
        for message in batch {
            do throws(ServiceError) {
                if let mRID = settings.switchTopic.mRID(of: message.topic) {
                    if let device = try device(mRID) { _ = desk.board.take(try SwitchMessage(message.payload), of: device, at: seconds) }
                } else if let mRID = settings.tripTopic.mRID(of: message.topic) {
                    try takeTrip(message, mRID)
                } else if let mRID = settings.indicatorTopic.mRID(of: message.topic) {
                    if let device = try device(mRID) {
                        desk.board.take(try IndicatorReport(message.payload), of: device, at: seconds)
                        isIndicated = true
                    }
                } else if let topic = settings.estimateTopic, message.topic.elementsEqual(topic.utf8) {
                    takeEstimate(message)
                }
            } catch {
                refusals.add("a message on '\(String(decoding: message.topic, as: UTF8.self))' is left: \(error)", host.log)
            }
        }
        if isIndicated { desk.indicationsChanged(now: host.clock.now) }
        desk.advance(now: host.clock.now)
        carryOut()
    }

    private var seconds: Double { IncidentDesk.seconds(host.clock.now) }

    private func device(_ mRID: String) throws(ServiceError) -> Int? {
        guard let device = desk?.board.device(mRID) else { throw .invalidArgument("the grid model has no switch '\(mRID)'") }
        return device
    }

    private func takeTrip(_ message: Message, _ mRID: String) throws(ServiceError) {
        guard let desk, let device = try device(mRID) else { return }
        // A retained trip is older than this service.
        guard !message.isRetained else { return }
        if desk.board.take(try TripReport(message.payload), of: device, at: seconds) {
            desk.trip(device, now: host.clock.now) { demand() }
        }
    }

    /// Estimates count as long as no fault is open: afterwards they tell what is left, not what is missing.
    private func takeEstimate(_ message: Message) {
        guard let desk, !desk.incidents.contains(where: { $0.isOpen }) else { return }
        guard let json = try? JSONValue(message.payload) else { return }
        loads?.take(json)
    }

    /// What customers took before the fault, and where that is known from.
    func demand() -> (Demand, String) {
        guard let desk, let settings else { preconditionFailure("a demand is asked for by a running service") }
        let demand = Demand(
            desk.model, loadPowers: loads?.powers, countsGeneration: settings.countsGeneration, priorityLoads: desk.priorityLoads)
        return (demand, loads?.powers == nil ? "grid model" : "state estimate")
    }

    func timer(_ timer: UInt64, at now: Timestamp) throws {
        desk?.advance(now: now)
        carryOut()
    }

    func commands(changed outcomes: [CommandOutcome], lost: UInt64) throws {
        guard let desk else { return }
        for outcome in outcomes { desk.take(outcome, now: host.clock.now) }
        if lost > 0 {
            for incident in desk.incidents where incident.state == .executing {
                desk.stop(incident, "\(lost) outcomes of commands were lost", host.clock.now)
            }
        }
        carryOut()
    }

    /// Does what the desk wishes for, until it wishes for nothing more.
    func carryOut() {
        guard let desk else { return }
        var changed: [Incident] = []
        while case let wishes = desk.takeWishes(), !wishes.isEmpty {
            for wish in wishes {
                switch wish {
                case .command(let incident, let step): submit(step, incident)
                case .changed(let incident): if !changed.contains(where: { $0 === incident }) { changed.append(incident) }
                }
            }
        }
        guard !changed.isEmpty else { return }
        for incident in changed { tell(incident) }
        metrics?.note(desk)
    }

    private func submit(_ step: SwitchingStep, _ incident: Incident) {
        guard let desk, let settings, let sequence = incident.sequence else { return }
        let device = desk.model.network.switches[step.device].identity
        let position = step.isClosing ? "closed" : "open"
        var command = DeviceCommand(
            .flisr, publishing: #"{"position": "\#(position)"}"#, to: settings.commandTopic.topic(of: device.mRID))
        command.key = "\(incident.id)-\(sequence.revision)-\(sequence.done)"
        command.reason = "fault \(incident.id), step \(sequence.done + 1) of \(sequence.steps.count): \(step.purpose.rawValue)"
        command.confirmation = DeviceCommand.Confirmation(
            topic: settings.switchTopic.topic(of: device.mRID), field: "position", value: #""\#(position)""#, within: settings.confirmation)
        do throws(ServiceError) {
            desk.submitted(try host.commands.submit(command), for: incident, now: host.clock.now)
        } catch {
            desk.stop(incident, "the command could not be given: \(error)", host.clock.now)
        }
    }

    private func tell(_ incident: Incident) {
        guard let desk, let settings else { return }
        outgoing.append("\(settings.topic)/\(incident.id)", incident.card(desk.model).bytes, qos: 1, retain: true)
        outputFailure = nil
        do throws(ServiceError) { try memory?.keep(incident, desk.model) } catch { outputFailure = error.description }
        do throws(ServiceError) { try host.databus.publish(&outgoing) } catch {
            outgoing.removeAll()
            outputFailure = error.description
        }
    }

    func health() -> Health {
        if let outputFailure { return .degraded("cards of faults can't be delivered: \(outputFailure)") }
        if let stopped = desk?.incidents.first(where: { $0.state == .stopped }) { return .degraded("fault \(stopped.id): \(stopped.detail)") }
        return .well
    }
}
