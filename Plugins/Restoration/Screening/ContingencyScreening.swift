public import Grid

/// What a fault on each line and transformer would cost, with the grid as it is: the N-1 screening.
public struct ContingencyScreening: Sendable {
    /// One line or transformer.
    public struct Row: Hashable, Sendable {
        /// The line or transformer that fails.
        public var equipment: EquipmentReference
        /// The section it is in: all of it is isolated.
        public var section: Int
        /// The breaker or recloser that would clear the fault, as a position in `Network.switches`; nil where there is none.
        public var clearingDevice: Int?
        /// Power that the trip takes, in watt.
        public var interruptedWatts: Double
        /// Power that stays without voltage until the repair when the best plan is carried out.
        public var unservedWatts: Double
        /// Customers without voltage until the repair.
        public var unservedCustomers: Int
        /// Operations after isolation and reclosing.
        public var operations: Int
        /// Ties that the plan closes.
        public var closes: [Int]
        /// Switches that the plan opens to split or shed load.
        public var opens: [Int]
        /// Whether nothing better exists within the bounds.
        public var isProvenBest: Bool
        /// Whether everything but the isolated section has voltage again.
        public var isFullyRestored: Bool
    }

    /// Lines first, then transformers, in the order of the network.
    public var rows: [Row]

    /// Plans for every line and transformer that has voltage; those of one section are planned once.
    ///
    /// - Throws: ``RestorationError`` where what has voltage is not radial.
    public init(
        _ model: SwitchingModel, positions: [Bool], demand: Demand, limits: OperatingLimits = OperatingLimits(),
        options: PlanningOptions = PlanningOptions(mostNodeVisits: 1_000_000)
    ) throws(RestorationError) {
        let planner = RestorationPlanner(model)
        let sweep = RadialSweep(model, demand: demand, limits: limits)
        let tree = FeedingTree(model, positions)
        var bySection: [Int: Row] = [:]
        rows = []
        for kind in [EquipmentReference.Kind.line, .transformer] {
            for index in 0..<model.network.count(of: kind) {
                let equipment = EquipmentReference(kind, index)
                guard let section = model.section(of: equipment), tree.isFed[section] else { continue }
                if var row = bySection[section] {
                    row.equipment = equipment
                    rows.append(row)
                    continue
                }
                var now = positions
                let clearing = tree.path(from: section).first { model.duties[$0].interruptsFaults }
                if let clearing { now[clearing] = false }
                let request = RestorationRequest(
                    positionsBefore: positions, positionsNow: now, faultedSections: [section], demand: demand, limits: limits, options: options)
                let plan = try planner.plan(request, sweep: sweep, comparesLosses: false, checksSteps: false)
                let row = Self.row(model, plan, equipment, section, clearing, now, demand)
                bySection[section] = row
                rows.append(row)
            }
        }
    }

    private static func row(
        _ model: SwitchingModel, _ plan: RestorationPlan, _ equipment: EquipmentReference, _ section: Int, _ clearing: Int?, _ now: [Bool],
        _ demand: Demand
    ) -> Row {
        let after = model.energisedSections(plan.positions(from: now))
        let dead = after.indices.filter { !after[$0] }
        let isolatedWatts = dead.reduce(0) { $0 + (plan.isolation.isIsolated[$1] ? demand.sectionWatts[$1] : 0) }
        return Row(
            equipment: equipment, section: section, clearingDevice: clearing,
            interruptedWatts: plan.energisedBeforeWatts - plan.energisedAfterTripWatts, unservedWatts: plan.unservedWatts,
            unservedCustomers: dead.reduce(0) { $0 + demand.sectionCustomers[$1] }, operations: plan.transferOperations, closes: plan.closes,
            opens: plan.opens, isProvenBest: plan.isProvenBest,
            isFullyRestored: plan.unservedWatts <= isolatedWatts + 1e-6 * max(1, plan.energisedBeforeWatts))
    }

    /// The worst first.
    public var ranked: [Row] { rows.sorted { ($0.unservedWatts, $0.interruptedWatts) > ($1.unservedWatts, $1.interruptedWatts) } }
}
