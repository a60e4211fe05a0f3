import Grid
import Restoration
import Testing

@Suite("Plans on random networks with random faults and corrupted indications")
struct PlanPropertyTests {
    /// A fault, what protection does, and what indicators say of it, some of them wrongly.
    private struct Incident {
        var section: Int
        var now: [Bool]
        var observation: FaultObservation
        var isCorrupted = false

        init?(_ model: SwitchingModel, _ random: inout SeededGenerator) {
            let before = model.presentPositions
            let energised = model.energisedSections(before)
            let candidates = energised.indices.filter { energised[$0] && !model.sections[$0].hasSource }
            guard let section = candidates.randomElement(using: &random) else { return nil }
            self.section = section
            observation = FaultObservation(positionsBefore: before)
            now = before
            guard let path = Self.path(model, before, to: section), let clearing = path.last(where: { model.duties[$0].interruptsFaults }) else {
                return nil
            }
            now[clearing] = false
            let passed = Set(path.drop { $0 != clearing })
            for device in before.indices where before[device] {
                if model.duties[device].interruptsFaults {
                    observation.trips[device] = device == clearing
                } else if random.chance(0.7) {
                    observation.passages[device] = passed.contains(device) ? .passed : .silent
                }
            }
            for device in observation.passages.keys.sorted() where random.chance(0.1) {
                isCorrupted = true
                observation.passages[device] = [.unknown, .passed, .silent].randomElement(using: &random)!
            }
        }

        /// Switches from a source to a section, found by trying.
        private static func path(_ model: SwitchingModel, _ isClosed: [Bool], to target: Int) -> [Int]? {
            var visited: Set<Int> = []
            func search(_ section: Int) -> [Int]? {
                if section == target { return [] }
                visited.insert(section)
                for device in model.sections[section].boundary.map(Int.init) where isClosed[device] {
                    let sides = model.sections(ofSwitch: device)
                    let other = sides.from == section ? sides.to : sides.from
                    if !visited.contains(other), let rest = search(other) { return [device] + rest }
                }
                return nil
            }
            for section in model.sections.indices where model.sections[section].hasSource {
                if let path = search(section) { return path }
            }
            return nil
        }
    }

    @Test("no step energises the fault, closes a loop, parallels sources, overloads or uses a switch that must not be used")
    func properties() throws {
        var (planned, restoring, corrupted) = (0, 0, 0)
        for seed in 1...1_000 {
            let feeder = try RandomFeeder(seed: UInt64(seed))
            var random = SeededGenerator(state: UInt64(seed) &* 7_919)
            guard let incident = Incident(feeder.model, &random) else { continue }
            let location = try FaultLocator(feeder.model).locate(incident.observation)
            #expect(location.best != nil, "seed \(seed)")
            if !incident.isCorrupted {
                #expect(location.suspects.contains(incident.section), "seed \(seed)")
                #expect(location.verdict == .located, "seed \(seed): \(location.contradictions)")
            }
            let request = RestorationRequest(
                positionsBefore: incident.observation.positionsBefore, positionsNow: incident.now, faultedSections: location.suspects,
                demand: Demand(feeder.model), limits: feeder.limits, options: PlanningOptions(mostConfigurations: 2_000))
            let plan = try RestorationPlanner(feeder.model).plan(request)
            try verify(feeder, incident, location.suspects, plan, seed)
            planned += 1
            if plan.transferOperations > 0 { restoring += 1 }
            if incident.isCorrupted { corrupted += 1 }
        }
        #expect(planned > 900 && restoring > 150 && corrupted > 300, "\(planned) \(restoring) \(corrupted)")
    }

