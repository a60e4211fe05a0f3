import Estimation
import Foundation
import Grid
import SyntheticGrids

/// Measures the power flow and the state estimation on one synthetic network, and writes it down for the peers.
///
/// `GridBenchmark NODES FOLDER [RUNS]` writes `network-NODES.json` and `ours-NODES.json` into the folder; `GridBenchmark write MEGABYTES FILE`
/// writes a CIM file, `GridBenchmark read FILE` reads it and prints what that cost.
@main
struct Main {
    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count == 4, arguments[1] == "write", let megabytes = Int(arguments[2]) {
            _ = try CIMDocument.write(megabytes: megabytes, path: arguments[3])
            return
        }
        if arguments.count == 3, arguments[1] == "read" {
            print(String(decoding: try JSONEncoder().encode(ReadMeasure(path: arguments[2])), as: UTF8.self))
            return
        }
        guard arguments.count >= 3, let nodes = Int(arguments[1]), nodes >= 5 else {
            print("usage: GridBenchmark NODES FOLDER [RUNS], with at least 5 nodes")
            exit(2)
        }
        let folder = URL(filePath: arguments[2])
        let runs = arguments.count > 3 ? Int(arguments[3]) ?? 15 : 15
        let network = RadialNetwork(nodeCount: nodes)
        var (result, meters) = try measure(network, runs: runs)
        result.model = try ModelMeasure(network, meters, runs: runs)
        try JSONEncoder().encode(NetworkFile(network, meters)).write(to: folder.appending(path: "network-\(nodes).json"))
        try JSONEncoder().encode(result).write(to: folder.appending(path: "ours-\(nodes).json"))
    }

    private static func measure(_ network: RadialNetwork, runs: Int) throws -> (Result, [Meter]) {
        let grid = network.balancedGrid()
        let injections = network.injections()
        var result = Result()
        let before = Memory.residentMebibytes()
        var prepared = try PowerFlow(grid)
        result.powerFlow.build = try Clock.median(runs) { prepared = try PowerFlow(grid) }
        result.powerFlow.mebibytes = Memory.residentMebibytes() - before
        var state = PowerFlowState()
        result.powerFlow.single = try Clock.median(runs) {
            state = PowerFlowState()
            result.powerFlow.iterations = try prepared.solve(injections, into: &state).iterations
        }
        result.powerFlow.voltages = state.voltages.map { [$0.magnitude, $0.angle] }
        let series = (0..<10).map { frame in network.injections { 1 + 0.2 * sin(Double(frame * 37 + $0)) } }
        var frame = 0
        result.powerFlow.step = try Clock.median(max(20, runs)) {
            _ = try prepared.solve(series[frame % 10], into: &state)
            frame += 1
        }
        let meters = Meter.set(network, prepared, injections)
        try estimate(network, grid, meters, runs: runs, into: &result)
        return (result, meters)
    }

    private static func estimate(_ network: RadialNetwork, _ grid: BalancedGrid, _ meters: [Meter], runs: Int, into result: inout Result) throws {
        let before = Memory.residentMebibytes()
        let model = try EstimationModel(grid: grid, measurements: meters.map(\.measurement), zeroInjections: network.nodesWithoutInjection)
        var estimator = Estimator(model)
        result.estimation.build = Clock.median(min(runs, 5)) { estimator = Estimator(model) }
        result.estimation.mebibytes = Memory.residentMebibytes() - before
        result.estimation.single = Clock.median(runs) {
            estimator.restart()
            result.estimation.iterations = estimator.estimate().iterations
        }
        result.estimation.voltages = estimator.voltages.map { [$0.magnitude, $0.angle] }
        let frames = (0..<10).map { frame in meters.enumerated().map { $1.value(frame: frame, index: $0) } }
        let stepper = Estimator(model)
        _ = stepper.estimate()
        var frame = 0
        result.estimation.step = Clock.median(max(20, runs)) {
            frame += 1
            for (index, value) in frames[frame % 10].enumerated() { stepper.setMeasurement(index, value: value) }
            result.estimation.stepIterations = stepper.estimate().iterations
        }
        var options = Estimator.Options()
        options.tolerance = 1e-12
        let exact = Estimator(model, options: options)
        for (index, value) in frames[frame % 10].enumerated() { exact.setMeasurement(index, value: value) }
        _ = exact.estimate()
        result.estimation.stepDeviation = zip(stepper.voltages, exact.voltages).map { ($0 - $1).magnitude }.max() ?? 0
    }
}

/// What is written down of our side.
struct Result: Encodable {
    /// Milliseconds, medians: building the model, one solution from a flat start, one more of a series; and what the model takes.
    struct Part: Encodable {
        var build = 0.0
        var single = 0.0
        var step = 0.0
        var iterations = 0
        /// Of the last step of the series, and how far its voltages are from those that need no tolerance, per unit.
        var stepIterations = 0
        var stepDeviation = 0.0
        var mebibytes = 0.0
        /// Magnitude and angle of each node.
        var voltages: [[Double]] = []
    }

    var powerFlow = Part()
    var estimation = Part()
    var model: ModelMeasure?
}

enum Clock {
    private static let takesBest = ProcessInfo.processInfo.environment["DSOTP_BENCH_BEST"] != nil

    /// The median of the runs in milliseconds; the fastest with `DSOTP_BENCH_BEST` in the environment.
    static func median(_ runs: Int, _ work: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        var times: [Double] = []
        for _ in 0..<max(1, runs) {
            let elapsed = try clock.measure(work)
            times.append(Double(elapsed.components.seconds) * 1e3 + Double(elapsed.components.attoseconds) * 1e-15)
        }
        return times.sorted()[takesBest ? 0 : times.count / 2]
    }
}

enum Memory {
    /// The most that this process ever had in memory.
    static func peakMebibytes() -> Double {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }

    /// What of this process is in memory now.
    static func residentMebibytes() -> Double {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1048576
    }
}
