import Balancing
import LinearProgramming
import Testing

@Suite("Schedules")
struct ScheduleTests {
    @Test("an island charges what the sun gives beyond the load and lives on it at night") func island() throws {
        let problem = SmallCommunity.problem()
        let plan = try SmallCommunity.plan(problem)
        check(plan, problem)
        // 20 kWh of surplus are stored whole: they are worth more than their losses and wear.
        #expect((2...4).allSatisfy { abs(plan.exchangeKW[$0]) < 1e-6 })
        #expect(abs(plan.chargeKW[0].reduce(0, +) - 20) < 1e-6)
        // Before the sun the battery can give (8 − 1) · 0.9 of the 8 kWh that are needed; after it, more than enough.
        let (imported, needed): (Double, Double) = (plan.exchangeKW.reduce(0, +), 8 - 7 * 0.9)
        #expect(abs(imported - needed) < 1e-6)
        #expect(plan.violations.isEmpty && plan.isProved && plan.gap == 0)
    }

    @Test("the losses of a battery are those of its efficiencies, in the plan as in the simulation") func conservation() throws {
        for efficiency in [1.0, 0.9, 0.8] {
            let problem = SmallCommunity.problem(battery: SmallCommunity.battery(efficiency: efficiency))
            let plan = try SmallCommunity.plan(problem)
            check(plan, problem)
            let stored = plan.storedKWh[0].last! - 8
            let (charged, discharged) = (plan.chargeKW[0].reduce(0, +), plan.dischargeKW[0].reduce(0, +))
            #expect(abs(efficiency * charged - discharged / efficiency - stored) < 1e-6)
            // Nothing comes from nowhere: what is delivered is what was taken less the losses.
            #expect(discharged <= efficiency * efficiency * charged - efficiency * stored + 1e-6)
        }
    }

    @Test("a set-point that can't be kept is kept as far as it goes, with the energy and the limit named") func setPoint() throws {
        let problem = SmallCommunity.problem(target: .setPoint([SetPointWindow(steps: 5..<8, exchangeKW: -12)]))
        let plan = try SmallCommunity.plan(problem)
        check(plan, problem)
        let wish = try #require(plan.violations.first { $0.kind == .setPoint })
        #expect(wish.wanted == -36 && wish.planned > -36 && wish.steps == 5...7 && wish.unit == "kWh")
        #expect(wish.sentence.contains("of -36 kWh, because of ") && wish.because.contains("battery b1"), "\(wish.sentence)")
        #expect(plan.binding.first.map { $0.shadowPrice > 1 } == true)
    }