    private func verify(_ feeder: RandomFeeder, _ incident: Incident, _ faulted: [Int], _ plan: RestorationPlan, _ seed: Int) throws {
        let plain = PlainGrid(feeder.model.network)
        var positions = incident.now
        let start = plain.judge(positions)
        let canHold = plain.holds(plain.judge(incident.observation.positionsBefore), feeder.limits) && plain.holds(start, feeder.limits)
        let dead = faulted.flatMap { section in feeder.model.sections[section].nodes.map(Int.init) }
        var energisedWatts = start.energisedWatts
        for step in plan.steps {
            let duty = feeder.model.duties[step.device]
            #expect(duty.isRemoteControlled && duty.availability == .available, "seed \(seed)")
            #expect(positions[step.device] != step.isClosing, "seed \(seed): a step that changes nothing")
            let before = plain.judge(positions, calculates: false)
            let device = feeder.model.network.switches[step.device]
            let isLive = before.isEnergised[device.from.node!] || before.isEnergised[device.to.node!]
            #expect(duty.breaksLoadCurrent || !isLive, "seed \(seed): a disconnector under voltage")
            positions[step.device] = step.isClosing
            let judged = plain.judge(positions)
            #expect(judged.isRadial, "seed \(seed)")
            for node in dead { #expect(!judged.isEnergised[networkNode(feeder, node)], "seed \(seed)") }
            if canHold { #expect(plain.holds(judged, feeder.limits), "seed \(seed): \(judged.lowestVoltage) \(judged.highestLoading)") }
            if step.isClosing {
                #expect(judged.energisedWatts >= energisedWatts - 1e-6, "seed \(seed)")
                energisedWatts = judged.energisedWatts
            }
        }
        for step in plan.undo { positions[step.device] = step.isClosing }
        for step in plan.steps.filter({ $0.purpose == .transfer }) { #expect(!positions[step.device], "seed \(seed): the undo plan leaves a tie closed") }
        #expect(plain.judge(positions, calculates: false).isRadial, "seed \(seed)")
    }

    private func networkNode(_ feeder: RandomFeeder, _ node: Int) -> Int {
        feeder.model.index.nodeOfNetworkNode.firstIndex(of: Int32(node)) ?? 0
    }

    @Test("after the repair the way back ends in the normal state, without a loop, a pair of sources or an overload on the way")
    func backToNormal() throws {
        var returned = 0
        for seed in 1...150 {
            let feeder = try RandomFeeder(seed: UInt64(seed))
            var random = SeededGenerator(state: UInt64(seed) &* 104_729)
            guard let incident = Incident(feeder.model, &random) else { continue }
            let planner = RestorationPlanner(feeder.model)
            let demand = Demand(feeder.model)
            let plan = try planner.plan(RestorationRequest(
                positionsBefore: incident.observation.positionsBefore, positionsNow: incident.now, faultedSections: [incident.section],
                demand: demand, limits: feeder.limits))
            let after = plan.positions(from: incident.now)
            let normal = incident.observation.positionsBefore
            for allowsParallel in [false, true] {
                let way = try planner.transition(
                    from: after, to: normal, demand: demand, limits: feeder.limits, options: PlanningOptions(allowsParallel: allowsParallel))
                var positions = after
                for step in way.steps {
                    positions[step.device] = step.isClosing
                    if !allowsParallel { #expect(PlainGrid(feeder.model.network).judge(positions, calculates: false).isRadial, "seed \(seed)") }
                }
                if way.isComplete { #expect(positions == normal, "seed \(seed)") } else { #expect(!way.notes.isEmpty, "seed \(seed)") }
                if way.isComplete { returned += 1 }
            }
        }
        #expect(returned > 150)
    }

    @Test("a second fault during the restoration is planned for from where the first plan stands")
    func secondFault() throws {
        var handled = 0
        for seed in 1...150 {
            let feeder = try RandomFeeder(seed: UInt64(seed))
            var random = SeededGenerator(state: UInt64(seed) &* 15_485_863)
            guard let first = Incident(feeder.model, &random), let second = Incident(feeder.model, &random) else { continue }
            let planner = RestorationPlanner(feeder.model)
            let demand = Demand(feeder.model)
            let plan = try planner.plan(RestorationRequest(
                positionsBefore: first.observation.positionsBefore, positionsNow: first.now, faultedSections: [first.section], demand: demand,
                limits: feeder.limits))
            // The plan has come half way when the next section fails, and what feeds that trips.
            var before = first.now
            for step in plan.steps.prefix(plan.steps.count / 2) { before[step.device] = step.isClosing }
            guard feeder.model.energisedSections(before)[second.section] else { continue }
            var now = before
            for device in now.indices where !second.now[device] && second.observation.positionsBefore[device] { now[device] = false }
            let next = try planner.plan(RestorationRequest(
                positionsBefore: before, positionsNow: now, faultedSections: [first.section, second.section], demand: demand,
                limits: feeder.limits))
            var positions = now
            for step in next.steps {
                positions[step.device] = step.isClosing
                let energised = feeder.model.energisedSections(positions)
                // The second fault has voltage until its boundary is open where no protection of ours took it.
                #expect(!energised[first.section] && (!energised[second.section] || step.purpose == .isolate), "seed \(seed)")
            }
            handled += 1
        }
        #expect(handled > 60)
    }
}
