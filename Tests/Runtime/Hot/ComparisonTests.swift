import Synchronization
import Testing

@testable import Runtime

@Suite("Comparing a shadow")
struct ComparisonTests {
    /// A clock that the test sets.
    final class TestClock: ServiceClock {
        let time = Atomic<Int64>(0)
        func now() -> Int64 { time.load(ordering: .relaxed) }
        func monotonic() -> Int64 { time.load(ordering: .relaxed) }
    }

    private let clock = TestClock()

    private func comparison(tolerance: Double = 0, ignore: [String] = []) -> ShadowComparison {
        var policy = UpgradePolicy()
        policy.tolerance = tolerance
        policy.ignore = ignore
        return ShadowComparison(policy: policy, clock: clock)
    }

    private func send(_ payload: String, to topic: String = "a", from side: ShadowComparison.Side, in comparison: ShadowComparison) {
        let (topic, payload) = (Array(topic.utf8), Array(payload.utf8))
        topic.withUnsafeBytes { topic in
            payload.withUnsafeBytes { payload in
                let message = OutgoingMessage(topic: topic, payload: payload, qos: 0, isRetained: false)
                withUnsafePointer(to: message) { comparison.record(UnsafeBufferPointer(start: $0, count: 1), from: side) }
            }
        }
    }

    @Test("Equal messages match in any order within the window, others are different, missing or extra after it")
    func messages() {
        let comparison = comparison()
        for payload in ["1", "2", "3"] { send(payload, from: .running, in: comparison) }
        for payload in ["2", "1", "30"] { send(payload, from: .shadow, in: comparison) }
        send("only here", to: "b", from: .running, in: comparison)
        send("only there", to: "c", from: .shadow, in: comparison)
        #expect(comparison.report.total == .init(equal: 2))
        clock.time.store(ShadowComparison.window + 1, ordering: .relaxed)
        let report = comparison.report
        #expect(report.total == .init(equal: 2, different: 1, missing: 1, extra: 1))
        #expect(report.differences.map { "\($0.key.name) \($0.running ?? "-") \($0.shadow ?? "-")" } == ["a 3 30", "b only here -", "c - only there"])
    }

    @Test(
        "Numbers are compared within the tolerance, and members that are to be ignored are",
        arguments: [
            (#"{"v":100.0,"t":1}"#, #"{"t":2,"v":100.5}"#, true), (#"{"v":100}"#, #"{"v":102}"#, false), (#"[1,[2]]"#, #"[1,[2.001]]"#, true),
            (#"{"v":1}"#, #"{"v":1,"w":2}"#, false), ("49.99", "50.01", true), ("on", "off", false), (#"{"v":"a"}"#, #"{"v":"b"}"#, false),
        ])
    func tolerance(running: String, shadow: String, isEqual: Bool) {
        let comparison = comparison(tolerance: 0.01, ignore: ["t"])
        send(running, from: .running, in: comparison)
        send(shadow, from: .shadow, in: comparison)
        #expect(comparison.report.total.equal == (isEqual ? 1 : 0))
    }

    @Test("Points match by series and time")
    func points() {
        let comparison = comparison(tolerance: 0.001)
        func write(_ values: [(time: Int64, value: Double)], from side: ShadowComparison.Side) {
            let columns = [UInt64](repeating: 1, count: values.count), times = values.map(\.time), numbers = values.map(\.value)
            columns.withUnsafeBufferPointer { columns in
                times.withUnsafeBufferPointer { times in
                    numbers.withUnsafeBufferPointer { numbers in
                        let points = PointBuffers(columns: columns, times: times, values: .float(numbers), qualities: nil)
                        comparison.record(points, names: values.map { _ in "dsotp.pmu value" }, from: side)
                    }
                }
            }
        }
        write([(1, 230), (2, 231), (3, 232)], from: .running)
        write([(3, 232.1), (2, 240), (4, 1)], from: .shadow)
        clock.time.store(ShadowComparison.window + 1, ordering: .relaxed)
        let report = comparison.report
        #expect(report.outputs.map(\.key.name) == ["dsotp.pmu value"])
        #expect(report.total == .init(equal: 1, different: 1, missing: 1, extra: 1))
        #expect(report.differences.first?.running?.hasPrefix("231.0 at ") == true && report.differences.first?.shadow?.hasPrefix("240.0 at ") == true)
    }

    @Test("What waits is bounded")
    func bounded() {
        let comparison = comparison()
        for number in 0..<(ShadowComparison.waitingLimit + 100) { send("\(number)", from: .running, in: comparison) }
        let report = comparison.report
        #expect(report.outputs[0].waiting == ShadowComparison.waitingLimit && report.total.missing == 100)
        #expect(report.differences.count == ShadowComparison.differenceLimit)
    }

    @Test("What does not fit into the memory for all topics is not compared, and says nothing against its match; room comes back")
    func bytes() {
        let comparison = comparison()
        let payload = String(repeating: "x", count: 1 << 20)
        for number in 0..<70 { send("\(number)\(payload)", to: "t\(number)", from: .running, in: comparison) }
        let kept = comparison.report.outputs.reduce(0) { $0 + $1.waiting }
        #expect(kept == 63 && comparison.report.total == .init(notCompared: 7))
        for number in 0..<63 { send("\(number)\(payload)", to: "t\(number)", from: .shadow, in: comparison) }
        send("69\(payload)", to: "t69", from: .shadow, in: comparison)
        #expect(comparison.report.total == .init(equal: 63, notCompared: 7))
        clock.time.store(ShadowComparison.window + 1, ordering: .relaxed)
        #expect(comparison.report.total == .init(equal: 63, notCompared: 8))
        // What waits too long under other topics makes room without anybody asking for a report.
        for number in 0..<63 { send("\(number)\(payload)", to: "u\(number)", from: .running, in: comparison) }
        clock.time.store(2 * ShadowComparison.window + 2, ordering: .relaxed)
        send("a\(payload)", to: "v", from: .running, in: comparison)
        send("a\(payload)", to: "v", from: .shadow, in: comparison)
        #expect(comparison.report.total == .init(equal: 64, missing: 63, notCompared: 8))
    }

    @Test("Equal outputs are found at any depth, by bytes or without the members passed over; similar ones among the oldest few")
    func depth() {
        let comparison = comparison(tolerance: 0.01, ignore: ["t"])
        let few = WaitingOutputs.comparedLimit
        for number in 1...2_000 { send(#"{"v":\#(number * 1_000),"t":1}"#, from: .running, in: comparison) }
        for number in stride(from: 2_000, to: few + 2, by: -1) { send(#"{"t":2,"v":\#(number * 1_000)}"#, from: .shadow, in: comparison) }
        #expect(comparison.report.total == .init(equal: 1_998 - few) && comparison.report.outputs[0].waiting == few + 2)
        send(#"{"v":\#((few + 1) * 1_000 + 1)}"#, from: .shadow, in: comparison)
        #expect(comparison.report.outputs[0].waiting == few + 3, "it is too far behind")
        send(#"{"v":\#(few * 1_000 + 1)}"#, from: .shadow, in: comparison)
        #expect(comparison.report.total.equal == 1_999 - few)
    }
}
