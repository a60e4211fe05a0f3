import Balancing
import LinearProgramming
import Testing

@Suite("The reference communities", .enabled(if: ReferenceData.isThere, "the reference data is not there: set DSOTP_REFERENCE_DATA"))
struct ReferenceCaseTests {
    @Test("a linear plan costs what the stated optimum costs, and the simulator agrees", arguments: ["uc1_large", "uc2_large"])
    func linear(name: String) throws {
        let (problem, optimum) = try ReferenceData.problem(name)
        var scheduler = Scheduler()
        let plan = try scheduler.plan(problem)
        #expect(abs(plan.objective - optimum) < 1e-6, "\(plan.objective) against \(optimum)")
        check(plan, problem)
        #expect(plan.isProved && plan.violations.isEmpty, "\(plan.violations.map(\.sentence))")
    }

    @Test("a plan with integers is within the gap of the stated optimum", arguments: ["uc2_small", "uc4_small"])
    func mixedInteger(name: String) throws {
        let (problem, optimum) = try ReferenceData.problem(name)
        var scheduler = Scheduler()

        let plan = try scheduler.plan(problem, limits: SolveLimits(seconds: 20, clock: .processor))
        #expect(plan.objective <= 1.005 * optimum && plan.objective >= optimum - 1e-4, "\(plan.objective) against \(optimum)")
        #expect(plan.objective * (1 - plan.gap) <= optimum + 1e-4)
        check(plan, problem)
    }

    private func check(_ plan: Plan, _ problem: BalancingProblem) {
        let simulator = CommunitySimulator(problem, plan)
        #expect(simulator.faults.isEmpty, "\(simulator.faults)")
        #expect(abs(simulator.cost - plan.objective) < 1e-4 + 1e-7 * plan.objective, "\(simulator.cost) simulated, \(plan.objective) told")
        #expect(simulator.simultaneousKWh < 1e-5)
    }
}
