/// What a fault adds to the year's reliability figures (IEEE 1366), without and with a plan.
public struct ReliabilityEffect: Hashable, Sendable {
    /// How long things take.
    public struct Times: Hashable, Sendable {
        /// Until the plan stands: location, decision. Seconds.
        public var decisionSeconds: Double
        /// One remote-controlled operation with its confirmation. Seconds.
        public var operationSeconds: Double
        /// Until a crew has found and isolated the fault by hand. Minutes.
        public var crewMinutes: Double
        /// Until the repair. Minutes.
        public var repairMinutes: Double
        /// Interruptions up to this count as momentary: not in SAIFI and SAIDI. Minutes (EN 50160: 3; IEEE 1366: 5).
        public var momentaryMinutes: Double

        /// Times of a remote-controlled network with crews an hour away, unless given.
        public init(
            decisionSeconds: Double = 60, operationSeconds: Double = 20, crewMinutes: Double = 60, repairMinutes: Double = 180,
            momentaryMinutes: Double = 3
        ) {
            self.decisionSeconds = decisionSeconds
            self.operationSeconds = operationSeconds
            self.crewMinutes = crewMinutes
            self.repairMinutes = repairMinutes
            self.momentaryMinutes = momentaryMinutes
        }
    }

    /// Contributions of one fault (IEEE 1366, sections 4.2.1 and 4.2.2).
    public struct Indices: Hashable, Sendable {
        /// Minutes without voltage for each customer of the grid.
        public var saidiMinutes: Double
        /// Interruptions for each customer of the grid.
        public var saifi: Double
    }

    /// When a crew isolates by hand and switches the same plan.
    public var withoutPlan: Indices
    /// When the plan is switched by remote control.
    public var withPlan: Indices

    /// - Parameters:
    ///   - before: positions before the fault.
    ///   - now: positions when the plan begins.
    public init(
        _ model: SwitchingModel, plan: RestorationPlan, before: [Bool], now: [Bool], demand: Demand, times: Times = Times()
    ) {
        let interrupted = zip(model.energisedSections(before), model.energisedSections(now)).map { $0 && !$1 }
        var returnMinutes = [Double?](repeating: nil, count: interrupted.count)
        var positions = now
        for (number, step) in plan.steps.enumerated() {
            positions[step.device] = step.isClosing
            let minutes = (times.decisionSeconds + Double(number + 1) * times.operationSeconds) / 60
            for (section, isEnergised) in model.energisedSections(positions).enumerated() where isEnergised && interrupted[section] {
                if returnMinutes[section] == nil { returnMinutes[section] = minutes }
            }
        }
        let total = Double(max(1, demand.totalCustomers))
        func indices(_ minutes: (Int) -> Double) -> Indices {
            var sum = Indices(saidiMinutes: 0, saifi: 0)
            for section in interrupted.indices where interrupted[section] && minutes(section) > times.momentaryMinutes {
                sum.saidiMinutes += Double(demand.sectionCustomers[section]) * minutes(section) / total
                sum.saifi += Double(demand.sectionCustomers[section]) / total
            }
            return sum
        }
        withPlan = indices { returnMinutes[$0] ?? times.repairMinutes }
        withoutPlan = indices { returnMinutes[$0] == nil ? times.repairMinutes : times.crewMinutes }
    }
}
