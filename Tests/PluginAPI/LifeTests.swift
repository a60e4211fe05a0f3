import CPluginAPI
import PluginAPI
import PluginTestKit
import Testing

@Suite("The life of a service, through the C tables")
struct LifeTests {
    @Test("callbacks come in their order, and a stopped service may start again") func order() throws {
        let work = Probe.Work()
        let harness = try Probe.harness(work, starts: false)
        #expect(work.calls.isEmpty)
        try harness.validate("{}").configure("{}").start().publish("a", "b").drain().stop()
        try harness.configure("{}").start().stop()
        #expect(work.calls == ["validate", "configure", "start", "process", "drain", "stop", "configure", "start", "stop"])
    }

    @Test("validating is not configuring") func validating() throws {
        let work = Probe.Work()
        work.configure = {
            guard $0.text == "{\"good\": true}" else { throw ServiceError.invalidConfiguration("not good: \($0.text)") }
        }
        let harness = try Probe.harness(work, starts: false)
        try harness.validate("{\"good\": true}")
        let error = #expect(throws: ServiceError.self) { try harness.validate("{}") }
        #expect(error == .invalidConfiguration("not good: {}"))
        #expect(work.calls == ["validate", "validate"])
    }

    @Test(
        "an error keeps status, sentence, detail and whether to try again",
        arguments: [
            ServiceError(.tryAgain, "später, bitte", isRetryable: true, detail: "{\"after\": 3}"), .invalidState("no"),
            .internal(""),
            ServiceError(Status(rawValue: -999), "a code of the future"),
        ])
    func errors(thrown: ServiceError) throws {
        let caught = try #require(throws: ServiceError.self) { try Probe.run { _ in throw thrown } }
        #expect(caught == thrown)
    }

    @Test("any other error becomes an internal one with its description") func foreignErrors() throws {
        struct Odd: Error, CustomStringConvertible { let description = "the moon is full" }
        let caught = try #require(throws: ServiceError.self) { try Probe.run { _ in throw Odd() } }
        #expect(caught == .internal("the moon is full"))
    }

    @Test("a caller's error is filled only as far as its size goes, and may be missing") func smallErrors() {
        var error = dsotp_error()
        error.size = 12
        #expect(ServiceError.notFound("nothing here").fill(&error) == -9)
        #expect(error.status == -9 && error.sentence.data == nil && error.sentence.release == nil)
        #expect(ServiceError.notFound("nothing here").fill(nil) == -9)
    }

    @Test("texts of an error are released once by who receives them") func ownership() {
        var error = dsotp_error()
        error.size = UInt32(MemoryLayout<dsotp_error>.size)
        let releases = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        releases.initialize(to: 0)
        defer { releases.deallocate() }
        let text = StaticString("kept by the other side")
        error.sentence = dsotp_owned_bytes(
            data: text.utf8Start, count: UInt64(text.utf8CodeUnitCount),
            release: { $0?.assumingMemoryBound(to: Int.self).pointee += 1 }, owner: releases)
        let taken = ServiceError(taking: &error, status: -7)
        #expect(taken == .inputOutput("kept by the other side"))
        #expect(releases.pointee == 1 && error.sentence.release == nil)
    }

    @Test("a missing extension is named when the service is configured") func missingExtensions() throws {
        let error = try #require(throws: ServiceError.self) { try Probe.harness(Probe.Work(), withholding: [.kv, .clock]) }
        #expect(error.status == .unsupported)
        #expect(error.sentence.contains("dsotp.clock/1, dsotp.kv/1"))
    }

    @Test("callbacks before configure and without instance are errors, not crashes") func defects() throws {
        let table = try #require(try Probe.library.module().pointee.service).pointee
        var error = dsotp_error()
        error.size = UInt32(MemoryLayout<dsotp_error>.size)
        #expect(table.start(nil, &error) == DSOTP_INVALID_ARGUMENT)
        _ = ServiceError(taking: &error, status: 0)
        #expect(table.create(nil, dsotp_host_bytes(), nil, &error) == DSOTP_INVALID_ARGUMENT)
        _ = ServiceError(taking: &error, status: 0)
        let harness = try Probe.harness(Probe.Work(), starts: false)
        #expect(throws: ServiceError.self) { try harness.publish("a", "b") }
    }

    @Test("the service's own judgement reaches the host") func health() throws {
        let work = Probe.Work()
        let harness = try Probe.harness(work)
        #expect(try harness.health() == .well)
        work.health = { .degraded("the spool is 80 % full") }
        #expect(try harness.health() == .degraded("the spool is 80 % full"))
    }

    @Test("messages carry all that the host says, whatever their distance") func messages() throws {
        let work = Probe.Work()
        nonisolated(unsafe) var seen: [String] = []
        work.process = { host, batch in
            #expect(batch.dropped == 7)
            for message in batch {
                #expect(message.received == host.clock.now)
                seen.append(
                    "\(message.sequence) \(message.topicText) \(message.payloadText) \(message.qos) \(message.isRetained) \(message.isDuplicate) \(message.subscription)"
                )
            }
        }
        try Probe.harness(work, permissions: Permissions(subscribe: ["x/+", "#"])).deliver(
            [TestMessage("x/y", "1", qos: 1, retained: true), TestMessage("z", "2", duplicate: true)], dropped: 7)
        #expect(seen == ["1 x/y 1 1 true false 0", "2 z 2 0 false true 1"])
    }
}
