import Balancing
import LinearProgramming
import PluginAPI

/// Measures our side of `make bench-balancing`: `case NAME FOLDER SECONDS PROGRAM-FILE`, `loop NAME FOLDER SEED`, `tracker COUNT`. Each prints one line of JSON.
@main
struct Main {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("case", 5): try measureCase(arguments[1], arguments[2], Double(arguments[3]) ?? 30, arguments[4])
        case ("loop", 4): try measureLoop(arguments[1], arguments[2], UInt64(arguments[3]) ?? 1)
        case ("tracker", 2): measureTracker(Int(arguments[1]) ?? 1_000)
        default: print("usage: BalancingBenchmark case NAME FOLDER SECONDS PROGRAM-FILE | loop NAME FOLDER SEED | tracker COUNT")
        }
    }

    private static func say(_ body: (inout JSONWriter) -> Void) {
        var json = JSONWriter()
        json.beginObject()
        body(&json)
        json.endObject()
        print(json.string)
    }

    /// From the bytes of the JSON to the plan; then again a quarter of an hour later from the last basis.
    private static func measureCase(_ name: String, _ folder: String, _ seconds: Double, _ programFile: String) throws {
        guard let reference = ReferenceCase(name, in: folder) else { return say { $0.member("error", "no \(name) in \(folder)") } }
        var scheduler = Scheduler()
        let began = ContinuousClock.now, processor = ProcessorTime.seconds
        let problem = try reference.problem()
        let plan = try scheduler.plan(problem, limits: SolveLimits(seconds: seconds, clock: .processor))
        let took = began.duration(to: .now).seconds, worked = ProcessorTime.seconds - processor
        let isLinear = Scheduler.program(for: problem).integerColumns.isEmpty
        var warm: [Double] = [], warmWorked: [Double] = []
        if isLinear {
            var later = problem.from(1)
            for index in later.batteries.indices { later.batteries[index].initialKWh = plan.storedKWh[index][0] }
            for index in later.heaters.indices { later.heaters[index].initialKWh = plan.heatKWh[index][0] }
            for index in later.tasks.indices { later.tasks[index].energyKWh -= later.tasks[index].efficiency * plan.taskKW[index][0] * problem.stepHours }
            for index in later.households.indices { later.households[index].loadKW = later.households[index].loadKW.map { $0 * 1.03 } }
            for _ in 0..<5 {
                var copy = scheduler
                let started = ContinuousClock.now, processor = ProcessorTime.seconds
                _ = try copy.plan(later, firstStep: 1)
                warm.append(started.duration(to: .now).seconds)
                warmWorked.append(ProcessorTime.seconds - processor)
            }
        }
        writeProgram(Scheduler.program(for: problem), to: programFile)
        say {
            $0.member("case", name)
            $0.member("linear", isLinear)
            $0.member("seconds", took)
            $0.member("processor_seconds", worked)
            $0.member("warm_seconds", warm.median)
            $0.member("warm_processor_seconds", warmWorked.median)
            $0.member("objective", plan.objective)
            $0.member("optimum", reference.optimum)
            $0.member("gap", plan.gap)
        }
    }

    /// The program as arrays, for the peer.
    private static func writeProgram(_ program: LinearProgram, to file: String) {
        var json = JSONWriter()
        func list(_ key: String, _ values: [Double]) {
            json.key(key)
            json.beginArray()
            for value in values { json.value(max(-1e30, min(1e30, value))) }
            json.endArray()
        }
        json.beginObject()
        list("lower", program.columnBounds.map(\.lowerBound))
        list("upper", program.columnBounds.map(\.upperBound))
        list("cost", program.costs)
        list("row_lower", program.rowBounds.map(\.lowerBound))
        list("row_upper", program.rowBounds.map(\.upperBound))
        list("entry_row", program.coefficients.map { Double($0.row) })
        list("entry_column", program.coefficients.map { Double($0.column) })
        list("entry_value", program.coefficients.map(\.value))
        list("integer", program.integerColumns.map(Double.init))
        json.endObject()
        Files.write(json, to: file)
    }

    private static func measureLoop(_ name: String, _ folder: String, _ seed: UInt64) throws {
        guard let reference = ReferenceCase(name, in: folder) else { return say { $0.member("error", "no \(name) in \(folder)") } }
        let loop = try ClosedLoop(try reference.problem(), seed: seed)
        say {
            $0.member("case", name)
            $0.member("seed", UInt64(seed))
            $0.member("exchange_ratio", loop.exchangedKWh.ours / loop.exchangedKWh.perfect)
            $0.member("peak_ratio", loop.peakImportKW.ours / max(1e-9, loop.peakImportKW.perfect))
            $0.member("set_point_rmse_percent", loop.setPointError.map { $0 * 100 } ?? .nan)
            $0.member("first_plan_seconds", loop.planSeconds[0])
            $0.member("replan_median_seconds", Array(loop.planSeconds.dropFirst()).median)
            $0.member("replan_longest_seconds", loop.planSeconds.dropFirst().max() ?? .nan)
        }
    }

    private static func measureTracker(_ count: Int) {
        var random = SeededRandom(state: 7)
        let powers = random.series(count, 0.3, 3)
        let assets = (0..<count).map { index in
            TrackedAsset(
                id: "asset-\(index)", bandKW: -8...8, measuredKW: powers[index], scheduledKW: powers[index] / 2, rampKWPerSecond: index % 3 == 0 ? 0.5 : .infinity,
                intervalSeconds: index % 5 == 0 ? 900 : 0, energyKWh: (5, 5))
        }
        var tracker = ExchangeTracker()
        var times: [Double] = []
        for tick in 0..<300 {
            let began = ContinuousClock.now
            _ = tracker.step(targetKW: 0, exchangeKW: 40 * Double(tick % 7 - 3), assets: assets, seconds: 10)
            times.append(began.duration(to: .now).seconds)
        }
        say {
            $0.member("assets", count)
            $0.member("median_seconds", times.median)
        }
    }
}
