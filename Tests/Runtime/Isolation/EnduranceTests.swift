import Glibc
import Synchronization
import Testing

@testable import Runtime

@Suite("What survives the end of a service's process")
struct EnduranceTests {
    @Test("Twenty kills at random moments under load lose no message that is acknowledged when stored")
    func kills() async throws {
        let manifest = """
            isolation: process
            subscribe: [{topic: in/x, acknowledge: stored}]
            restart: {attempts: 1000, window: 10m}
            """
        let site = try ProbeSite(mode: "none", manifest: manifest, library: "villain")
        await site.supervisor.start()
        var sent: UInt64 = 0
        for _ in 0..<20 {
            let burst = UInt64.random(in: 50...400)
            for _ in 0..<burst {
                sent += 1
                #expect(site.databus.deliver("message \(sent)", to: "probe", token: sent) == .accepted)
            }
            let isDue = site.databus.acknowledged.count + Int.random(in: 0..<Int(burst))
            try await eventually("it works on them") { site.databus.acknowledged.count >= min(isDue, Int(sent)) }
            if let pid = site.runnerPID { kill(pid, SIGKILL) }
        }
        try await eventually("all are acknowledged") { Set(site.databus.acknowledged).count == Int(sent) }
        let poisoned = site.databus.payloads("poison/in/x").count
        let seen = Set(site.databus.payloads("out/echo") + site.databus.payloads("out/again"))
        #expect(seen.count >= Int(sent) - poisoned)
        #expect(site.incidents.contains { $0.signal == 9 && $0.reason == .crash })
        try await eventually("it runs") { site.state == .running }
        await site.supervisor.shutdown()
    }

    @Test("A neighbour in the host's process loses nothing while a service crashes again and again")
    func neighbour() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "services/neighbour.yaml",
            """
            service: neighbour
            library: \(try CLibrary.probe.get().path)/libprobe.so
            config: {mode: store}
            subscribe: [{topic: in/y, acknowledge: stored}]
            timeseries: {write: [{database: dsotp, measurement: pmu}]}
            """)
        let site = try ProbeSite(
            mode: "none", manifest: "isolation: process\nsubscribe: [in/x]\ndeadline: 100ms\nrestart: {attempts: 1000, window: 10m}",
            library: "villain", folder: folder)
        await site.supervisor.start()
        #expect(try site.supervisor.status("neighbour").state == .running)
        let orders = ["segv", "abort", "exit", "trap", "throw", "hang", "close", "nonsense", "lie"]
        for token in UInt64(1)...20_000 {
            if token % 2_000 == 0 { site.databus.deliver(orders[Int(token / 2_000) % orders.count], to: "probe") }
            #expect(site.databus.deliver("reading", to: "neighbour", token: token) == .accepted)
        }
        try await eventually("the neighbour has stored all") { Set(site.databus.acknowledged).count == 20_000 }
        #expect(try site.supervisor.status("neighbour").counters.dropped == 0)
        #expect(try site.supervisor.status("neighbour").restarts == 0)
        await site.supervisor.shutdown()
    }

    @Test("A runner does not outlive the thread that started it, and so not the host either")
    func noOrphan() async throws {
        let started = OneShot<Int32>()
        let isAlive = Atomic<Bool>(false)
        _ = ServiceThread.start(name: "parent") {
            let process = try? RunnerProcess(TestRunner.launch, name: "orphan")
            // A runner that answers has asked to die with this thread before.
            if let process {
                let channel = Channel(descriptor: process.control, limit: 1 << 20)
                let frame = FrameWriter()
                frame.begin(.create)
                for _ in 0..<2 { frame.append(UInt64(0)) }
                frame.append(UInt32(0))
                for text in ["orphan", "/nowhere.so", "/nowhere.so", "1.0.0", "{}", ""] { frame.append(text) }
                frame.finish()
                try? channel.send(frame)
                _ = try? channel.receive()
                isAlive.store(process.end == nil && kill(process.pid, 0) == 0, ordering: .relaxed)
            }
            started.settle(process.map { process in
                // Kept open, so that the end of the connection is not what ends the runner.
                _ = Unmanaged.passRetained(process)
                return process.pid
            })
        }
        let pid = try #require(await started.value(timeout: .seconds(10)))
        let answered = isAlive.load(ordering: .relaxed)
        #expect(answered)
        try await eventually("it is gone") { Processes.isGone(pid) }
    }
}
