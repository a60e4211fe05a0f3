import Foundation
import Glibc
import Logging
import Runtime
import Synchronization

/// The no-op service under one isolation, running.
struct Subject {
    let isolation: String
    private let folder: URL
    private let databus = BenchDatabus()
    private let supervisor: ServiceSupervisor
    private let sink: any MessageSink

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter library: the folder of `libnoop.so`.
    init(isolation: String, library: String) async throws {
        self.isolation = isolation
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("dsotp-isolation-\(UUID().uuidString)")
        let services = folder.appendingPathComponent("services")
        try FileManager.default.createDirectory(at: services, withIntermediateDirectories: true)
        try Data("site: bench\nplugins: {folders: [\(library)]}\n".utf8).write(to: folder.appendingPathComponent("site.yaml"))
        let manifest = "service: noop\nlibrary: noop\nisolation: \(isolation)\nsubscribe: [bench]\npublish: [latencies]\n"
        try Data(manifest.utf8).write(to: services.appendingPathComponent("noop.yaml"))
        let store = NoStore()
        supervisor = try ServiceSupervisor(
            site: try SiteFolder.load(folder.path), bridges: ServiceBridges(databus: databus, timeSeries: store, memory: store),
            dataFolder: folder.path, hostVersion: "1.0.0", logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        await supervisor.start()
        let status = try supervisor.status("noop")
        guard status.state == .running, let sink = databus.subscriber else {
            throw Failure(description: "the service does not run \(isolation): it is \(status.state.rawValue), \(status.detail)")
        }
        self.sink = sink
    }

    func end() async {
        await supervisor.shutdown()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Messages a second through the service, handed over as fast as it takes them in bursts of 64.
    ///
    /// - Parameter payload: bytes of each.
    func throughput(messages: Int, payload: Int) throws -> Double {
        let before = try supervisor.status("noop").counters.processed
        let bytes = [UInt8](repeating: 0, count: max(payload, 8))
        let begin = monotonicNanoseconds()
        for number in 0..<messages {
            var roomCalls = databus.roomCalls.load(ordering: .acquiring)
            while !deliver(bytes) {
                // As the broker does: nothing more until the service says that it has room.
                while databus.roomCalls.load(ordering: .acquiring) == roomCalls { usleep(20) }
                roomCalls = databus.roomCalls.load(ordering: .acquiring)
            }
            if number % 64 == 63 { sink.deliveriesEnded() }
        }
        sink.deliveriesEnded()
        while try supervisor.status("noop").counters.processed < before + UInt64(messages) { usleep(100) }
        return Double(messages) / (Double(monotonicNanoseconds() - begin) / 1e9)
    }

    /// From hand-over to `on_messages`, in nanoseconds, sorted, at a steady rate: each time the ticker ticks, as many as are due.
    func latencies(rate: Int, seconds: Double, tick: UInt64 = 100_000) throws -> [UInt64] {
        let begin = monotonicNanoseconds()
        var sent = 0
        while Double(sent) < Double(rate) * seconds {
            let now = Ticker.wait(until: begin + UInt64(sent) * 1_000_000_000 / UInt64(rate) + tick)
            let due = min(Int(Double(now - begin) / 1e9 * Double(rate)), Int(Double(rate) * seconds))
            while sent < due {
                let bytes = withUnsafeBytes(of: monotonicNanoseconds()) { Array($0) } + [UInt8](repeating: 0, count: 120)
                guard deliver(bytes) else { throw Failure(description: "the service does not keep up with \(rate) messages a second \(isolation)") }
                sent += 1
            }
            sink.deliveriesEnded()
        }
        _ = deliver([UInt8](repeating: 0, count: 8), topic: "report")
        sink.deliveriesEnded()
        for _ in 0..<10_000 {
            if let report = databus.takeReport() { return report.sorted() }
            usleep(1_000)
        }
        throw Failure(description: "the service did not report within 10 s")
    }

    private func deliver(_ payload: [UInt8], topic: StaticString = "bench") -> Bool {
        payload.withUnsafeBytes { payload in
            sink.deliver(
                subscription: 0, topic: UnsafeRawBufferPointer(start: topic.utf8Start, count: topic.utf8CodeUnitCount), payload: payload, qos: 0,
                retained: false, duplicate: false, acknowledgement: nil) == .accepted
        }
    }
}

/// A clock to wait on, with the slack of the kernel's timers taken away.
enum Ticker {
    /// Sleeps until a monotonic time (ns) and returns what it is then.
    static func wait(until time: UInt64) -> UInt64 {
        var wanted = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &wanted, nil) == EINTR {}
        return monotonicNanoseconds()
    }
}
