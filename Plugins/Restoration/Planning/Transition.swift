internal import Grid

/// The way from one radial configuration to another: back to normal after a repair, or to one with fewer losses.
public struct Transition: Hashable, Sendable {
    /// In their order, each with the power flow after it.
    public var steps: [SwitchingStep]
    /// The most power that is without voltage between two steps and had it before, in watt; 0 where nobody is interrupted.
    public var interruptedWatts: Double
    /// What an operator should know: what could not be switched, which limit a step passes.
    public var notes: [String]
    /// Whether the last step reaches the target.
    public var isComplete: Bool
    /// Whether every step keeps every rule.
    public var isAllowed: Bool { steps.allSatisfy(\.check.isAllowed) }
}

extension RestorationPlanner {
    /// Plans the way between two configurations, step by step.
    ///
    /// What gives voltage to a dead area without closing a loop comes first; where nothing is left but to join two live parts, either the
    /// new way is closed before the old one opens (`allowsParallel`: nobody is interrupted), or the old one opens first, that which interrupts least.
    /// - Parameter deadSections: what must not get voltage on the way.
    public func transition(
        from present: [Bool], to target: [Bool], demand: Demand, limits: OperatingLimits, options: PlanningOptions, deadSections: [Int] = []
    ) throws(RestorationError) -> Transition {
        guard present.count == model.switchCount, target.count == model.switchCount else {
            throw .invalidRequest("\(present.count) positions now and \(target.count) aimed at for \(model.switchCount) switches")
        }
        var walk = TransitionWalk(model, demand, limits, options, present: present, target: target, deadSections: deadSections)
        walk.run()
        return walk.result
    }
}

private struct TransitionWalk {
    private let model: SwitchingModel
    private let demand: Demand
    private let options: PlanningOptions
    private let check: PlanCheck
    private let parallelCheck: PlanCheck
    private var positions: [Bool]
    private var toClose: [Int] = []
    private var toOpen: [Int] = []
    private let energisedBefore: [Bool]
    private(set) var result = Transition(steps: [], interruptedWatts: 0, notes: [], isComplete: false)

    init(
        _ model: SwitchingModel, _ demand: Demand, _ limits: OperatingLimits, _ options: PlanningOptions, present: [Bool], target: [Bool],
        deadSections: [Int]
    ) {
        self.model = model
        self.demand = demand
        self.options = options
        var dead = [Bool](repeating: false, count: model.sections.count)
        for section in deadSections { dead[section] = true }
        check = PlanCheck(model, demand: demand, limits: limits, deadSections: dead)
        parallelCheck = PlanCheck(model, demand: demand, limits: limits, deadSections: dead, allowsParallel: true)
        positions = present
        energisedBefore = model.energisedSections(present)
        for device in present.indices where present[device] != target[device] && model.switchNodes[device].from >= 0 {
            if let reason = model.duties[device].refusal(usesCrews: true) {
                result.notes.append("\(model.name(ofSwitch: device)) stays \(present[device] ? "closed" : "open"): it is \(reason)")
            } else if target[device] {
                toClose.append(device)
            } else {
                toOpen.append(device)
            }
        }
    }

    mutating func run() {
        while !toClose.isEmpty || !toOpen.isEmpty {
            let energised = model.energisedSections(positions)
            if let device = harmlessOpening(energised) ?? harmlessClosing(energised) {
                operate(device)
            } else if options.allowsParallel, let device = toClose.first(where: { model.duties[$0].breaksLoadCurrent }) {
                operate(device, isParallel: true)
                if let opening = loopOpening(energised) { operate(opening) }
            } else if let device = leastInterruption(energised) {
                operate(device)
            } else {
                result.notes.append("no order of the remaining operations keeps the rules: \((toClose + toOpen).map(model.name(ofSwitch:)).joined(separator: ", "))")
                return
            }
        }
        result.isComplete = result.notes.isEmpty
    }

    private mutating func operate(_ device: Int, isParallel: Bool = false) {
        positions[device].toggle()
        toClose.removeAll { $0 == device }
        toOpen.removeAll { $0 == device }
        let step = SwitchingStep(
            device: device, action: positions[device] ? .close : .open, purpose: .restoreNormal,
            check: (isParallel ? parallelCheck : check).check(positions))
        result.steps.append(step)
        let lost = zip(model.energisedSections(positions), zip(energisedBefore, demand.sectionWatts))
            .reduce(0) { $0 + (!$1.0 && $1.1.0 ? $1.1.1 : 0) }
        result.interruptedWatts = max(result.interruptedWatts, lost)
    }

    private func sides(_ device: Int, _ energised: [Bool]) -> (from: Bool, to: Bool) {
        let sections = model.sections(ofSwitch: device)
        return (energised[sections.from], energised[sections.to])
    }

    /// A switch between two dead parts, or in a loop.
    private func harmlessOpening(_ energised: [Bool]) -> Int? {
        toOpen.first { device in
            let sides = sides(device, energised)
            if !sides.from && !sides.to { return true }
            guard model.duties[device].breaksLoadCurrent else { return false }
            return loses(device, energised) == 0 && loopsBack(device)
        }
    }

    private func loopsBack(_ device: Int) -> Bool {
        var after = positions
        after[device] = false
        let energised = model.energisedSections(after)
        let sides = sides(device, energised)
        return sides.from && sides.to
    }

    /// A switch whose closing joins no two live parts.
    private func harmlessClosing(_ energised: [Bool]) -> Int? {
        toClose.first { device in
            let sides = sides(device, energised)
            if sides.from && sides.to { return false }
            if !sides.from && !sides.to { return true }
            return model.duties[device].breaksLoadCurrent
        }
    }

    /// After a closing that made a loop: what opens it again.
    private func loopOpening(_ energised: [Bool]) -> Int? {
        toOpen.first { model.duties[$0].breaksLoadCurrent && loopsBack($0) }
    }

    private func loses(_ device: Int, _ energised: [Bool]) -> Double {
        var after = positions
        after[device] = false
        return zip(zip(energised, model.energisedSections(after)), demand.sectionWatts).reduce(0) { $0 + ($1.0.0 && !$1.0.1 ? $1.1 : 0) }
    }

    private func leastInterruption(_ energised: [Bool]) -> Int? {
        toOpen.filter { model.duties[$0].breaksLoadCurrent }.min { loses($0, energised) < loses($1, energised) }
    }
}
