import Glibc
import PluginAPI
import PluginTestKit
import Testing

@Suite("The test kit")
struct HarnessTests {
    @Test("a call from a wrong thread is refused and noted") func wrongThread() throws {
        nonisolated(unsafe) var status: Status?
        let harness = try Probe.run(config: #"{"a": "b"}"#) { host in
            onOtherThread {
                do throws(ServiceError) { _ = try host.configuration.text("a") } catch { status = error.status }
            }
            #expect(host.log.isEnabled(.info), "the service's own thread may go on")
        }
        #expect(status == .wrongThread)
        #expect(harness.violations.count == 1 && harness.violations[0].contains("get_text of dsotp.config/1"))
        #expect(throws: HarnessError.self) { try harness.stop() }
    }

    @Test("any thread may use what is tagged so, until stop has returned") func anyThread() throws {
        nonisolated(unsafe) var kept: Host?
        let harness = try Probe.run { host in
            kept = host
            onOtherThread { try? host.databus.publish("from/thread", "1") }
        }
        #expect(harness.published.map(\.topic) == ["from/thread"])
        try harness.stop()
        let host = try #require(kept)
        let error = #expect(throws: ServiceError.self) { try host.databus.publish("too/late", "1") }
        #expect(error?.status == .invalidState && harness.violations.count == 1)
        host.log.info("too late")
        #expect(harness.violations.count == 2 && harness.log.isEmpty)
    }

    @Test("a configuration's texts stay until the next configure, and are overwritten then") func poisoned() throws {
        let work = Probe.Work()
        nonisolated(unsafe) var texts: [String?] = []
        work.run = { texts.append(try $0.configuration.text("a")) }
        try Probe.harness(work, config: #"{"a": "first"}"#).publish("run", "").stop().configure(#"{"a": "second"}"#).start()
            .publish("run", "")
        #expect(texts == ["first", "second"])
    }

    @Test("a topic without subscription, and a request without answer, are told to the test") func told() throws {
        let work = Probe.Work()
        work.start = { try $0.http.add(1, "GET", "/later") }
        nonisolated(unsafe) var waiting: Request.Number?
        work.respond = { waiting = $1.number }
        work.run = { if let waiting { try $0.http.respond(to: waiting, with: .text("now")) } }
        let harness = try Probe.harness(work, permissions: Permissions(subscribe: ["run", "a/+"]))
        #expect(throws: HarnessError.self) { try harness.publish("b", "") }
        #expect(throws: HarnessError.self) { try harness.request("GET", "/later") }
        #expect(harness.response(to: 1) == nil)
        try harness.publish("run", "")
        #expect(harness.response(to: 1) == .text("now"))
    }

    @Test("failures that the test asks for reach the service until it ends them") func failures() throws {
        let work = Probe.Work()
        work.run = { try $0.databus.publish("a", "") }
        let harness = try Probe.harness(work)
        harness.fail(.databus, with: .tryAgain("the databus is full"))
        let error = #expect(throws: ServiceError.self) { try harness.publish("run", "") }
        #expect(error == .tryAgain("the databus is full"))
        try harness.fail(.databus, with: nil).publish("run", "").stop()
        #expect(harness.published.count == 1)
    }

    @Test("a library that is missing, or no service, is refused with its path") func libraries() {
        let missing = #expect(throws: HarnessError.self) { try ServiceLibrary(path: "/nowhere/libx.so") }
        #expect(missing?.description.contains("/nowhere/libx.so") == true)
        let other = #expect(throws: HarnessError.self) { try ServiceLibrary(path: "libm.so.6") }
        #expect(other?.description.contains("dsotp_plugin_entry") == true)
        #expect(throws: HarnessError.self) { try ServiceLibrary(built: "NoSuchProduct") }
    }
}

/// Runs work on a thread of its own and waits for it.
private func onOtherThread(_ work: @escaping () -> Void) {
    final class Box {
        let work: () -> Void
        init(_ work: @escaping () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    let failure = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().work()
            return nil
        }, Unmanaged.passRetained(Box(work)).toOpaque())
    if failure == 0 { pthread_join(thread, nil) }
}