    @Test("packages are counted at the transformer, stored ahead, and nothing passes outside of them") func packages() throws {
        let package = Package(id: "night", starts: [0, 1], duration: 2, powerKW: 0...30)
        let problem = SmallCommunity.problem(target: .packages(.import, [package]), battery: SmallCommunity.battery(initial: 2, final: 20...30))
        let plan = try SmallCommunity.plan(problem)
        check(plan, problem)
        let delivered = try #require(plan.packages.first)
        let inside = delivered.start..<(delivered.start + 2)
        for step in 0..<8 where !inside.contains(step) { #expect(abs(plan.exchangeKW[step]) < 1e-6 || plan.violations.contains { $0.kind == .exchangeOutsidePackages }) }
        #expect(inside.allSatisfy { abs(plan.exchangeKW[$0] - delivered.powerKW) < 1e-6 })
        // More than the load of its two hours: the rest is stored ahead.
        #expect(delivered.powerKW > 4.5)
    }

    @Test("an ordered package takes place though it is more than fits: so much of so much, because of the battery") func orderedPackage() throws {
        let package = Package(id: "p", starts: [5], duration: 2, powerKW: 15...15, isOrdered: true)
        let problem = SmallCommunity.problem(target: .packages(.export, [package]))
        let plan = try SmallCommunity.plan(problem)
        check(plan, problem)
        #expect(plan.packages.count == 1 && plan.packages[0].start == 5 && abs(plan.packages[0].powerKW - 15) < 1e-6)
        let wish = try #require(plan.violations.first { $0.kind == .package })
        #expect(wish.wanted == 30 && wish.planned < 30 && wish.planned > 1 && wish.sentence.hasPrefix("package p: ") && wish.because.contains("b1"), "\(wish.sentence)")
    }

    @Test("a vehicle that can't be full in time gets what its charger can, with the reason") func shortfall() throws {
        var problem = SmallCommunity.problem()
        problem.tasks = [EnergyTask(id: "ev", steps: 1..<4, energyKWh: 40, maximumKW: 11, efficiency: 0.9), EnergyTask(id: "gone", steps: 8..<12, energyKWh: 5, maximumKW: 11)]
        let plan = try SmallCommunity.plan(problem)
        check(plan, problem)
        let wish = try #require(plan.violations.first { $0.subject == "ev" })
        #expect(abs(wish.planned - 29.7) < 1e-6 && wish.because.contains("charging power of ev"), "\(wish.sentence)")
        #expect(plan.violations.contains { $0.subject == "gone" && $0.sentence.contains("it is not there within the horizon") })
    }

    @Test("the transformer's limit gives way last, and a line's limit is kept by what is behind it") func limits() throws {
        var problem = SmallCommunity.problem(battery: nil)
        problem.importLimitKW = 3
        problem.households[0].isCurtailable = false
        let plan = try SmallCommunity.plan(problem)
        let wish = try #require(plan.violations.first { $0.kind == .transformer })
        #expect(abs(wish.planned - 54) < 1e-6 || wish.planned > wish.wanted, "\(wish.sentence)")

        var lines = SmallCommunity.problem()
        lines.tasks = [EnergyTask(id: "ev", household: "h1", steps: 0..<8, energyKWh: 16, maximumKW: 11)]
        lines.sections = [FeederSection(id: "L7", members: ["h1"], limitKW: 5)]
        let kept = try SmallCommunity.plan(lines)
        check(kept, lines)
        for step in 0..<8 {
            let flow = 4 - lines.households[0].pvKW[step] + kept.curtailedKW[0][step] + kept.batteryKW[0][step] + kept.taskKW[0][step]
            #expect(abs(flow) <= 5 + 1e-6, "step \(step): \(flow)")
        }
        #expect(!kept.violations.contains { $0.kind == .line })
    }

    @Test("a battery below its window at the begin is no error: it comes back in, and the plan says what is missing") func outside() throws {
        let problem = SmallCommunity.problem(battery: SmallCommunity.battery(initial: 0.2, final: 25...30))
        let plan = try SmallCommunity.plan(problem)
        #expect(plan.storedKWh[0].last! > 1 && plan.storedKWh[0].first! >= 0.2 - 1e-9)
        var small = problem
        small.batteries[0].finalKWh = 30...30
        small.batteries[0].chargeKW = 1
        let short = try SmallCommunity.plan(small)
        let wish = try #require(short.violations.first { $0.kind == .batteryWindow })
        #expect(wish.wanted == 30 && wish.planned < 9 && wish.because.contains("charging power of battery b1"), "\(wish.sentence)")
    }

    @Test("a tariff moves the import to the cheap hours, and a heater fills its store then") func tariff() throws {
        var problem = SmallCommunity.problem(target: .leastImport, battery: nil)
        problem.prices.exchange = 0
        problem.importTariff = [0.1, 0.1, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]
        problem.heaters = [Heater(
            id: "hp", household: "h1", maximumKW: 6, performance: [Double](repeating: 3, count: 8), demandKW: [Double](repeating: 2, count: 8),
            heatKWh: 0...20, initialKWh: 4, finalKWh: 4, lossPerHour: 0.02)]
        let plan = try SmallCommunity.plan(problem)
        check(plan, problem, tariffs: true)
        let dear = plan.heaterKW[0][5...].reduce(0, +)
        #expect(plan.heaterKW[0][0...4].reduce(0, +) > 4 && dear < 1e-6, "\(plan.heaterKW[0])")
    }

    @Test("a heater that is on or off, and a charger with a least power, are so in the plan") func discrete() throws {
        var problem = SmallCommunity.problem()
        problem.heaters = [Heater(
            id: "storage", maximumKW: 5, isOnOff: true, performance: [Double](repeating: 1, count: 8), demandKW: [Double](repeating: 1.3, count: 8),
            heatKWh: 0...20, initialKWh: 6, finalKWh: 5)]
        problem.tasks = [EnergyTask(id: "ev", steps: 1..<6, energyKWh: 7, maximumKW: 7, minimumKW: 4)]
        let plan = try SmallCommunity.plan(problem)
        check(plan, problem)
        #expect(plan.heaterKW[0].contains { abs($0 - 5) < 1e-6 } && plan.taskShortfallKWh[0] < 1e-6)
    }

    @Test("a reserve keeps energy and power back for what the forecast may be wrong by") func reserve() throws {
        var problem = SmallCommunity.problem()
        problem.prices.reserve = 5
        problem.reserve = Reserve(dischargeKW: [Double](repeating: 2, count: 8), chargeKW: [Double](repeating: 2, count: 8))
        let plan = try SmallCommunity.plan(problem)
        for step in 0..<8 {
            #expect(8 - plan.dischargeKW[0][step] + plan.chargeKW[0][step] >= 2 - 1e-6 && (plan.storedKWh[0][step] - 1) * 0.9 >= 2 - 1e-6)
        }
        let without = try SmallCommunity.plan(SmallCommunity.problem())
        #expect(without.storedKWh[0].last! < plan.storedKWh[0].last! - 0.1)
        problem.batteries[0].initialKWh = 1
        problem.prices.reserve = 0.01
        #expect(try SmallCommunity.plan(problem).violations.contains { $0.kind == .reserve })
    }

    @Test("where burning energy would pay, it is forbidden") func burning() throws {
        // Full battery, sun that can't be curtailed, a set-point of zero: only losses could take the energy.
        var problem = SmallCommunity.problem(target: .setPoint([SetPointWindow(steps: 0..<8, exchangeKW: 0)]), battery: SmallCommunity.battery(initial: 28))
        problem.households[0].isCurtailable = false
        let plan = try SmallCommunity.plan(problem)
        #expect(CommunitySimulator(problem, plan).simultaneousKWh < 1e-6)
    }

    @Test("a plan an hour later begins with the last one's basis, and is the same as one from nothing") func rolling() throws {
        var scheduler = Scheduler()
        let whole = SyntheticCommunity.problem(households: 30, steps: 96, seed: 5)
        let first = try scheduler.plan(whole, firstStep: 100)
        let later = SyntheticCommunity.problem(households: 30, steps: 96, seed: 5, from: 4, batteryKWh: first.storedKWh.map { $0[3] }, heatKWh: first.heatKWh.map { $0[3] })
        let warm = try scheduler.plan(later, firstStep: 104)
        let cold = try SmallCommunity.plan(later)
        #expect(abs(warm.objective - cold.objective) < 1e-6 * abs(cold.objective))
        #expect(warm.iterations < cold.iterations / 2, "\(warm.iterations) of \(cold.iterations) iterations")
        check(warm, later)
    }

    @Test("a plan a step later begins where the last ended, and takes few steps", arguments: [false, true]) func nextStep(hasLines: Bool) throws {
        var scheduler = Scheduler()
        var whole = SyntheticCommunity.problem(households: 30, steps: 96, seed: 5)
        if hasLines { whole.sections = [FeederSection(id: "north", members: Set((0..<12).map { "h\($0)" }), limitKW: 25)] }
        var plan = try scheduler.plan(whole, firstStep: 100)
        for from in 1...2 {
            var later = SyntheticCommunity.problem(
                households: 30, steps: 96, seed: 5, from: from, batteryKWh: plan.storedKWh.map { $0[0] }, heatKWh: plan.heatKWh.map { $0[0] })
            later.sections = whole.sections
            for index in later.households.indices { later.households[index].loadKW = later.households[index].loadKW.map { $0 * 1.03 } }
            // One that came in between does no harm.
            if from == 2 { later.reducibleLoads = [ReducibleLoad(id: "new", loadKW: [Double](repeating: 1, count: 96), reducibleFraction: 0.2, pricePerKWh: 3)] }
            plan = try scheduler.plan(later, firstStep: 100 + from)
            let cold = try SmallCommunity.plan(later)
            #expect(abs(plan.objective - cold.objective) < 1e-6 * abs(cold.objective), "\(plan.objective) against \(cold.objective)")
            #expect(plan.iterations < cold.iterations / 4, "\(plan.iterations) of \(cold.iterations) iterations")
            check(plan, later)
        }
    }

    @Test("import that can be at any time is early up to the peak that there was, and no earlier than it must be beyond it") func hedged() throws {
        // The battery can take 2 kW off the last hour's 10. Where they come from is all the same, but for the forecast.
        var problem = BalancingProblem(steps: 8, stepHours: 1, importLimitKW: 50, exportLimitKW: 50)
        problem.households = [Household(id: "h1", loadKW: [Double](repeating: 2, count: 7) + [10])]
        problem.batteries = [Battery(id: "b1", energyKWh: 0...10, initialKWh: 0, chargeKW: 4, dischargeKW: 2, chargeEfficiency: 1, dischargeEfficiency: 1)]
        problem.pastImportKW = 3
        (problem.prices.delay, problem.prices.newPeak) = (0.01, 0.02)
        let early = try SmallCommunity.plan(problem)
        #expect(zip(early.exchangeKW, [3, 3, 2, 2, 2, 2, 2, 8]).allSatisfy { abs($0 - $1) < 1e-6 }, "\(early.exchangeKW)")
        problem.pastImportKW = 2
        let late = try SmallCommunity.plan(problem)
        #expect(zip(late.exchangeKW, [2, 2, 2, 2, 2, 2, 4, 8]).allSatisfy { abs($0 - $1) < 1e-6 }, "\(late.exchangeKW)")
    }

    @Test("the same problem gives the same plan") func deterministic() throws {
        let problem = SyntheticCommunity.problem(households: 12, steps: 48, seed: 9)
        let plans = try (0..<2).map { _ in try SmallCommunity.plan(problem) }
        #expect(plans[0].batteryKW == plans[1].batteryKW && plans[0].exchangeKW == plans[1].exchangeKW)
    }

    /// Sentences, and what is done to a sound problem to earn them.
    static let nonsense: [(sentence: String, change: @Sendable (inout BalancingProblem) -> Void)] = [
        ("two participants are called 'h1'", { $0.batteries[0].id = "h1" }),
        ("load of h1 has 2 values, expected 8", { $0.households[0].loadKW = [1, 2] }),
        ("battery b1 has the efficiencies 1.4", { $0.batteries[0].chargeEfficiency = 1.4 }),
        ("generation of h1 has the value -3.0", { $0.households[0].pvKW[4] = -3 }),
        ("the horizon has 0 steps", { $0.steps = 0 }),
        ("buying to sell would have no end", {
            $0.importTariff = [Double](repeating: 0.1, count: 8)
            $0.exportTariff = [Double](repeating: 9, count: 8)
        }),
    ]

    @Test("what makes no sense is refused with the place", arguments: nonsense.indices) func refused(index: Int) throws {
        var problem = SmallCommunity.problem()
        Self.nonsense[index].change(&problem)
        let error = #expect(throws: BalancingError.self) { try SmallCommunity.plan(problem) }
        #expect(error?.description.contains(Self.nonsense[index].sentence) == true && error?.isInvalidProblem == true, "\(error?.description ?? "")")
    }

    private func check(_ plan: Plan, _ problem: BalancingProblem, tariffs: Bool = false) {
        let simulator = CommunitySimulator(problem, plan)
        #expect(simulator.faults.isEmpty, "\(simulator.faults)")
        #expect(tariffs || abs(simulator.cost - plan.objective) < 1e-5, "\(simulator.cost) simulated, \(plan.objective) told")
        #expect(simulator.simultaneousKWh < 1e-6)
    }
}
