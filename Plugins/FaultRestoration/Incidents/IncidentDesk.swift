import Grid
import PluginAPI
import Restoration

/// All faults and what is done about them. It decides and does not talk to the outside: what it wants done is in `wishes`.
final class IncidentDesk {
    /// What the service has to do.
    enum Wish {
        case command(Incident, SwitchingStep)
        case changed(Incident)
    }

    let model: SwitchingModel
    let settings: FaultSettings
    var board: DeviceBoard
    private(set) var incidents: [Incident] = []
    private(set) var wishes: [Wish] = []
    private let locator: FaultLocator
    let priorityLoads: Set<Int>
    let limits: OperatingLimits
    private var nextNumber: Int
    /// Switches that somebody has blocked, asked when a plan is made.
    var isTagged: (Int) -> Bool = { _ in false }

    init(_ model: SwitchingModel, _ settings: FaultSettings, nextNumber: Int = 1) {
        self.model = model
        self.settings = settings
        self.nextNumber = nextNumber
        board = DeviceBoard(model, settings)
        locator = FaultLocator(model, trust: settings.trust)
        let wanted = Set(settings.priorityLoads.map { NetworkIndex.normalised($0) })
        priorityLoads = Set(model.network.loads.indices.filter { wanted.contains(model.network.loads[$0].identity.mRID) })
        var limits = settings.limits
        for (position, external) in model.network.externalGrids.enumerated() {
            limits.sourceCapacitiesVA[position] = settings.sourceCapacities[external.identity.mRID]
        }
        self.limits = limits
    }

    func takeWishes() -> [Wish] {
        defer { wishes = [] }
        return wishes
    }

    func incident(_ id: String) -> Incident? { incidents.first { $0.id == id } }

    func keepRestored(_ incident: Incident) { incidents.append(incident) }

    func changed(_ incident: Incident) { wishes.append(.changed(incident)) }
    func wish(_ wish: Wish) { wishes.append(wish) }

    /// A protection tripped.
    func trip(_ device: Int, now: Timestamp, demand: () -> (Demand, String)) {
        let time = Self.seconds(now)
        if let waiting = incidents.last(where: { $0.state == .waiting }) {
            // Trips within one cycle belong together: recloser and breaker, or one device again and again.
            waiting.addTrip(device, at: time)
            waiting.note("\(model.name(ofSwitch: device)) tripped", now)
            return changed(waiting)
        }
        var before = board.positions
        before[device] = true
        let (demand, source) = demand()
        let incident = Incident(
            id: "F\(nextNumber)", began: now, at: time, tripped: device, positionsBefore: before,
            positionsToReturnTo: incidents.last(where: \.holdsSectionDead)?.positionsToReturnTo, demand: demand, demandSource: source)
        nextNumber += 1
        incident.note("\(model.name(ofSwitch: device)) tripped", now)
        interruptOthers(by: incident, now)
        incidents.append(incident)
        if incidents.count > Self.mostIncidents, let old = incidents.firstIndex(where: { !$0.holdsSectionDead }) { incidents.remove(at: old) }
        changed(incident)
    }

    private static let mostIncidents = 200
    static func seconds(_ time: Timestamp) -> Double { Double(time.nanoseconds) / 1e9 }

    /// A further fault: what is under way stops after the step that is out, and the new plan takes it in.
    private func interruptOthers(by newcomer: Incident, _ now: Timestamp) {
        for incident in incidents where [.executing, .proposed].contains(incident.state) {
            incident.state = .superseded
            incident.detail = "a further fault, \(newcomer.id), came: its plan takes this one in"
            incident.note(incident.detail, now)
            changed(incident)
        }
    }

    /// An indicator reported: a proposal that rests on other indications is made anew.
    func indicationsChanged(now: Timestamp) {
        for incident in incidents where incident.state == .proposed && incident.sequence?.purpose == .restoration {
            guard incident.sequence?.done == 0, let location = locate(incident), location.suspects != incident.faultedSections else { continue }
            incident.note("a late indication changes the location", now)
            adopt(location, incident, now)
        }
    }

    /// Time passes: cycles end.
    func advance(now: Timestamp) {
        let time = Self.seconds(now)
        for incident in incidents where incident.state == .waiting {
            let cycles = incident.tripped.compactMap { device in board.cycles[device].map { (device, $0) } }
            let sentences = cycles.compactMap { $1.waitSentence(name: model.name(ofSwitch: $0), at: time) }
            if let sentence = sentences.first {
                if incident.detail.isEmpty { incident.note("the reclosing cycle has not ended", now) }
                if incident.detail != sentence {
                    incident.detail = sentence
                    changed(incident)
                }
                continue
            }
            if !cycles.isEmpty, cycles.allSatisfy({ $0.1.status(at: time) == .cleared }) {
                incident.state = .cleared
                incident.detail = "the device has reclosed and the fault is gone"
                incident.note(incident.detail, now)
                changed(incident)
                continue
            }
            let ready = incident.lastTrip + settings.settleSeconds
            guard time >= ready else {
                if incident.detail != "late indications are waited for" {
                    incident.detail = "late indications are waited for"
                    changed(incident)
                }
                continue
            }
            settle(incident, now)
        }
    }

    private func locate(_ incident: Incident) -> FaultLocation? {
        let observation = board.observation(
            of: incident.tripped, before: incident.positionsBefore, from: Self.seconds(incident.began))
        return try? locator.locate(observation)
    }

