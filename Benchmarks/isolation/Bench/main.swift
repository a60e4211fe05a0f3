import Foundation
import Glibc
import Runtime

/// `IsolationBench LIBRARY-FOLDER [--runs N] [--messages N] [--rate N] [--windows N]`; also the runner of its own service.

func option(_ name: String, _ fallback: Double) -> Double {
    let arguments = CommandLine.arguments
    guard let index = arguments.firstIndex(of: "--\(name)"), index + 1 < arguments.count else { return fallback }
    return Double(arguments[index + 1]) ?? fallback
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// Of sorted nanoseconds, in microseconds.
func percentile(_ sorted: [UInt64], _ share: Double) -> Double {
    sorted.isEmpty ? .nan : Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1_000
}

func column(_ value: Double, _ digits: Int = 1) -> String {
    let text = String(format: "%.\(digits)f", value)
    return String(repeating: " ", count: max(0, 10 - text.count)) + text
}

/// Latencies of one of the ways, window by window, in microseconds.
struct Windows {
    var p50: [Double] = []
    var p99: [Double] = []

    mutating func add(_ sorted: [UInt64]) {
        p50.append(percentile(sorted, 0.5))
        p99.append(percentile(sorted, 0.99))
    }
}

/// What is measured of both, which take turns so that a burst of other work on the machine meets both alike.
struct Measurement {
    var throughput: [String: [Double]] = [:]
    var inside = Windows()
    var isolated = Windows()
    var floor = Windows()

    static func take(library: String) async throws -> Measurement {
        var result = Measurement()
        let inside = try await Subject(isolation: "in-process", library: library), isolated = try await Subject(isolation: "process", library: library)
        for subject in [inside, isolated] { _ = try subject.throughput(messages: 200_000, payload: 128) }
        for _ in 0..<Int(option("runs", 7)) {
            for subject in [inside, isolated] {
                result.throughput[subject.isolation, default: []].append(try subject.throughput(messages: Int(option("messages", 2_000_000)), payload: 128))
            }
        }
        let rate = Int(option("rate", 50_000))
        for _ in 0..<Int(option("windows", 60)) {
            result.inside.add(try inside.latencies(rate: rate, seconds: 0.2))
            result.isolated.add(try isolated.latencies(rate: rate, seconds: 0.2))
            result.floor.add(PingPong.oneWay(count: 1_000))
        }
        await inside.end()
        await isolated.end()
        return result
    }

    func print() {
        let inside = median(throughput["in-process"] ?? []) / 1e6, isolated = median(throughput["process"] ?? []) / 1e6
        Swift.print("messages of 128 bytes in batches, medians of \(Int(option("runs", 7))) runs")
        Swift.print("  in-process  \(column(inside, 2)) million/s")
        Swift.print("  isolated    \(column(isolated, 2)) million/s   in-process / isolated \(String(format: "%.1f", inside / isolated))")
        Swift.print(
            "hand-over to on_messages at \(Int(option("rate", 50_000))) messages/s in ticks of 100 µs, medians of \(self.inside.p50.count) windows of 0.2 s")
        for (name, windows) in [("in-process", self.inside), ("isolated", self.isolated), ("bare socketpair, one way", floor)] {
            let quiet = (windows.p99.min() ?? .nan, windows.p99.max() ?? .nan)
            Swift.print(
                "  \(name)\(String(repeating: " ", count: max(0, 25 - name.count)))p50 \(column(median(windows.p50))) µs   p99 \(column(median(windows.p99))) µs"
                    + "   (p99 of the quietest window \(column(quiet.0)), of the loudest \(column(quiet.1)))")
        }
        let added = (median(zip(self.isolated.p50, self.inside.p50).map(-)), median(zip(self.isolated.p99, self.inside.p99).map(-)))
        Swift.print("  added by isolation       p50 \(column(added.0)) µs   p99 \(column(added.1)) µs")
    }
}

switch CommandLine.arguments.dropFirst().first {
case "runner": print(await Runner.run())
case "echo": PingPong.echo()
case let library?:
    // Sleeping to a time is to be as exact as the kernel can (prctl(2), PR_SET_TIMERSLACK).
    typealias Prctl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    if let prctl = dlsym(nil, "prctl").map({ unsafeBitCast($0, to: Prctl.self) }) { _ = prctl(29, 1, 0, 0, 0) }
    try await Measurement.take(library: library).print()
default:
    print("IsolationBench LIBRARY-FOLDER [--runs N] [--messages N] [--rate N] [--windows N]")
    exit(2)
}
