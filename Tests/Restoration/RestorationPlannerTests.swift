import Grid
import Restoration
import Testing

@Suite("Restoration plans")
struct RestorationPlannerTests {
    @Test("the fault is isolated, the feeder restored up to it, the rest fed from the other side")
    func plain() throws {
        let feeder = SmallFeeder()
        let model = try feeder.model()
        let plan = try RestorationPlanner(model).plan(feeder.request(faultOn: "L2", model))
        #expect(feeder.steps(plan) == ["open S2", "open S3", "close CB1", "close T"])
        #expect(plan.unservedWatts == 400_000 && plan.isProvenBest && plan.isAllowed)
        #expect(plan.undo.map(\.action) == [.open])
    }

    @Test("a switch that is locked, tagged, out of service or without remote control is passed over, and the area grows", arguments: [
        ("locked", SwitchDuty.Availability.locked, true), ("tagged", .tagged, true), ("out of service", .outOfService, true),
        ("not remote-controlled", .available, false),
    ])
    func passedOver(reason: String, availability: SwitchDuty.Availability, isRemote: Bool) throws {
        var feeder = SmallFeeder()
        feeder.set("S3") { ($0.availability, $0.isRemoteControlled) = (availability, isRemote) }
        let model = try feeder.model()
        let plan = try RestorationPlanner(model).plan(feeder.request(faultOn: "L2", model))
        #expect(plan.isolation.passedOver.map(\.reason) == [reason])
        #expect(feeder.steps(plan) == ["open S2", "close CB1"])
        #expect(plan.isolation.locksOut == [feeder.device("T")])
        #expect(plan.unservedWatts == 800_000)
    }

    @Test("a disconnector isolates while it is dead, and never takes over a load")
    func disconnectors() throws {
        var feeder = SmallFeeder()
        feeder.set("S2") { $0.breaksLoadCurrent = false }
        var model = try feeder.model()
        var plan = try RestorationPlanner(model).plan(feeder.request(faultOn: "L2", model))
        #expect(feeder.steps(plan) == ["open S3", "open S2", "close CB1", "close T"])

        feeder.set("T") { $0.breaksLoadCurrent = false }
        model = try feeder.model()
        plan = try RestorationPlanner(model).plan(feeder.request(faultOn: "L2", model))
        #expect(feeder.steps(plan) == ["open S3", "open S2", "close CB1"])
    }

    @Test("before a disconnector under voltage is opened, something that breaks load takes the voltage, and is closed again")
    func liveDisconnector() throws {
        var feeder = SmallFeeder()
        feeder.set("S3") { $0.breaksLoadCurrent = false }
        let model = try feeder.model()
        // An earth fault that trips nothing: the section still has voltage.
        var request = try feeder.request(faultOn: "L3", model)
        request.positionsNow = request.positionsBefore
        let plan = try RestorationPlanner(model).plan(request)
        #expect(feeder.steps(plan) == ["open S2", "open S3", "close S2"])
    }

    @Test("an area that is too much is shed, by power first, then by priority customers")
    func partial() throws {
        var feeder = SmallFeeder(kilowatts: [400, 900, 900, 400], ratedAmperes: 45)
        let model = try feeder.model()
        // 45 A are 1,559 kW: the other side, which has 400 kW, takes one of the two.
        var plan = try RestorationPlanner(model).plan(feeder.request(faultOn: "L1", model))
        #expect(feeder.steps(plan) == ["open S2", "open S3", "close T"])
        #expect(plan.unservedWatts == 1_300_000 && plan.isProvenBest)

        feeder = SmallFeeder(kilowatts: [400, 900, 900, 400], ratedAmperes: 300)
        let free = try feeder.model()
        plan = try RestorationPlanner(free).plan(feeder.request(faultOn: "L1", free) { request in
            request.limits.sourceCapacitiesVA = [1: 1_500_000]
            request.demand = Demand(free, priorityLoads: [2])
        })
        #expect(plan.unservedWatts == 1_300_000 && plan.priorityRestoredWatts == 900_000)
    }

    @Test("generation counts only where the site says so")
    func generation() throws {
        var feeder = SmallFeeder(kilowatts: [400, 900, 900, 400], ratedAmperes: 45)
        let station = feeder.network.nodes.firstIndex { $0.identity.name == "C" }
        feeder.network.generators.append(Generator(
            Identity("wind"), kind: .wind, terminal: Terminal(node: station), power: Complex(900_000, 0), nominalVolts: 20_000))
        let model = try feeder.model()
        let without = try RestorationPlanner(model).plan(feeder.request(faultOn: "L1", model))
        #expect(without.unservedWatts == 1_300_000)
        let with = try RestorationPlanner(model).plan(feeder.request(faultOn: "L1", model) { $0.demand = Demand(model, countsGeneration: true) })
        #expect(with.unservedWatts == 400_000 && feeder.steps(with) == ["open S2", "close T"])
    }

    @Test("the way back interrupts nobody where sources may be in parallel for a moment, else only what was transferred")
    func wayBack() throws {
        let feeder = SmallFeeder()
        let model = try feeder.model()
        let request = try feeder.request(faultOn: "L2", model)
        let planner = RestorationPlanner(model)
        let after = try planner.plan(request).positions(from: request.positionsNow)
        func way(_ allowsParallel: Bool) throws -> Transition {
            try planner.transition(
                from: after, to: request.positionsBefore, demand: request.demand, limits: request.limits,
                options: PlanningOptions(allowsParallel: allowsParallel))
        }
        let (seamless, broken) = (try way(true), try way(false))
        #expect(seamless.isComplete && seamless.interruptedWatts == 0)
        #expect(broken.isComplete && broken.interruptedWatts == 400_000)
        #expect(broken.steps.allSatisfy(\.check.isRadial) && broken.isAllowed)
    }

    @Test("what has voltage must be radial, and what does not fit is refused with a sentence")
    func refusals() throws {
        let feeder = SmallFeeder()
        let model = try feeder.model()
        var request = try feeder.request(faultOn: "L2", model)
        request.positionsBefore = [true]
        let wrong = #expect(throws: RestorationError.self) { try RestorationPlanner(model).plan(request) }
        #expect(wrong?.description == "1 positions before and 5 now for 5 switches")
        let ring = #expect(throws: RestorationError.self) {
            try LossMinimisation(model, demand: Demand(model)).minimise(from: Array(repeating: true, count: 5))
        }
        #expect(ring?.description.contains("closes a loop or joins two sources") == true)
        #expect(throws: RestorationError.self) { try SwitchingModel(Network(name: "empty")) }
    }

    @Test("SAIDI and SAIFI tell what the plan spares")
    func reliability() throws {
        let feeder = SmallFeeder()
        let model = try feeder.model()
        let request = try feeder.request(faultOn: "L2", model)
        let plan = try RestorationPlanner(model).plan(request)
        let effect = ReliabilityEffect(model, plan: plan, before: request.positionsBefore, now: request.positionsNow, demand: request.demand)
        // A hundred of four hundred customers wait for the repair of three hours; by hand two hundred more wait an hour for a crew.
        #expect(effect.withPlan.saidiMinutes == 45 && effect.withPlan.saifi == 0.25)
        #expect(effect.withoutPlan.saidiMinutes == 75 && effect.withoutPlan.saifi == 0.75)
    }
}
