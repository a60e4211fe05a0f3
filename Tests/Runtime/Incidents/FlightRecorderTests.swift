import Foundation
import Testing

@testable import Runtime

@Suite("Flight recorder")
struct FlightRecorderTests {
    @Test("Who was inside a callback is told at the next start, those who were not are not")
    func traces() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/flight.bin"
        let recorder = try FlightRecorder(path: path, services: ["calm", "culprit"])
        #expect(recorder.traces.isEmpty)
        let (calm, culprit) = (CallClock(flight: recorder.slot(0)), CallClock(flight: recorder.slot(1)))
        let before = SystemServiceClock().now()
        calm.enter(.onTimer)
        culprit.enter(.onMessages)
        _ = calm.leave()
        let next = try FlightRecorder(path: path, services: ["calm"])
        #expect(next.traces.map { "\($0.service) \($0.callback)" } == ["culprit on_messages"])
        let since = try #require(next.traces.first?.since)
        #expect(abs(since - before) < 1_000_000_000)
    }

    @Test("After an orderly end there is nothing to tell")
    func orderly() throws {
        let folder = try TemporaryFolder()
        let recorder = try FlightRecorder(path: folder.path + "/flight.bin", services: ["a"])
        CallClock(flight: recorder.slot(0)).enter(.start)
        recorder.close()
        #expect(try FlightRecorder(path: folder.path + "/flight.bin", services: ["a"]).traces.isEmpty)
    }

    @Test("A host that ended while a service was at work records an incident of that service when it starts again")
    func incident() async throws {
        let folder = try TemporaryFolder()
        let ended = try FlightRecorder(path: folder.path + "/flight.bin", services: ["probe"])
        CallClock(flight: ended.slot(0)).enter(.onMessages)
        let site = try ProbeSite(mode: "echo", folder: folder)
        await site.supervisor.start()
        let incident = try #require(site.incidents.first)
        #expect(incident.reason == .hostEnded && incident.callback == "on_messages" && site.incidents.count == 1)
        #expect(incident.sentence.hasPrefix("the host ended without notice while the service was inside on_messages"))
        await site.supervisor.shutdown()
        let again = try ProbeSite(mode: "echo", folder: folder)
        await again.supervisor.start()
        #expect(again.incidents.count == 1)
        await again.supervisor.shutdown()
    }
}
