import PluginAPI
import Restoration

/// Approvals and the steps one by one.
extension IncidentDesk {
    /// A person approves a proposal.
    ///
    /// - Parameter revision: the proposal that the person has seen; nil for the present one.
    /// - Throws: ``Status/invalidState`` where there is nothing to approve, or the grid is not as it was planned for.
    func approve(_ incident: Incident, by user: String, revision: Int?, now: Timestamp) throws(ServiceError) {
        guard settings.mode != .advise else {
            throw .invalidState("the service only advises (config.mode): switch the steps by hand")
        }
        guard incident.state == .proposed, let sequence = incident.sequence else {
            throw .invalidState("fault \(incident.id) is \(incident.state.rawValue): there is no proposal to approve")
        }
        if let revision, revision != sequence.revision {
            throw .invalidState("proposal \(revision) of fault \(incident.id) has been replaced by proposal \(sequence.revision): look at that one")
        }
        guard board.positions == sequence.positions else {
            incident.note("the grid has changed since proposal \(sequence.revision)", now)
            if sequence.purpose == .restoration { propose(incident, now) } else { try proposeReturn(incident, now) }
            throw .invalidState(
                "switches have operated since proposal \(sequence.revision) of fault \(incident.id) was made: look at proposal \(incident.revisions)")
        }
        guard !incident.approvals.contains(user) else { throw .invalidState("'\(user)' has approved already: another person has to") }
        incident.approvals.append(user)
        incident.note("approved by \(user)", now)
        guard incident.approvals.count >= settings.approvals else {
            incident.detail = "\(settings.approvals - incident.approvals.count) more approval is needed, by another person"
            return changed(incident)
        }
        begin(incident, now)
    }

    func reject(_ incident: Incident, by user: String, reason: String, now: Timestamp) throws(ServiceError) {
        guard incident.state == .proposed else {
            throw .invalidState("fault \(incident.id) is \(incident.state.rawValue): there is no proposal to reject")
        }
        incident.state = .rejected
        incident.detail = "rejected by \(user)" + (reason.isEmpty ? "" : ": \(reason)")
        incident.note(incident.detail, now)
        changed(incident)
    }

    /// A person stops a sequence: no further step goes out.
    func halt(_ incident: Incident, by user: String, now: Timestamp) throws(ServiceError) {
        guard incident.state == .executing else {
            throw .invalidState("fault \(incident.id) is \(incident.state.rawValue): nothing is being switched")
        }
        stop(incident, "stopped by \(user)", now)
    }

    /// Makes another plan from where the grid is.
    func replan(_ incident: Incident, by user: String, now: Timestamp) throws(ServiceError) {
        guard [.stopped, .rejected, .proposed, .completed, .unlocated].contains(incident.state) else {
            throw .invalidState("fault \(incident.id) is \(incident.state.rawValue): no other plan can be made now")
        }
        guard !incident.faultedSections.isEmpty else { throw .invalidState("fault \(incident.id) has no section that a plan could isolate") }
        incident.note("another plan was asked for by \(user)", now)
        propose(incident, now)
    }

    func begin(_ incident: Incident, _ now: Timestamp) {
        incident.state = .executing
        goOn(incident, now)
    }

    /// Asks for the next step, after another look at the rules with what is known now.
    private func goOn(_ incident: Incident, _ now: Timestamp) {
        guard let sequence = incident.sequence, incident.state == .executing else { return }
        guard sequence.done < sequence.steps.count else { return complete(incident, now) }
        let step = sequence.steps[sequence.done]
        if board.positions[step.device] == step.isClosing {
            incident.sequence?.done += 1
            incident.note("\(model.name(ofSwitch: step.device)) is \(step.isClosing ? "closed" : "open") already", now)
            return goOn(incident, now)
        }
        if isTagged(step.device) { return stop(incident, "\(model.name(ofSwitch: step.device)) has been blocked for work", now) }
        if step.isClosing, let refusal = refusal(of: step, incident) { return stop(incident, refusal, now) }
        incident.detail = "step \(sequence.done + 1) of \(sequence.steps.count): \(step.action.rawValue) \(model.name(ofSwitch: step.device))"
        wish(.command(incident, step))
        changed(incident)
    }

