import Balancing
import PluginAPI

/// A community as it is now: what its assets report, what it is to do, its plan, and how the run fares.
final class Community {
    let settings: CommunitySettings
    var assets: [String: AssetRecord] = [:]
    var assetProfiles: [String: DayProfile] = [:]
    /// What nobody controls, by the time of the day.
    var profile = DayProfile()
    /// Measured exchange, kW, positive for import.
    var exchange: (powerKW: Double, time: Timestamp)?
    /// Nil: nothing is to be done, the assets are left alone.
    var trigger: Trigger?
    /// Packages of offers that have begun.
    var chosenPackages: [String: (begin: Timestamp, powerKW: Double)] = [:]
    /// Room of branches of the estimated grid, kW.
    var estimatedLimits: [String: Double] = [:]
    var plan: TimedPlan?
    var tracker: ExchangeTracker
    var step: TrackingStep?
    var targetKW: Double?
    var lastLoop: Timestamp?
    var indicators: RunIndicators
    var runs = RunList()
    var announcedKWh: [String: Double] = [:]
    var slotEnergyKWh: [String: Double] = [:]
    var events: [BalancingEvent] = []
    /// How many of them are not published yet.
    var untold = 0
    /// The job whose answer is awaited, and when it was asked for.
    var awaitedJob: UInt64?
    var planFailure: String?
    /// Plans are to be made anew, and why.
    var replanReason: String?
    /// Second of the day up to which the daily schedule was looked at.
    var scheduleLooked: Timestamp?

    /// A plan with the time that its first step begins, and the assets in the problem's order.
    struct TimedPlan {
        let plan: Plan
        let problem: BalancingProblem
        let begin: Timestamp
        let made: Timestamp
        let seconds: Double
    }

    init(_ settings: CommunitySettings) {
        self.settings = settings
        tracker = ExchangeTracker(Self.trackerSettings(settings))
        indicators = RunIndicators(limitKW: max(settings.importLimitKW, settings.exportLimitKW))
        for description in settings.assets { assets[description.id] = AssetRecord(description, isAnnounced: false) }
    }

    static func trackerSettings(_ settings: CommunitySettings) -> ExchangeTracker.Settings {
        ExchangeTracker.Settings(deadBandKW: settings.toleranceKW / 10, exhaustedAfterSeconds: max(60, settings.silentSeconds), toleranceKW: settings.toleranceKW)
    }

    /// The step of the plan that is now; nil if the plan has ended.
    func planStep(_ now: Timestamp) -> Int? {
        guard let plan else { return nil }
        let step = Int((now - plan.begin).nanoseconds / stepNanoseconds)
        return (0..<plan.problem.steps).contains(step) ? step : nil
    }

    /// What an asset is to do by the schedule in a step, kW; nil for one that the plan does not know.
    func scheduledKW(_ id: String, _ step: Int) -> Double? {
        guard let timed = plan else { return nil }
        let (plan, problem) = (timed.plan, timed.problem)
        if let index = problem.batteries.firstIndex(where: { $0.id == id }) { return plan.batteryKW[index][step] }
        if let index = problem.tasks.firstIndex(where: { $0.id == id }) { return plan.taskKW[index][step] }
        if let index = problem.heaters.firstIndex(where: { $0.id == id }) { return plan.heaterKW[index][step] }
        if let index = problem.households.firstIndex(where: { $0.id == id }) { return -(problem.households[index].pvKW[step] - plan.curtailedKW[index][step]) }
        if let index = problem.reducibleLoads.firstIndex(where: { $0.id == id }) { return problem.reducibleLoads[index].loadKW[step] - plan.reducedKW[index][step] }
        return nil
    }

    /// Whether the schedule curtails or reduces an asset now, so that it needs a set-point at all.
    func isLimited(_ id: String, _ step: Int) -> Bool {
        guard let timed = plan else { return false }
        if let index = timed.problem.households.firstIndex(where: { $0.id == id }) { return timed.plan.curtailedKW[index][step] > 1e-3 }
        if let index = timed.problem.reducibleLoads.firstIndex(where: { $0.id == id }) { return timed.plan.reducedKW[index][step] > 1e-3 }
        return true
    }
}

/// Something that an operator should hear of.
struct BalancingEvent {
    let time: Timestamp
    let kind: String
    let asset: String
    let sentence: String
}

/// Runs that have ended, the last hundred.
struct RunList {
    struct Run {
        let number: Int
        let mode: Trigger.Mode
        let begin: Timestamp
        let end: Timestamp
        let indicators: RunIndicators
        let reason: String
    }

    private(set) var runs: [Run] = []
    private var next = 1

    mutating func add(_ mode: Trigger.Mode, from begin: Timestamp, to end: Timestamp, _ indicators: RunIndicators, reason: String) -> Run {
        let run = Run(number: next, mode: mode, begin: begin, end: end, indicators: indicators, reason: reason)
        next += 1
        runs.append(run)
        if runs.count > 100 { runs.removeFirst() }
        return run
    }
}