    private func settle(_ incident: Incident, _ now: Timestamp) {
        // A device that reclosed and stayed so is not among those that are open now.
        guard let location = locate(incident), let best = location.best else {
            incident.state = .unlocated
            incident.detail = "no section explains what the devices say: look for the fault by hand"
            incident.note(incident.detail, now)
            return changed(incident)
        }
        incident.note(
            "most probably in \(best.description), \(Int((best.probability * 100).rounded())) %"
                + (location.verdict == .malOperation ? "; some devices did not work as they should" : ""), now)
        adopt(location, incident, now)
    }

    private func adopt(_ location: FaultLocation, _ incident: Incident, _ now: Timestamp) {
        incident.location = location
        propose(incident, now)
        guard settings.mode == .automatic, incident.state == .proposed, location.verdict == .located else { return }
        incident.note("switched automatically", now)
        begin(incident, now)
    }

    /// The model with what is known of the switches now.
    func presentModel(excluding excluded: Set<Int> = []) -> SwitchingModel {
        var model = model
        for device in model.duties.indices {
            if board.isDoubtful[device] || excluded.contains(device) { model.duties[device].availability = .outOfService }
            if isTagged(device) { model.duties[device].availability = .tagged }
        }
        return model
    }

    /// Sections of every fault that is not repaired.
    func deadSections() -> [Int] { Array(Set(incidents.filter(\.holdsSectionDead).flatMap(\.faultedSections))).sorted() }

    /// Makes a plan from the grid as it is.
    func propose(_ incident: Incident, _ now: Timestamp) {
        let model = presentModel(excluding: incident.excluded)
        let dead = Set(deadSections() + incident.faultedSections).sorted()
        let request = RestorationRequest(
            positionsBefore: incident.positionsBefore, positionsNow: board.positions, faultedSections: dead, demand: incident.demand, limits: limits,
            options: settings.options)
        incident.approvals = []
        incident.safeState = nil
        do throws(RestorationError) {
            let plan = try RestorationPlanner(model).plan(request)
            incident.plan = plan
            incident.reliability = ReliabilityEffect(
                model, plan: plan, before: incident.positionsBefore, now: board.positions, demand: incident.demand, times: settings.times)
            offer(.restoration, plan.steps, incident, now)
        } catch {
            incident.state = .stopped
            incident.detail = error.description
            incident.note("no plan: \(error)", now)
            changed(incident)
        }
    }

    private func offer(_ purpose: Incident.Purpose, _ steps: [SwitchingStep], _ incident: Incident, _ now: Timestamp) {
        incident.revisions += 1
        incident.sequence = Incident.Sequence(purpose: purpose, steps: steps, revision: incident.revisions, positions: board.positions)
        incident.approvals = []
        if steps.isEmpty {
            incident.state = .completed
            incident.detail = purpose == .restoration ? "nothing can be switched that would bring anybody back" : "nothing is to be switched"
        } else {
            incident.state = .proposed
            incident.detail = settings.mode == .advise
                ? "\(steps.count) steps are advised" : "\(steps.count) steps wait for approval"
        }
        incident.note("proposal \(incident.revisions): \(purpose.rawValue), \(steps.count) steps", now)
        changed(incident)
    }

    /// Proposes the way back to the isolated fault.
    func proposeUndo(_ incident: Incident, _ now: Timestamp) throws(ServiceError) {
        guard let plan = incident.plan, [.completed, .stopped].contains(incident.state) else {
            throw .invalidState("fault \(incident.id) is \(incident.state.rawValue): there is nothing to undo")
        }
        let positions = board.positions
        let undone = plan.undo.filter { positions[$0.device] != $0.isClosing }
        guard !undone.isEmpty else { throw .invalidState("none of the transfers of fault \(incident.id) is switched: there is nothing to undo") }
        offer(.undo, undone, incident, now)
    }

    /// The fault is repaired: proposes the way back to the positions before it.
    ///
    /// - Parameter user: who says so; nil where the same proposal is made anew.
    func proposeReturn(_ incident: Incident, by user: String? = nil, _ now: Timestamp) throws(ServiceError) {
        guard ![.waiting, .executing, .closed, .cleared].contains(incident.state) else {
            throw .invalidState("fault \(incident.id) is \(incident.state.rawValue): it can't be said to be repaired")
        }
        if let user { incident.note("repaired, says \(user)", now) }
        if let other = incidents.last(where: { $0 !== incident && $0.holdsSectionDead }) { return handOver(incident, to: other, now) }
        do throws(RestorationError) {
            let way = try RestorationPlanner(presentModel()).transition(
                from: board.positions, to: incident.positionsToReturnTo, demand: incident.demand, limits: limits, options: settings.options)
            for sentence in way.notes { incident.note(sentence, now) }
            if way.interruptedWatts > 0 {
                incident.note("\(Int(way.interruptedWatts / 1000)) kW are without voltage for the time of a step on the way back", now)
            }
            offer(.returnToNormal, way.steps, incident, now)
        } catch {
            throw .invalidState(error.description)
        }
    }

    /// While another fault is open there is no way back to normal: a new plan for that one takes in what is repaired.
    private func handOver(_ incident: Incident, to other: Incident, _ now: Timestamp) {
        incident.state = .closed
        incident.detail = "repaired; what it held dead is in the plan of \(other.id) now"
        incident.note(incident.detail, now)
        changed(incident)
        guard [.completed, .stopped, .proposed, .rejected].contains(other.state) else { return }
        other.note("\(incident.id) is repaired", now)
        propose(other, now)
    }
}