    /// Why a closing must not be done any more, the grid being as it is now.
    private func refusal(of step: SwitchingStep, _ incident: Incident) -> String? {
        var dead = [Bool](repeating: false, count: model.sections.count)
        let isRepaired = incident.sequence?.purpose == .returnToNormal
        for other in incidents where other.holdsSectionDead && !(isRepaired && other === incident) {
            for section in other.faultedSections { dead[section] = true }
        }
        var after = board.positions
        after[step.device] = true
        let check = PlanCheck(
            model, demand: incident.demand, limits: limits, deadSections: dead, allowsParallel: isRepaired && settings.options.allowsParallel
        ).check(after)
        guard !check.isAllowed else { return nil }
        return "\(model.name(ofSwitch: step.device)) is not closed: \(check.violations.joined(separator: "; "))"
    }

    private func complete(_ incident: Incident, _ now: Timestamp) {
        incident.state = incident.sequence?.purpose == .returnToNormal ? .closed : .completed
        incident.detail = incident.state == .closed ? "repaired, and back to the positions before the fault" : "all steps are confirmed"
        incident.note(incident.detail, now)
        changed(incident)
    }

    /// A command was accepted under a number, or refused.
    func submitted(_ decision: CommandDecision, for incident: Incident, now: Timestamp) {
        guard decision.isAccepted else { return stop(incident, "the command was refused: \(decision.sentence)", now) }
        incident.sequence?.command = decision.command
    }

    /// What became of a command.
    func take(_ outcome: CommandOutcome, now: Timestamp) {
        guard let incident = incidents.first(where: { $0.sequence?.command == outcome.command }), let sequence = incident.sequence else { return }
        let step = sequence.steps[sequence.done]
        let name = model.name(ofSwitch: step.device)
        switch outcome.kind {
        case .confirmed:
            board.confirm(step.device, isClosed: step.isClosing)
            incident.sequence?.command = nil
            incident.sequence?.done += 1
            incident.note("\(name) reports that it is \(step.isClosing ? "closed" : "open")", now)
            goOn(incident, now)
        case .dispatched, .accepted: return
        case .notConfirmed:
            incident.excluded.insert(step.device)
            stop(incident, "\(name) did not report that it is \(step.isClosing ? "closed" : "open") in time\(outcome.reported.isEmpty ? "" : ", but \(outcome.reported)")", now)
        case .dryRun: stop(incident, "the site only rehearses commands: \(step.action.rawValue) \(name) was decided and not published", now)
        default:
            incident.excluded.insert(step.device)
            stop(incident, "the command to \(step.action.rawValue) \(name) ended: \(outcome.sentence.isEmpty ? "not carried out" : outcome.sentence)", now)
        }
    }

    /// Ends a sequence where it stands, and names the state that the grid is in.
    func stop(_ incident: Incident, _ why: String, _ now: Timestamp) {
        incident.sequence?.command = nil
        guard incident.state == .executing else { return changed(incident) }
        incident.state = .stopped
        incident.safeState = safeState(incident)
        incident.detail = "\(why). The grid is left \(incident.safeState ?? "as it is")"
        incident.note(incident.detail, now)
        changed(incident)
    }

    /// Every step leaves a state that keeps the rules, so that wherever a sequence ends is safe; this says which it is.
    private func safeState(_ incident: Incident) -> String {
        let energised = model.energisedSections(board.positions)
        let isFaultDead = incident.faultedSections.allSatisfy { !energised[$0] }
        guard incident.sequence?.purpose != .returnToNormal else { return "on its way back to normal, every fed part radial" }
        guard isFaultDead else { return "with the fault still fed: open its breaker by hand" }
        guard let sequence = incident.sequence, let plan = incident.plan else { return "as the trip left it" }
        let isolating = plan.isolation.opens.allSatisfy { !board.positions[$0] }
        let transfers = sequence.steps.prefix(sequence.done).contains { $0.purpose == .transfer && $0.isClosing }
        let reclosed = sequence.steps.prefix(sequence.done).contains { $0.purpose == .reclose }
        switch (isolating, reclosed, transfers) {
        case (_, _, true): return "partly restored, the fault isolated"
        case (true, true, false): return "with the fault isolated and its own feeder restored up to it"
        case (true, false, false): return "with the fault isolated"
        case (false, _, false): return "as the trip left it, the fault not yet isolated on all sides"
        }
    }
}
