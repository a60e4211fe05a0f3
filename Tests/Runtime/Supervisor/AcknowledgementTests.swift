import Testing

@testable import Runtime

@Suite("Acknowledge after processing")
struct AcknowledgementTests {
    private static let manifest = """
        subscribe: [{topic: in/x, acknowledge: stored}]
        timeseries: {write: [{database: dsotp, measurement: pmu}]}
        """

    @Test("A message is acknowledged when the points of its batch are durable, not before")
    func afterStored() async throws {
        let site = try ProbeSite(mode: "store", manifest: Self.manifest)
        await site.supervisor.start()
        site.timeSeries.hold()
        site.databus.deliver("abc", to: "probe", token: 11)
        try await eventually("the batch is processed") { site.timeSeries.waiters == 1 }
        #expect(site.timeSeries.points == [.init(column: 1_000, time: 1, value: 3)])
        #expect(site.databus.acknowledged.isEmpty)
        site.timeSeries.commit()
        #expect(site.databus.acknowledged == [11])
        await site.supervisor.shutdown()
    }

    @Test("A message whose points can't be made durable is acknowledged once they can; the service is degraded until then")
    func storeFails() async throws {
        let site = try ProbeSite(mode: "store", manifest: Self.manifest)
        await site.supervisor.start()
        site.timeSeries.hold()
        site.databus.deliver("abc", to: "probe", token: 11)
        try await eventually("the batch is processed") { site.timeSeries.waiters == 1 }
        site.timeSeries.commit(.inputOutput("the disk is full"))
        #expect(site.databus.acknowledged.isEmpty)
        #expect(try site.status.counters.errors == 1)
        #expect(site.state == .degraded)
        site.timeSeries.hold()
        try await eventually("the store is asked again") { site.timeSeries.waiters == 1 }
        site.timeSeries.commit()
        #expect(site.databus.acknowledged == [11])
        #expect(site.state == .running)
        await site.supervisor.shutdown()
    }

    @Test("When a service ends, its deliveries end before it drains, and publishers that wait in vain are told to send again")
    func ending() async throws {
        let site = try ProbeSite(mode: "retry-always", manifest: Self.manifest + "\ndrain: 30ms")
        await site.supervisor.start()
        site.databus.deliver("a", to: "probe", token: 1)
        try await eventually("it is degraded") { site.state == .degraded }
        try await site.supervisor.disable("probe")
        #expect(site.databus.cancels.count == 1 && site.databus.refusals == 1)
        #expect(site.databus.acknowledged.isEmpty)
        await site.supervisor.shutdown()
    }

    @Test("A message of a batch that the service refuses goes to the poison topic as it was, and is then acknowledged")
    func serviceRefuses() async throws {
        let site = try ProbeSite(mode: "error", manifest: Self.manifest)
        await site.supervisor.start()
        site.databus.deliver("abc", to: "probe", token: 11)
        try await eventually("it is acknowledged") { site.databus.acknowledged == [11] }
        #expect(site.databus.payloads("poison/in/x") == ["abc"])
        #expect(try site.status.counters.errors == 1)
        await site.supervisor.shutdown()
    }

    @Test("A message of which no point is made is acknowledged at once")
    func noPoints() async throws {
        let site = try ProbeSite(mode: "echo", manifest: Self.manifest)
        await site.supervisor.start()
        site.databus.deliver("abc", to: "probe", token: 12)
        try await eventually("it is acknowledged") { site.databus.acknowledged == [12] }
        await site.supervisor.shutdown()
    }

    @Test("A batch that fails for now is given again in order, marked as duplicate, and acknowledged when it succeeds")
    func retried() async throws {
        let site = try ProbeSite(mode: "retry", manifest: Self.manifest)
        await site.supervisor.start()
        site.databus.deliver("a", to: "probe", token: 1)
        site.databus.deliver("b", to: "probe", token: 2)
        try await eventually("both are acknowledged") { site.databus.acknowledged == [1, 2] }
        #expect(site.databus.payloads("out/retry") == ["a", "b"])
        #expect(site.databus.payloads("out/duplicate").first == "1")
        #expect(site.details.contains("on_messages could not process a batch, which is tried again: the store is away"))
        #expect(site.state == .running)
        #expect(try site.status.counters.errors == 2)
        await site.supervisor.shutdown()
    }

    @Test("A batch that never succeeds does not keep the service from ending, and is not acknowledged")
    func retriedToTheEnd() async throws {
        let site = try ProbeSite(mode: "retry-always", manifest: Self.manifest + "\ndrain: 30ms")
        await site.supervisor.start()
        site.databus.deliver("a", to: "probe", token: 1)
        try await eventually("it is degraded") { site.state == .degraded }
        await site.supervisor.shutdown()
        #expect(site.state == .stopped && site.databus.acknowledged.isEmpty)
        #expect(try site.status.counters.dropped == 1)
    }
}
