import Balancing
import PluginAPI
import SiteCalendar

/// A community as it is now: what its assets report, what it is to do, its plan, and how the run fares.
final class Community {
    let settings: CommunitySettings
    var assets: [String: AssetRecord] = [:]
    var assetProfiles: [String: DayProfile] = [:]
    /// What nobody controls, by the time of the day.
    var profile: DayProfile
    /// What energy costs at the transformer.
    var tariff: TariffBoard
    /// The highest exchange of the local day so far.
    var peak: DayPeak
    /// Measured exchange, kW, positive for import.
    var exchange: (powerKW: Double, time: Timestamp)?
    /// Nil: nothing is to be done, the assets are left alone.
    var trigger: Trigger?
    /// The mode that goes on when the present one ends.
    var interrupted: Trigger?
    /// Packages of offers that have begun.
    var chosenPackages: [String: (begin: Timestamp, powerKW: Double)] = [:]
    /// Room of branches of the estimated grid, kW; the transformer's too.
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
    /// When that was kept in the memory last.
    var scheduleKept: Timestamp?

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
        profile = DayProfile(zone: settings.zone)
        tariff = TariffBoard(imports: settings.importTariff, exports: settings.exportTariff, zone: settings.zone)
        peak = DayPeak(zone: settings.zone)
        tracker = ExchangeTracker()
        indicators = RunIndicators(limitKW: 0)
        for description in settings.assets { assets[description.id] = AssetRecord(description, isAnnounced: false) }
    }

    /// What the transformer carries each way, kW: the narrower of what the manifest says and what the estimated grid says; nil while neither does.
    var limitsKW: (import: Double, export: Double)? {
        let rating = settings.transformerBranch.flatMap { estimatedLimits[$0] }
        guard let imports = [settings.importLimitKW, rating].compactMap({ $0 }).min(), let exports = [settings.exportLimitKW, rating].compactMap({ $0 }).min() else { return nil }
        return (imports, exports)
    }

    /// What a deviation has to be beyond to count as one, kW.
    var toleranceKW: Double { settings.toleranceKW ?? max(0.001, 0.005 * (limitsKW?.import ?? 200)) }

    /// The measured exchange unless it is too old to go by, kW.
    func freshExchangeKW(_ now: Timestamp) -> Double? {
        exchange.flatMap { Double((now - $0.time).nanoseconds) / 1e9 <= settings.silentSeconds ? $0.powerKW : nil }
    }

    /// Empties the books for a new run.
    func beginRun() {
        chosenPackages = [:]
        announcedKWh = [:]
        slotEnergyKWh = [:]
        indicators = RunIndicators(limitKW: limitsKW.map { max($0.import, $0.export) } ?? 0)
        tracker = ExchangeTracker(ExchangeTracker.Settings(
            deadBandKW: toleranceKW / 10, exhaustedAfterSeconds: max(60, settings.silentSeconds), toleranceKW: toleranceKW))
        step = nil
        lastLoop = nil
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

/// The highest mean exchange, and import, of a step of the plan in the present local day: below it a peak costs nothing more.
struct DayPeak {
    private let zone: SiteZone
    private var day: CivilDate?
    private var step: Int64?
    private var energy = 0.0
    private var seconds = 0.0
    private(set) var peakKW = 0.0
    private(set) var importKW = 0.0

    init(zone: SiteZone) { self.zone = zone }

    /// Takes an exchange that lasted for some seconds.
    mutating func take(_ exchangeKW: Double, seconds span: Double, at now: Timestamp, stepNanoseconds: Int64) {
        let today = zone.local(Int(now.nanoseconds / 1_000_000_000)).day
        if today != day { (day, peakKW, importKW, energy, seconds) = (today, 0, 0, 0, 0) }
        let current = now.nanoseconds / stepNanoseconds
        if current != step {
            // Less than half of a step says nothing about its mean.
            if seconds * 2e9 >= Double(stepNanoseconds) { (peakKW, importKW) = (max(peakKW, abs(energy / seconds)), max(importKW, energy / seconds)) }
            (step, energy, seconds) = (current, 0, 0)
        }
        energy += exchangeKW * span
        seconds += span
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
