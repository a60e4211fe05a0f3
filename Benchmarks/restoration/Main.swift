import Glibc
import Grid
import Restoration

/// `make bench-restoration`: location, plan and checks of faults on feeders of 1,000 and 10,000 stations, and the N-1 screening, beside what is aimed at.
@main
struct Main {
    static func main() throws {
        print("  stations   nodes  what                                      median ms    worst ms      aim ms  (processor time)")
        for (stations, aim) in [(1_000, 100.0), (10_000, 2_000.0)] { try measure(stations: stations, aim: aim) }
    }

    private static func measure(stations: Int, aim: Double) throws {
        let feeders = MediumVoltageFeeders(stationCount: stations)
        var model = try SwitchingModel(feeders.network)
        let build = try milliseconds(3) { model = try SwitchingModel(feeders.network) }
        row(stations, model, "model from the network", build, nil)
        let demand = Demand(model)
        let normal = model.normalPositions
        var times: [Double] = []
        var (located, proven, restored) = (0, 0, 0)
        let lines = Swift.stride(from: 7, to: stations, by: stations / 20)
        for line in lines {
            guard let section = model.section(of: EquipmentReference(.line, line)) else { continue }
            let response = ProtectionResponse(model, positions: normal, faultedSection: section)
            var now = normal
            if let clearing = response.clearingDevice { now[clearing] = false }
            var plan: RestorationPlan?
            times += try milliseconds(1) {
                var observation = FaultObservation(positionsBefore: normal)
                for device in normal.indices where normal[device] {
                    if model.duties[device].interruptsFaults {
                        observation.trips[device] = device == response.clearingDevice
                    } else {
                        observation.passages[device] = response.passedDevices.contains(device) ? .passed : .silent
                    }
                }
                let location = try FaultLocator(model).locate(observation)
                if location.suspects == [section] { located += 1 }
                plan = try RestorationPlanner(model).plan(RestorationRequest(
                    positionsBefore: normal, positionsNow: now, faultedSections: location.suspects, demand: demand))
            }
            if plan?.isProvenBest == true { proven += 1 }
            if let plan, plan.energisedAfterPlanWatts > plan.energisedAfterIsolationWatts { restored += 1 }
        }
        row(stations, model, "location, plan and checks", times, aim)
        print("                      \(located) of \(times.count) located, \(restored) with transfers, \(proven) proved best")
        guard stations <= 1_000 else { return }
        var screening: ContingencyScreening?
        let screened = try milliseconds(1) { screening = try ContingencyScreening(model, positions: normal, demand: demand) }
        row(stations, model, "N-1 screening of every line", screened, 10_000)
        if let screening {
            print("                      \(screening.rows.count) lines, \(screening.rows.count { $0.isFullyRestored }) restored in full, "
                + "\(screening.rows.count { $0.isProvenBest }) proved best")
        }
    }

    /// Processor time, which does not count what else the machine does.
    private static func milliseconds(_ runs: Int, _ body: () throws -> Void) throws -> [Double] {
        try (0..<runs).map { _ in
            let began = processorMilliseconds()
            try body()
            return processorMilliseconds() - began
        }
    }

    private static func processorMilliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }

    private static func row(_ stations: Int, _ model: SwitchingModel, _ what: String, _ times: [Double], _ aim: Double?) {
        let sorted = times.sorted()
        func padded(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
        func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        let name = what + String(repeating: " ", count: max(0, 40 - what.count))
        print("\(padded("\(stations)", 10))\(padded("\(model.grid.nodeCount)", 8))  \(name)\(padded(number(sorted[sorted.count / 2]), 11))"
            + "\(padded(number(sorted[sorted.count - 1]), 12))\(padded(aim.map(number) ?? "–", 12))")
    }
}
