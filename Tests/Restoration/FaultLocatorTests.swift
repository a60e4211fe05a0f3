import Grid
import Restoration
import Testing

@Suite("Location of faults")
struct FaultLocatorTests {
    let feeder = SmallFeeder()
    let model: SwitchingModel

    init() throws { model = try feeder.model() }

    private func observation(trips: [String: Bool] = [:], passages: [String: FaultObservation.Passage] = [:]) -> FaultObservation {
        FaultObservation(
            positionsBefore: model.normalPositions, trips: Dictionary(uniqueKeysWithValues: trips.map { (feeder.device($0), $1) }),
            passages: Dictionary(uniqueKeysWithValues: passages.map { (feeder.device($0), $1) }))
    }

    private func section(_ line: String) -> Int { model.section(named: line) ?? -1 }

    @Test("a relay's distance tells sections and places apart that no indicator does")
    func distance() throws {
        var seen = observation(trips: ["CB1": true])
        #expect(try FaultLocator(model).locate(seen).suspects.count == 3)
        seen.distances = [FaultObservation.Distance(device: feeder.device("CB1"), ohm: 0.75)]
        let location = try FaultLocator(model).locate(seen)
        #expect(location.suspects == [section("L2")])
        #expect(location.best?.section == section("L2") && (location.best?.probability ?? 0) > 0.9)
        let place = try #require(location.places.first)
        #expect(location.places.count == 1 && place.line == 1 && abs(place.share - 0.5) < 1e-9)
        let percent = FaultObservation.Distance(device: 0, percent: 50, lineOhm: 1.5)
        #expect(percent.ohm == 0.75)
    }

    @Test("an indicator that saw the current come back says that the fault is on the other side")
    func direction() throws {
        let location = try FaultLocator(model).locate(observation(
            trips: ["CB1": true], passages: ["S2": .passedForward, "S3": .passedReverse]))
        #expect(location.suspects == [section("L2")] && location.verdict == .located)
    }

    @Test("a missing trip is made good by loss of voltage")
    func lossOfVoltage() throws {
        var seen = observation(passages: ["S2": .passed, "S3": .silent])
        for name in ["S2", "S3"] { seen.lossOfVoltage[feeder.device(name)] = true }
        let location = try FaultLocator(model).locate(seen)
        #expect(location.suspects == [section("L2")])
        #expect(location.best?.clearingDevice == feeder.device("CB1"))
    }

    @Test("a false indication is named, and the runner-up is what it would mean")
    func contradiction() throws {
        let location = try FaultLocator(model).locate(observation(
            trips: ["CB1": true, "CB9": false], passages: ["S2": .silent, "S3": .passed]))
        #expect(location.verdict == .malOperation)
        #expect(location.suspects == [section("L3")])
        #expect(location.contradictions.map(\.sentence) == ["the indicator at S2 is silent although the fault current must have passed it"])
        #expect(location.runnerUp?.section == section("L1"))
    }

    @Test("nothing seen is no fault, and an indication without a trip is none either")
    func nothing() throws {
        #expect(try FaultLocator(model).locate(observation(passages: ["S2": .silent])).verdict == .noFault)
        let lonely = try FaultLocator(model).locate(observation(trips: ["CB1": false, "CB9": false], passages: ["S2": .passed]))
        #expect(lonely.verdict == .malOperation)
    }

    @Test("the reclosing cycle is waited for, told, and ends open or closed")
    func reclosing() {
        var cycle = ReclosingCycle(ReclosingCycle.Setting(shots: 1, deadTimeSeconds: 20, reclaimTimeSeconds: 5))
        #expect(cycle.status(at: 0) == .quiet)
        cycle.trip(at: 1)
        #expect(cycle.status(at: 2) == .waiting(until: 21))
        #expect(cycle.waitSentence(name: "CB1", at: 2) == "CB1 may reclose (trip 1, 1 reclosings set): the cycle ends in 19 s at the latest")
        cycle.close(at: 4)
        #expect(cycle.status(at: 5) == .reclaiming(until: 9))
        cycle.trip(at: 6)
        #expect(cycle.status(at: 6) == .lockedOut && cycle.waitSentence(name: "CB1", at: 6) == nil)
        cycle.close(at: 50)
        #expect(cycle.status(at: 56) == .cleared)
        cycle.trip(at: 60)
        #expect(cycle.status(at: 61) == .waiting(until: 80))
        cycle.lockOut(at: 62)
        #expect(cycle.status(at: 62) == .lockedOut)
    }
}
