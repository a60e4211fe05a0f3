internal import Grid

/// Puts operations into an order in which each step keeps the rules, and checks each.
struct StepSequence {
    private let model: SwitchingModel
    private let request: RestorationRequest
    private let isolation: Isolation
    private(set) var steps: [SwitchingStep] = []
    /// After the steps so far.
    private(set) var positions: [Bool]
    private(set) var notes: [String] = []
    private(set) var transferOperations = 0

    init(_ model: SwitchingModel, _ request: RestorationRequest, _ isolation: Isolation) {
        self.model = model
        self.request = request
        self.isolation = isolation
        positions = request.positionsNow
    }

    private mutating func append(_ device: Int, isClosing: Bool, _ purpose: SwitchingStep.Purpose) {
        positions[device] = isClosing
        steps.append(SwitchingStep(device: device, action: isClosing ? .close : .open, purpose: purpose, check: .unchecked))
    }

    /// Opens the boundary of the isolated area and closes again what protection opened beyond it.
    mutating func isolate() {
        let opens = isolation.opens.filter { positions[$0] }
        var reclosings = tripped()
        // What breaks load goes first: it takes the voltage from the others where they have any.
        for device in opens where model.duties[device].breaksLoadCurrent { append(device, isClosing: false, .isolate) }
        for device in opens where !model.duties[device].breaksLoadCurrent {
            if let before = makeDead(device) { reclosings.append(before) }
            append(device, isClosing: false, .isolate)
        }
        for device in reclosings where mayReclose(device) { append(device, isClosing: true, .reclose) }
    }

    /// Closed before, open now, and no part of the isolation.
    private func tripped() -> [Int] {
        positions.indices.filter { request.positionsBefore[$0] && !positions[$0] && !isolation.opens.contains($0) }
    }

    private mutating func mayReclose(_ device: Int) -> Bool {
        let sides = model.sections(ofSwitch: device)
        guard sides.from >= 0, !isolation.isIsolated[sides.from], !isolation.isIsolated[sides.to] else { return false }
        if let reason = model.duties[device].refusal(usesCrews: request.options.usesCrews) {
            notes.append("\(model.name(ofSwitch: device)) can't be closed again: it is \(reason)")
            return false
        }
        return true
    }

    /// A disconnector is opened dead: where its line still has voltage, the next switch towards the source that breaks load opens first.
    private mutating func makeDead(_ device: Int) -> Int? {
        let energised = model.energisedSections(positions)
        let sides = model.sections(ofSwitch: device)
        guard energised[sides.from] || energised[sides.to] else { return nil }
        let tree = FeedingTree(model, positions)
        let fed = tree.via[sides.to] == Int32(device) ? sides.to : sides.from
        for upstream in tree.path(from: fed).dropFirst()
        where model.duties[upstream].breaksLoadCurrent && model.duties[upstream].mayOperate(usesCrews: request.options.usesCrews) {
            append(upstream, isClosing: false, .isolate)
            return upstream
        }
        return nil
    }

    /// Openings first, while all is dead; then ties between dead parts that can't make load; then from what has voltage outwards.
    mutating func transfer(_ opens: [Int], _ closes: [Int]) {
        transferOperations = opens.count + closes.count
        for device in opens.sorted() { append(device, isClosing: false, .split) }
        var waiting = closes.sorted()
        for device in waiting where !model.duties[device].breaksLoadCurrent { append(device, isClosing: true, .transfer) }
        waiting.removeAll { !model.duties[$0].breaksLoadCurrent }
        while !waiting.isEmpty {
            let energised = model.energisedSections(positions)
            let next = waiting.firstIndex { device in
                let sides = model.sections(ofSwitch: device)
                return energised[sides.from] != energised[sides.to]
            }
            append(waiting.remove(at: next ?? 0), isClosing: true, .transfer)
        }
    }

    /// Checks every step by power flow and ends the sequence before the first one that breaks a rule.
    mutating func check() {
        let check = PlanCheck(model, demand: request.demand, limits: request.limits, deadSections: isolation.isIsolated)
        var state = request.positionsNow
        // What a state before the first transfer violates was there before, and no step of ours makes it worse.
        for index in steps.indices {
            state[steps[index].device] = steps[index].isClosing
            steps[index].check = check.check(state)
            guard !steps[index].check.isAllowed, steps[index].isClosing else { continue }
            let step = steps[index]
            notes.append(
                "the plan ends before \(model.name(ofSwitch: step.device)) is closed: \(step.check.violations.joined(separator: "; "))")
            steps.removeSubrange(index...)
            break
        }
        positions = request.positionsNow
        for step in steps { positions[step.device] = step.isClosing }
        transferOperations = steps.filter { $0.purpose == .split || $0.purpose == .transfer }.count
    }

    /// The transfers backwards, to the isolated fault: closings first, so that nothing is in parallel.
    func undo() -> [SwitchingStep] {
        let check = PlanCheck(model, demand: request.demand, limits: request.limits, deadSections: isolation.isIsolated)
        var state = positions
        return steps.filter { $0.purpose == .transfer || $0.purpose == .split }.reversed().map { step in
            state[step.device] = !step.isClosing
            return SwitchingStep(
                device: step.device, action: step.isClosing ? .open : .close, purpose: .undo, check: check.check(state))
        }
    }
}

extension StepCheck {
    /// Before a check was made.
    static let unchecked = StepCheck(
        lowestVoltage: 0, lowestVoltageNode: "", highestVoltage: 0, highestLoading: 0, highestLoadingBranch: "", lossesWatts: 0,
        energisedWatts: 0, isRadial: true, isFaultDead: true, violations: [])
}
