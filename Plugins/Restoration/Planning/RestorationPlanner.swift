internal import Grid

/// Plans how a fault is isolated and the rest gets its voltage back.
///
/// Most power comes first, then most power of priority customers, then fewest operations, then least losses. Every step is checked by a power flow
/// of its own (``PlanCheck``), and the plan ends before a step that breaks a rule.
public struct RestorationPlanner: Sendable {
    /// The network it plans for, with the duties of its switches.
    public let model: SwitchingModel

    /// A planner; one model serves any number of plans.
    public init(_ model: SwitchingModel) { self.model = model }

    /// - Throws: ``RestorationError`` where the request does not fit the model, or what has voltage is not radial.
    public func plan(_ request: RestorationRequest) throws(RestorationError) -> RestorationPlan {
        try plan(request, sweep: RadialSweep(model, demand: request.demand, limits: request.limits), comparesLosses: true, checksSteps: true)
    }

    /// The same with a sweep that is used again, for screenings.
    func plan(
        _ request: RestorationRequest, sweep: RadialSweep, comparesLosses: Bool, checksSteps: Bool
    ) throws(RestorationError) -> RestorationPlan {
        try check(request)
        let now = request.positionsNow
        let isolation = Isolation(
            model, faulted: request.faultedSections, positions: request.positionsBefore, usesCrews: request.options.usesCrews,
            isOpenNow: { !now[$0] })
        var sequence = StepSequence(model, request, isolation)
        sequence.isolate()
        let isolated = sequence.positions
        let energised = model.energisedSections(isolated)
        let before = model.energisedSections(request.positionsBefore)
        if let loop = isolated.withUnsafeBufferPointer({ sweep.trace($0.baseAddress!) }) { throw .notRadial(loopSentence(loop)) }
        let zones = ZoneGraph(model, positions: isolated, isolation: isolation, energised: energised, request: request)
        let search = TransferSearch(
            model, zones: zones, sweep: sweep, positions: isolated, options: request.options, comparesLosses: comparesLosses)
        let choice = search.run()
        sequence.transfer(choice.opened.map { zones.edges[$0].device }, choice.closed.map { zones.edges[$0].device })
        if checksSteps { sequence.check() }
        let watts = request.demand.sectionWatts
        func sum(_ isIn: [Bool]) -> Double { zip(watts, isIn).reduce(0) { $0 + ($1.1 ? $1.0 : 0) } }
        return RestorationPlan(
            faultedSections: request.faultedSections, isolation: isolation, steps: sequence.steps, undo: checksSteps ? sequence.undo() : [],
            energisedBeforeWatts: sum(before), energisedAfterTripWatts: sum(model.energisedSections(request.positionsNow)),
            energisedAfterIsolationWatts: sum(energised), energisedAfterPlanWatts: sum(model.energisedSections(sequence.positions)),
            priorityRestoredWatts: choice.priorityWatts, lossesWatts: sequence.steps.last?.check.lossesWatts ?? 0,
            transferOperations: sequence.transferOperations, isProvenBest: search.isExhaustive && !(request.demand.feedsIn && search.hasRefused),
            configurationsTried: search.tried, notes: notes(isolation, search, sequence))
    }

    private func notes(_ isolation: Isolation, _ search: TransferSearch, _ sequence: StepSequence) -> [String] {
        var notes = isolation.passedOver.map {
            "\(model.name(ofSwitch: $0.device)) would isolate less and is \($0.reason): the area without voltage is larger than the faulted section"
        }
        if isolation.containsSource { notes.append("no usable switch parts the fault from an external grid: nothing of its feeder is restored") }
        if !search.isExhaustive {
            notes.append("the search ended after \(search.tried) configurations with its best so far: a better plan is not excluded")
        }
        return notes + sequence.notes
    }

    private func check(_ request: RestorationRequest) throws(RestorationError) {
        guard request.positionsBefore.count == model.switchCount, request.positionsNow.count == model.switchCount else {
            throw .invalidRequest(
                "\(request.positionsBefore.count) positions before and \(request.positionsNow.count) now for \(model.switchCount) switches")
        }
        if let strange = request.faultedSections.first(where: { !model.sections.indices.contains($0) }) {
            throw .invalidRequest("section \(strange) is said to be faulted, the network has \(model.sections.count)")
        }
        guard request.demand.constantPower.count == model.grid.nodeCount else {
            throw .invalidRequest("the demand is of \(request.demand.constantPower.count) nodes, the network has \(model.grid.nodeCount)")
        }
    }

    func loopSentence(_ edge: Int32) -> String {
        let branches = model.edges.branchCount
        let name = edge < branches
            ? model.network.identity(of: model.index.branchOrigins[Int(edge)].equipment).name : model.name(ofSwitch: Int(edge - branches))
        return "what has voltage is not radial: \(name) closes a loop or joins two sources. Plans are made for radial operation: open a switch of the loop first"
    }
}
